import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import rules from '../.dependency-cruiser.mjs';
import { type PlantedTree, plantedTree } from './planted-tree.ts';

/** The corridor in its order, as the design has it; written out here so that the rules cannot forget a station. */
const CORRIDOR = [
  'ledger',
  'registry',
  'observations',
  'rules',
  'partitions',
  'findings',
  'clocks',
  'cases',
  'measures',
];

interface Plant {
  readonly wall: string;
  /** The file that breaks the wall. */
  readonly from: string;
  /** What it imports, as it writes it. */
  readonly says: string;
  /** Where that lies, as the check names it; the end of it is enough. */
  readonly to: string;
}

const spine = (station: string) => `server/src/spine/${station}/a.ts`;
const up = (from: string, to: string) => `${'../'.repeat(from.split('/').length - 1)}${to}`;
/** An import of one file of the tree by another; a type alone is one too. */
const within = (wall: string, from: string, to: string): Plant => ({
  wall,
  from,
  to,
  says: `import type { A } from '${up(from, to)}'; export type B = A;`,
});
const outside = (wall: string, from: string, name: string, to = name.replace('node:', '')): Plant => ({
  wall,
  from,
  to,
  says: `import * as x from '${name}'; export const y = x;`,
});

const againstTheCorridor = CORRIDOR.flatMap((station, i) => [
  ...CORRIDOR.slice(i + 1).map(later =>
    within('corridor-one-way', `server/src/spine/${station}/to-${later}.ts`, spine(later)),
  ),
  ...['corridor', 'contribution'].map(above =>
    within('corridor-one-way', `server/src/spine/${station}/to-${above}.ts`, `server/src/spine/${above}.ts`),
  ),
  within('corridor-one-way', `server/src/spine/${station}/to-views.ts`, 'server/src/spine/views/a.ts'),
]);

const plants: readonly Plant[] = [
  ...againstTheCorridor,
  ...CORRIDOR.slice(1).map(above =>
    within('ledger-is-the-floor', `server/src/spine/ledger/floor-${above}.ts`, spine(above)),
  ),
  within('kernel-knows-no-domain', 'server/src/kernel/to-ledger.ts', spine('ledger')),
  within('kernel-knows-no-domain', 'server/src/kernel/database/to-config.ts', 'server/src/config.ts'),
  within(
    'spine-knows-no-module',
    'server/src/spine/corridor-to-module.ts',
    'server/src/modules/cards/module.ts',
  ),
  within('spine-knows-no-module', 'server/src/spine/cases/to-api.ts', 'server/src/api/app.ts'),
  within('spine-knows-no-module', 'server/src/spine/cases/to-config.ts', 'server/src/config.ts'),
  within(
    'no-door-between-modules',
    'server/src/modules/cards/to-devices.ts',
    'server/src/modules/devices/module.ts',
  ),
  within('module-has-one-door', 'server/src/modules/cards/to-api.ts', 'server/src/api/app.ts'),
  within('module-has-one-door', 'server/src/modules/cards/to-house.ts', 'server/src/house.ts'),
  within('module-has-one-door', 'server/src/offline.ts', 'server/src/modules/cards/model.ts'),
  within('only-the-house-knows-modules', 'server/src/api/to-module.ts', 'server/src/modules/cards/module.ts'),
  within('only-the-house-knows-modules', 'server/src/status.ts', 'server/src/modules/cards/module.ts'),
  ...[
    'node:fs',
    'node:net',
    'node:http',
    'node:crypto',
    'node:os',
    'node:timers',
    'node:child_process',
    'node:worker_threads',
  ].map((name, i) => outside('judging-is-pure', `server/src/spine/rules/impure-${i}.ts`, name)),
  outside('judging-is-pure', 'server/src/spine/rules/impure-pg.ts', 'pg', 'node_modules/pg/'),
  outside(
    'judging-is-pure',
    'server/src/spine/rules/deeper/impure-kysely.ts',
    'kysely',
    'node_modules/kysely/',
  ),
  ...['database/a', 'seal/a', 'time', 'log'].map((kernel, i) =>
    within('judging-is-pure', `server/src/spine/rules/kernel-${i}.ts`, `server/src/kernel/${kernel}.ts`),
  ),
  outside('sql-has-an-owner', 'server/src/spine/cases/queries.ts', 'kysely', 'node_modules/kysely/'),
  outside('sql-has-an-owner', 'server/src/modules/cards/rows.ts', 'pg', 'node_modules/pg/'),
  outside(
    'sql-has-an-owner',
    'server/src/spine/observations/copying.ts',
    'pg-copy-streams',
    'node_modules/pg-copy-streams/',
  ),
  ...[
    'node:fs',
    'node:fs/promises',
    'node:net',
    'node:http',
    'node:https',
    'node:http2',
    'node:dns',
    'node:cluster',
    'node:dgram',
    'node:tls',
    'node:child_process',
    'node:worker_threads',
  ].map((name, i) => outside('disk-and-network-by-name', `server/src/spine/cases/outside-${i}.ts`, name)),
  outside('disk-and-network-by-name', 'server/src/modules/cards/reads-disk.ts', 'node:fs', 'fs'),
  outside('api-holds-no-decisions', 'server/src/api/routes/sql.ts', 'kysely', 'node_modules/kysely/'),
  within('api-holds-no-decisions', 'server/src/api/routes/of-store.ts', 'server/src/spine/cases/store.ts'),
  within('packages-stand-alone', 'packages/verifier/src/to-server.ts', 'server/src/kernel/time.ts'),
  within('packages-stand-alone', 'packages/newcomer/src/to-server.ts', 'server/src/config.ts'),
  within('tour-uses-the-doors', 'scripts/tour/to-server.ts', 'server/src/kernel/time.ts'),
  within('no-circular', 'server/src/spine/cases/about.ts', 'server/src/spine/cases/round.ts'),
];

