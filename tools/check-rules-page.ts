// Forbids a docs/operating/rules-that-ship.md that is not what tools/gen-rules-page.ts writes.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const generator = join(dirname(fileURLToPath(import.meta.url)), 'gen-rules-page.ts');
const done = spawnSync(process.execPath, [generator, '--check'], { stdio: 'inherit' });
process.exitCode = done.status ?? 1;
