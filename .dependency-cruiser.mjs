/** The walls of the house as sentences; see ARCHITECTURE.md. The order of the stations is the corridor. */
const stations = ['ledger', 'registry', 'observations', 'rules', 'partitions', 'findings', 'clocks', 'cases', 'measures'];

const corridor = stations.flatMap((station, i) => {
  const later = stations.slice(i + 1);
  if (later.length === 0) return [];
  return [
    {
      name: 'corridor-one-way',
      comment: `${station} is an earlier station: it never imports a later one`,
      severity: 'error',
      from: { path: `^server/src/spine/${station}/` },
      to: { path: `^server/src/spine/(${later.join('|')}|views)/|^server/src/spine/(corridor|contribution)\\.ts$` },
    },
  ];
});

export default {
  forbidden: [
    ...corridor,
    {
      name: 'corridor-one-way',
      comment: 'measures is the last station: the corridor and the contribution stand above it',
      severity: 'error',
      from: { path: '^server/src/spine/measures/' },
      to: { path: '^server/src/spine/(corridor|contribution)\\.ts$|^server/src/spine/views/' },
    },
    {
      name: 'ledger-is-the-floor',
      comment: 'the ledger stands on the kernel alone',
      severity: 'error',
      from: { path: '^server/src/spine/ledger/' },
      to: { path: '^server/src/', pathNot: '^server/src/(kernel|spine/ledger)/' },
    },
    {
      name: 'kernel-knows-no-domain',
      comment: 'the kernel has no domain word and imports nothing above itself',
      severity: 'error',
      from: { path: '^server/src/kernel/' },
      to: { path: '^server/src/', pathNot: '^server/src/kernel/' },
    },
    {
      name: 'spine-knows-no-module',
      comment: 'the corridor is true of every kind of subject',
      severity: 'error',
      from: { path: '^server/src/spine/' },
      to: { path: '^server/src/(modules|api)/|^server/src/(house|main|config)\\.ts$' },
    },
    {
      name: 'no-door-between-modules',
      comment: 'each room opens only onto the corridor',
      severity: 'error',
      from: { path: '^server/src/modules/([^/]+)/' },
      to: { path: '^server/src/modules/', pathNot: '^server/src/modules/$1/' },
    },
    {
      name: 'module-has-one-door',
      comment: "a module is entered through module.ts, and imports neither api nor house",
      severity: 'error',
      from: { path: '^server/src/modules/' },
      to: { path: '^server/src/api/|^server/src/(house|main|config)\\.ts$' },
    },
    {
      name: 'only-the-house-knows-modules',
      comment: 'house.ts is the only file outside a module that imports its door',
      severity: 'error',
      from: { path: '^server/src/', pathNot: '^server/src/(modules/|house\\.ts$|offline\\.ts$)' },
      to: { path: '^server/src/modules/' },
    },
    {
      name: 'module-has-one-door',
      comment: 'the house enters a module by module.ts alone',
      severity: 'error',
      from: { path: '^server/src/(house|offline)\\.ts$' },
      to: { path: '^server/src/modules/', pathNot: '^server/src/modules/[^/]+/module\\.ts$' },
    },
    {
      name: 'judging-is-pure',
      comment: 'spine/rules touches no clock, disk, network or database',
      severity: 'error',
      from: { path: '^server/src/spine/rules/', pathNot: '\\.test\\.ts$|/testing/' },
      to: { path: '^(node:|fs|net|http|pg|kysely)|^server/src/kernel/(database|seal|time|log)|node_modules/(pg|kysely|fastify)' },
    },
    {
      name: 'judging-is-pure',
      comment: 'spine/rules uses nothing of Node: no chance, no timers, no processes',
      severity: 'error',
      from: { path: '^server/src/spine/rules/', pathNot: '\\.test\\.ts$|/testing/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'sql-has-an-owner',
      comment: 'the query builder is imported only in kernel/database, spine/views and store.ts files (types elsewhere)',
      severity: 'error',
      from: {
        path: '^server/src/',
        pathNot: '^server/src/(kernel/database/|spine/views/)|/store\\.ts$|[.-]store\\.ts$|\\.test\\.ts$|/testing/',
      },
      to: { path: 'node_modules/(kysely|pg|pg-copy-streams)/' },
    },
    {
      name: 'disk-and-network-by-name',
      comment: 'only files on this short list touch the disk, sockets or processes',
      severity: 'error',
      from: {
        path: '^server/src/',
        pathNot:
          '^server/src/(kernel/database/|kernel/seal/|kernel/inbox/|kernel/disk\\.ts|kernel/threads\\.ts|kernel/tls-files\\.ts|kernel/listeners\\.ts|spine/ledger/checkpoint-file\\.ts|spine/notices/wire/|api/(server|short-ways|page|sign-in|open-api)[^/]*\\.ts|modules/[^/]+/adapters/|house\\.ts|main\\.ts|offline\\.ts|deed\\.ts|backup\\.ts|restore\\.ts|config(-modules)?\\.ts|content\\.ts|demo\\.ts)|\\.test\\.ts$|/testing/',
      },
      to: { path: '^(node:)?(fs|fs/promises|net|http|http2|https|dgram|dns|dns/promises|tls|child_process|cluster|worker_threads)$' },
    },
    {
      name: 'api-holds-no-decisions',
      comment: 'the door speaks HTTP; it asks stations and writes no SQL',
      severity: 'error',
      from: { path: '^server/src/api/', pathNot: '\\.test\\.ts$' },
      to: { path: 'node_modules/(kysely|pg)/|/store\\.ts$' },
    },
    {
      name: 'packages-stand-alone',
      comment: 'what runs elsewhere imports nothing of the server',
      severity: 'error',
      from: { path: '^packages/', pathNot: '\\.test\\.ts$' },
      to: { path: '^server/' },
    },
    {
      name: 'tour-uses-the-doors',
      comment: 'a script that shows the house goes in by its doors: processes, HTTP, the command line, the packages',
      severity: 'error',
      from: { path: '^scripts/' },
      to: { path: '^server/' },
    },
    {
      name: 'no-circular',
      comment: 'imports go down only',
      severity: 'error',
      from: { path: '^(server|packages|scripts)/' },
      to: { circular: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
    exclude: { path: '^packages/web/' },
  },
};