/** What the plants import, and what may stand: nothing here breaks a wall. */
const innocent: Record<string, string> = Object.fromEntries(
  [
    ...CORRIDOR.map(spine),
    ...['corridor', 'contribution', 'views/a'].map(name => `server/src/spine/${name}.ts`),
    ...['config', 'house', 'api/app', 'spine/cases/store', 'modules/cards/module', 'modules/cards/model'].map(
      name => `server/src/${name}.ts`,
    ),
    ...['modules/devices/module', 'kernel/time', 'kernel/log', 'kernel/seal/a', 'kernel/database/a'].map(
      name => `server/src/${name}.ts`,
    ),
    'packages/verifier/src/index.ts',
  ].map(file => [file, 'export interface A { readonly a: 1 }\n']),
);
innocent['server/src/spine/measures/down.ts'] =
  "import type { A } from '../ledger/a.ts'; export type B = A;\n";
innocent['server/src/kernel/database/rows.ts'] =
  "import * as kysely from 'kysely'; export const k = kysely;\n";

let tree: PlantedTree;

beforeAll(() => {
  tree = plantedTree();
  tree.write(innocent);
});
afterAll(() => tree.remove());

test('a tree without a violation passes, every file of it read', () => {
  const { status, out } = tree.check('walls');
  expect(out).toContain(`${0} violations`);
  expect(status).toBe(0);
});

describe('with one violation planted for each wall, the check fails', () => {
  let status: number | null;
  let out: string;

  beforeAll(() => {
    tree.write(Object.fromEntries(plants.map(plant => [plant.from, `${plant.says}\n`])));
    tree.write({
      'server/src/spine/cases/round.ts': "import type { B } from './about.ts'; export type A = B;\n",
    });
    ({ status, out } = tree.check('walls'));
  });

  test('and no wall of the rules is without its plant', () => {
    expect(status).toBe(1);
    const planted = new Set(plants.map(plant => plant.wall));
    expect([...planted].sort()).toEqual([...new Set(rules.forbidden.map(rule => rule.name))].sort());
  });

  test.each(plants)('and names $wall: $from -> $to', ({ wall, from, to }) => {
    const named = out.split('\n').filter(line => line.startsWith(`${wall}: ${from} -> `));
    expect(
      named.some(line => line.includes(to)),
      out
        .split('\n')
        .filter(line => line.includes(from))
        .join('\n'),
    ).toBe(true);
  });
});

describe('a cruise that reads fewer files than lie on disk fails', () => {
  const config = () => join(tree.path, '.dependency-cruiser.mjs');

  test('when files are kept from it', () => {
    const before = readFileSync(config(), 'utf8');
    const after = before.replace("exclude: { path: '", "exclude: { path: '/clocks/|");
    expect(after).not.toBe(before);
    writeFileSync(config(), after);
    const { status, out } = tree.check('walls');
    writeFileSync(config(), before);
    expect(status).toBe(1);
    expect(out).toContain('not read by the cruise: server/src/spine/clocks/a.ts');
  });

  test('when it reads nothing at all, as with a compiler it cannot use', () => {
    const clean = plantedTree();
    clean.write(innocent);
    const path = join(clean.path, '.dependency-cruiser.mjs');
    const text = readFileSync(path, 'utf8').replace("exclude: { path: '", "exclude: { path: '.*|");
    writeFileSync(path, text);
    const { status, out } = clean.check('walls');
    clean.remove();
    expect(out).toContain('0 modules, 0 violations');
    expect(out).toContain('not read by the cruise: packages/verifier/src/index.ts');
    expect(status).toBe(1);
  });

  test('when there is nothing to read', () => {
    const empty = plantedTree();
    empty.write({ 'server/src/README.md': 'nothing', 'packages/web/app.js': '' });
    const { status, out } = empty.check('walls');
    empty.remove();
    expect(out).toContain('there is nothing to read');
    expect(status).toBe(1);
  });
});
