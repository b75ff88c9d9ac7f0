// Runs the checks of the house and then every test; the last line says how many passed and failed, checks included.
// With --once-more, up to three files that failed are run again by themselves, and what passes then is named as unsteady:
// for a machine whose neighbours slow it at will. What fails twice has failed.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { failedFiles, tally, tallyBut } from './tally.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

const ONCE_MORE = '--once-more';
const MOST_AGAIN = 3;

const totals = { passed: 0, failed: 0, skipped: [], unsteady: [] };
await check();
await vitest(findChromium(), process.argv.slice(2));
for (const name of totals.unsteady) console.log(`unsteady, failed beside others and passed alone: ${name}`);
for (const name of totals.skipped) console.log(`skipped: ${name}`);
const skipped = totals.skipped.length === 0 ? '' : `, ${totals.skipped.length} skipped`;
process.exitCode = totals.failed === 0 && totals.passed > 0 ? 0 : 1;
console.log(`${totals.passed} passed, ${totals.failed} failed${skipped}`);

/** Each line of the checks that begins with `ok` or `FAIL` is one test. */
async function check() {
  const script = join(root, 'tools', 'check.ts');
  if (!existsSync(script)) return;
  let text = '';
  const status = await run([script], {}, chunk => {
    text += chunk;
  });
  const passed = text.match(/^ok\b/gm)?.length ?? 0;
  const failed = text.match(/^FAIL\b/gm)?.length ?? 0;
  totals.passed += passed;
  totals.failed += status !== 0 && failed === 0 ? 1 : failed;
}

async function vitest(chromium, given) {
  const folder = mkdtempSync(join(tmpdir(), 'thingward-results-'));
  const results = join(folder, 'results.json');
  const environment = { THINGWARD_TEST_CHROMIUM: chromium ?? '' };
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${results}`];
  const start = files =>
    run([join(root, 'node_modules', 'vitest', 'vitest.mjs'), 'run', ...reporters, ...files], environment);
  let status = await start(given.filter(each => each !== ONCE_MORE));
  const again = given.includes(ONCE_MORE) ? failedFiles(results, MOST_AGAIN) : new Map();
  if (again.size > 0) {
    tallyBut(totals, results, again);
    console.log(`Once more, alone: ${[...again.keys()].join(', ')}`);
    rmSync(results);
    status = await start([...again.keys()]);
    if (status === 0) totals.unsteady.push(...[...again.values()].flat());
  }
  tally(totals, results, status);
  rmSync(folder, { recursive: true, force: true });
}

function run(args, environment, onText) {
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: { ...process.env, ...environment },
    stdio: ['ignore', onText ? 'pipe' : 'inherit', 'inherit'],
  });
  child.stdout?.setEncoding('utf8').on('data', text => {
    process.stdout.write(text);
    onText(text);
  });
  return new Promise(resolve => {
    child.once('error', () => resolve(1));
    child.once('close', code => resolve(code ?? 1));
  });
}

/** The browser for the console's tests: the machine's, else Debian's when we may install it, else none. */
function findChromium() {
  const named = process.env.THINGWARD_TEST_CHROMIUM;
  if (named !== undefined) return named === '' ? undefined : named;
  const there = CHROMIUM.find(path => existsSync(path));
  if (there !== undefined) return there;
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return notFound('no right to install it');
  console.log('Installing Chromium for the tests of the console (once; two or three minutes) …');
  const apt = args =>
    spawnSync('apt-get', ['-qq', '-y', ...args], {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      stdio: 'ignore',
      timeout: 600_000,
    }).status === 0;
  const isIn =
    apt(['install', '--no-install-recommends', 'chromium']) ||
    (apt(['update']) && apt(['install', '--no-install-recommends', 'chromium']));
  return isIn ? CHROMIUM.find(path => existsSync(path)) : notFound('apt-get could not install it');
}

function notFound(why) {
  console.log(`No Chromium (${why}): the tests that need a browser are skipped by name.`);
  return undefined;
}
