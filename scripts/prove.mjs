// The full counts of kills, fuzz inputs and attempts: the tests that `npm test` runs a small share of, run whole.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const done = spawnSync(
  join(root, 'node_modules', '.bin', 'vitest'),
  ['run', '--testTimeout', '3000000', ...process.argv.slice(2)],
  {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, THINGWARD_PROVE: '1' },
  },
);
process.exitCode = done.status ?? 1;
