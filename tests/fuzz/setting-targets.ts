import { Readable } from 'node:stream';
import { run } from '../../packages/cli/src/program.ts';
import { ConfigFault, readConfig } from '../../server/src/config.ts';
import { disturbedText, NASTY, pick } from './disturb.ts';
import { type Draw, holds, refusedOr, type Target, target } from './target.ts';

const NAMES = [
  'THINGWARD_HOST',
  'THINGWARD_PORT',
  'THINGWARD_PUBLIC_URL',
  'THINGWARD_LEDGER_ORIGIN',
  'THINGWARD_TRUSTED_PROXIES',
  'THINGWARD_MODE',
  'THINGWARD_LOG',
  'THINGWARD_SEQUENCER_MS',
  'THINGWARD_JUDGING_THREADS',
  'THINGWARD_LEDGER_POLICY',
  'THINGWARD_NOTICE_HTTP',
  'THINGWARD_NOTICE_NETWORKS',
  'THINGWARD_OIDC_CLIENT_ID',
  'THINGWARD_OIDC_CLIENT_SECRET_FILE',
  'THINGWARD_OIDC_ISSUER',
  'THINGWARD_OIDC_SECOND_FACTOR',
  'THINGWARD_SECOND_FACTOR_ROLES',
  'THINGWARD_SESSION_HOURS',
  'THINGWARD_SESSION_IDLE_MINUTES',
  'THINGWARD_TLS_CERT',
  'THINGWARD_TLS_KEY',
  'THINGWARD_WATCHED_FOLDER',
  'THINGWARD_WATCHED_QUIET_MS',
  'DATABASE_URL',
];
const VALUES = [
  '127.0.0.1',
  '8470',
  'https://supervise.example.org/a',
  'log.example/ledger',
  '10.0.0.1,::1',
  'production',
  'info',
  '250',
  'postgres://u:p@h:5432/d',
];
const OPTIONS = ['--demo', '--port', '--host', '--data', '0', '/tmp/x', '--', '-', '--port=1'];

function settingsFor(draw: Draw): { env: Record<string, string>; args: string[] } {
  const env = Object.fromEntries(
    NAMES.filter(() => draw(2) === 0).map(name => [name, disturbedText(draw, VALUES)]),
  );
  const args = Array.from({ length: draw(4) }, () => (draw(3) > 0 ? pick(draw, OPTIONS) : pick(draw, NASTY)));
  return { env, args };
}

const WORDS = [
  ...['status', 'findings', 'cases', 'measures', 'feed', 'import', 'verify', 'evidence', 'rules', 'sources'],
  ...[
    'quarantine',
    'providers',
    'usage',
    'backtest',
    'rejudge',
    'login',
    'logout',
    'score',
    'help',
    'list',
    'show',
  ],
  ...[
    '--json',
    '--lang',
    'zh',
    '--party',
    '-h',
    '-V',
    '--',
    '-',
    '--limit',
    '-1',
    '1e9',
    'cards',
    '/nowhere/x',
  ],
];

const shell = {
  env: { THINGWARD_URL: 'http://0.0.0.0:1', HOME: '/nowhere' },
  out: () => undefined,
  isErrTerminal: false,
  home: '/nowhere',
  now: () => 0,
};

/** Settings of the server, and the words people type. */
export const SETTING_TARGETS: readonly Target[] = [
  target('settings', settingsFor, ({ env, args }) => {
    const isFault = (error: unknown): boolean => error instanceof ConfigFault && error.faults.length > 0;
    const config = refusedOr(isFault, () => readConfig(env, args));
    if (config !== null) holds(Number.isInteger(config.port) && config.port <= 65_535, `port ${config.port}`);
  }),
  target(
    'command-line',
    draw =>
      Array.from({ length: draw(6) }, () =>
        draw(3) > 0 ? pick(draw, WORDS) : disturbedText(draw, WORDS).replace(/^(simulate|score)$/, 'x'),
      ),
    async argv => {
      let told = '';
      const code = await run(argv, { ...shell, stdin: Readable.from([]), err: text => (told += text) });
      holds([0, 1, 2].includes(code), `ended with ${code}`);
      holds(!/\b(TypeError|RangeError|ReferenceError|Cannot read prop|is not a function)/.test(told), told);
    },
  ),
];
