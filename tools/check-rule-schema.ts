// Forbids a content/schemas/rule.schema.json that is not what tools/gen-rule-schema.ts writes.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const generator = join(dirname(fileURLToPath(import.meta.url)), 'gen-rule-schema.ts');
const done = spawnSync(process.execPath, [generator, '--check'], { stdio: 'inherit' });
process.exitCode = done.status ?? 1;
