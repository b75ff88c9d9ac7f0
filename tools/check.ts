// Runs every check of the house and fails when one of them does; prints one line for each.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bin = (name: string) => join(root, 'node_modules', '.bin', name);

interface Check {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
}

const checks: Check[] = [
  { name: 'types', command: bin('tsc'), args: ['-p', root] },
  {
    name: 'types of spine/rules (no DOM, no Node)',
    command: bin('tsc'),
    args: ['-p', join(root, 'server/src/spine/rules')],
  },
  {
    name: 'types of packages/web (a browser)',
    command: bin('tsc'),
    args: ['-p', join(root, 'packages/web')],
  },
  { name: 'format and lint', command: bin('biome'), args: ['check', '--error-on-warnings', root] },
  ...readdirSync(join(root, 'tools'))
    .filter(file => /^check-.*\.ts$/.test(file) && !file.endsWith('.test.ts'))
    .sort()
    .map(file => ({ name: file.slice(6, -3), command: process.execPath, args: [join(root, 'tools', file)] })),
];

/** Runs one check; its output is shown only when it fails. */
function run(check: Check): boolean {
  const started = performance.now();
  const done = spawnSync(check.command, check.args, { cwd: root, encoding: 'utf8', maxBuffer: 64 << 20 });
  const isGood = done.status === 0;
  console.log(`${isGood ? 'ok  ' : 'FAIL'} ${check.name} (${Math.round(performance.now() - started)} ms)`);
  if (!isGood) console.log(`${done.stdout ?? ''}${done.stderr ?? ''}`.trimEnd());
  return isGood;
}

const only = process.argv.slice(2);
const results = checks.filter(c => only.length === 0 || only.some(word => c.name.includes(word))).map(run);
const failed = results.filter(isGood => !isGood).length;
console.log(`check: ${results.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
