// The full counts of kills, fuzz inputs and attempts, in two lanes: the tests that `npm test` runs a small share of.
// Words on the command line choose parts whose path holds one of them; `--list` names the parts and runs none.
import { spawn } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { faultsOf, figuresOf, summary } from './prove-summary.mjs';
import { tally } from './tally.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const TESTS = ['server/src/**/*.test.ts', 'packages/*/src/**/*.test.ts', 'tests/**/*.test.ts'];
const LANES = 2;
/** About how many minutes each part takes, to begin the long ones first; a part not in it is taken for a short one. */
const MINUTES = JSON.parse(readFileSync(join(root, 'scripts', 'prove-minutes.json'), 'utf8'));

const began = Date.now();
const words = process.argv.slice(2).filter(word => !word.startsWith('-'));
const parts = partsOf(words);
if (process.argv.includes('--list')) {
  for (const part of parts) console.log(`${minutesOf(part).toFixed(1).padStart(5)} min  ${part}`);
} else await prove();

/** Files of which a greater share runs here, and the suite that counts its attempts; long ones first. */
function partsOf(chosen) {
  return TESTS.flatMap(pattern => globSync(pattern, { cwd: root }))
    .filter(path => !path.includes('node_modules'))
    .filter(
      path =>
        path.startsWith('tests/isolation/') || /\beffort\(/.test(readFileSync(join(root, path), 'utf8')),
    )
    .filter(path => chosen.length === 0 || chosen.some(word => path.includes(word)))
    .sort((a, b) => minutesOf(b) - minutesOf(a) || a.localeCompare(b));
}

function minutesOf(part) {
  return MINUTES[part] ?? 0.5;
}

async function prove() {
  const run = { totals: { passed: 0, failed: 0, skipped: [] }, lines: [], done: 0, waiting: [...parts] };
  const expected = parts.reduce((sum, part) => sum + minutesOf(part), 0);
  console.log(`${parts.length} parts in ${LANES} lanes, about ${expected.toFixed(0)} minutes of work`);
  const folder = mkdtempSync(join(tmpdir(), 'thingward-prove-'));
  await Promise.all(Array.from({ length: LANES }, (_, i) => lane(i + 1, run, folder)));
  rmSync(folder, { recursive: true, force: true });
  const figures = figuresOf(run.lines);
  // A chosen part says what it found; the whole must also have come to what is promised of it.
  for (const fault of words.length === 0 ? faultsOf(figures) : []) {
    run.totals.failed += 1;
    console.log(`FAIL ${fault}`);
  }
  for (const name of run.totals.skipped) console.log(`skipped: ${name}`);
  console.log(summary(figures).join('\n'));
  console.log(`${(minutesSince(began)).toFixed(1)} minutes`);
  const { passed, failed } = run.totals;
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
  console.log(`${passed} passed, ${failed} failed`);
}

async function lane(number, run, folder) {
  for (let part = run.waiting.shift(); part !== undefined; part = run.waiting.shift()) {
    const from = Date.now();
    say(`lane ${number} begins ${part} (about ${minutesOf(part).toFixed(1)} min)`);
    const results = join(folder, `${number}.json`);
    const { status, text } = await vitest(part, results, line => {
      if (figuresOf([line]).length > 0) run.lines.push(line);
      if (/^( {2}kill|kills|threads|fuzz|isolation|power) /.test(line)) say(`lane ${number}: ${line.trim()}`);
    });
    if (status !== 0) console.log(text);
    tally(run.totals, results, status);
    rmSync(results, { force: true });
    run.done += 1;
    const state = status === 0 ? 'ok' : 'FAIL';
    say(
      `lane ${number} ${state} ${part} in ${minutesSince(from).toFixed(1)} min; ${run.done} of ${parts.length} parts done, ` +
        `${run.waiting.length} not begun, ${run.totals.passed} passed, ${run.totals.failed} failed`,
    );
  }
}

function vitest(part, results, onLine) {
  const program = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${results}`];
  const child = spawn(
    process.execPath,
    [program, 'run', part, '--maxWorkers', '1', '--testTimeout', '3000000', ...reporters],
    { cwd: root, env: { ...process.env, THINGWARD_PROVE: '1' }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on('line', line => {
      text += `${line}\n`;
      onLine(line);
    });
  return new Promise(resolve => {
    child.once('error', error => resolve({ status: 1, text: String(error) }));
    child.once('close', code => resolve({ status: code ?? 1, text }));
  });
}

function minutesSince(ms) {
  return (Date.now() - ms) / 60_000;
}

function say(text) {
  const seconds = Math.round((Date.now() - began) / 1_000);
  console.log(
    `[${String(Math.floor(seconds / 60)).padStart(2)}:${String(seconds % 60).padStart(2, '0')}] ${text}`,
  );
}
