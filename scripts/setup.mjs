// Makes the checkout ready to run: installs what package-lock.json names when it changed, makes sure of Node 24, and builds
// the console when what it is made of changed.
// Runs on Node 20 and later, and depends on nothing.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildConsole } from './build-console.mjs';

const NEEDED_MAJOR = 24;
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stampPath = join(root, 'node_modules', '.thingward-setup.json');
const held = stampHeld();
const wanted = {
  lock: createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex'),
  // Whoever has the development's parts keeps them when the lock file changes.
  dev: process.argv.includes('--dev') || held?.dev === true,
};

if (!isInstalled()) install();
const fault = buildConsole(root, requiredNode());
if (fault !== null) fail(`The console could not be built:\n${fault}`);

/** An installation with the development's parts also serves one without. */
function isInstalled() {
  return held?.lock === wanted.lock && (held.dev || !wanted.dev);
}

function stampHeld() {
  try {
    return JSON.parse(readFileSync(stampPath, 'utf8'));
  } catch {
    return undefined;
  }
}

/** The stamp goes first and comes back last, so that a killed installation is done again. */
function install() {
  console.error('Installing the packages that package-lock.json names (once; about half a minute) …');
  rmSync(stampPath, { force: true });
  // No package needs its install script, so none of a stranger's code runs here.
  const args = ['ci', '--loglevel=error', '--no-audit', '--no-fund', '--ignore-scripts'];
  const done = npm(wanted.dev ? args : [...args, '--omit=dev']);
  if (done.status !== 0) {
    console.error(withoutAddresses(`${done.stdout ?? ''}${done.stderr ?? ''}${done.error?.message ?? ''}`));
    fail('The packages could not be installed (npm ci failed; its words are above).');
  }
  writeFileSync(stampPath, JSON.stringify(wanted));
}

/** The npm that called us if there is one, else the one on the path. */
function npm(args) {
  const caller = process.env.npm_execpath;
  const options = { cwd: root, encoding: 'utf8', maxBuffer: 64 << 20 };
  if (caller && /npm-cli\.c?js$/.test(caller)) return spawnSync(process.execPath, [caller, ...args], options);
  return spawnSync('npm', args, options);
}

/** Where packages come from is the machine's own affair and is not repeated. */
function withoutAddresses(text) {
  return text
    .replace(/\b[a-z]+:\/\/\S+/g, '(address)')
    .replace(/\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT) \S+/g, '$1')
    .trim();
}

/** The program of Node 24 or later: the one that came with the packages, or the one that runs this. */
function requiredNode() {
  const own = join(root, 'node_modules', '.bin', 'node');
  const asked = existsSync(own) ? spawnSync(own, ['--version'], { encoding: 'utf8' }) : undefined;
  if (asked?.status === 0 && majorOf(asked.stdout) >= NEEDED_MAJOR) return own;
  if (majorOf(process.version) >= NEEDED_MAJOR) return process.execPath;
  fail(
    `Thingward needs Node ${NEEDED_MAJOR} or later. On Linux (x64, arm64) it comes with the packages, but it is not there ` +
      `(was npm told to omit optional packages?); this machine's own Node is ${process.version}. ` +
      `Install Node ${NEEDED_MAJOR}, or run: npm ci --include=optional`,
  );
}

function majorOf(version) {
  return Number(/^v?(\d+)/.exec(version.trim())?.[1] ?? 0);
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
