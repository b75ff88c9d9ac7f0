/**
 * What is in this repository, before strangers: the bill of materials that npm makes of it is held against the JSON
 * schema of CycloneDX by Python's jsonschema, and its packages against the advisories that npm's registry knows.
 *
 * One line for each check; without Python, or where no advisories are told, its check is skipped by name.
 */
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const schemas = join(root, 'tests/vectors/cyclonedx');
/** Of everything: under `--omit dev` npm 11 leaves out what the server and an omitted package both need. */
const SBOM = ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'];
const VALIDATE = `
import json, sys
from jsonschema import Draft7Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT7
folder, bom = sys.argv[1], json.load(open(sys.argv[2]))
load = lambda name: json.load(open(folder + "/" + name))
names = ["bom-1.5.schema.json", "spdx.schema.json", "jsf-0.82.schema.json"]
made = [("http://cyclonedx.org/schema/" + name, Resource.from_contents(load(name), DRAFT7)) for name in names]
validator = Draft7Validator(load(names[0]), registry=Registry().with_resources(made))
faults = [error.json_path + ": " + error.message[:200] for error in validator.iter_errors(bom)]
print("\\n".join(faults) if faults else "sound")
`;

let hasFailed = false;
function tell(name: string, isOk: boolean, why = ''): void {
  console.log(`${isOk ? 'ok' : 'FAIL'} ${name}`);
  if (!isOk) console.log(why);
  hasFailed ||= !isOk;
}

interface Component {
  readonly name: string;
  readonly version: string;
  readonly hashes?: readonly { readonly alg: string; readonly content: string }[];
}
interface Locked {
  readonly version?: string;
  readonly integrity?: string;
  readonly dev?: boolean;
  readonly link?: boolean;
  readonly resolved?: string;
}

function npm(args: readonly string[]): Promise<{ out: string; err: string }> {
  return new Promise(resolve => {
    execFile('npm', [...args], { cwd: root, maxBuffer: 64 << 20, timeout: 120_000 }, (_, out, err) =>
      resolve({ out, err }),
    );
  });
}

const folder = mkdtempSync(join(tmpdir(), 'tw-supply-'));
try {
  const { out, err } = await npm(SBOM);
  const file = join(folder, 'bom.json');
  writeFileSync(file, out);
  if (out === '') tell('npm makes a bill of materials', false, err);
  else {
    const bom = JSON.parse(out) as { readonly components: readonly Component[] };
    complete(bom.components);
    validate(file, bom);
  }
  advisories((await npm(['audit', '--json', '--package-lock-only', '--omit', 'dev'])).out);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = hasFailed ? 1 : 0;

/** Every component that is not our own bears the digest of the lock file, and the server's own dependencies are there. */
function complete(components: readonly Component[]): void {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, Locked>>;
  };
  const digests = new Map<string, string>();
  for (const [path, { version, integrity }] of Object.entries(lock.packages)) {
    const name = path.split('node_modules/').at(-1) ?? '';
    if (integrity !== undefined) digests.set(`${name}@${version}`, integrity.replace('sha512-', ''));
  }
  const ours = new Set(
    Object.entries(lock.packages).flatMap(([path, { link, resolved }]) =>
      link === true ? [path.split('node_modules/').at(-1), resolved?.split('/').at(-1)] : [],
    ),
  );
  const wrong = components.filter(({ name, version, hashes }) => {
    if (ours.has(name)) return false;
    const told = Buffer.from(hashes?.find(({ alg }) => alg === 'SHA-512')?.content ?? '', 'hex').toString(
      'base64',
    );
    return told === '' || told !== digests.get(`${name}@${version}`);
  });
  const { dependencies } = JSON.parse(readFileSync(join(root, 'server/package.json'), 'utf8')) as {
    readonly dependencies: Readonly<Record<string, string>>;
  };
  const named = new Set(components.map(({ name }) => name));
  const missing = Object.keys(dependencies).filter(name => !named.has(name) && !ours.has(name));
  const said = [
    ...wrong.map(({ name }) => `${name}: another digest`),
    ...missing.map(name => `${name}: missing`),
  ];
  tell(
    `the bill of materials names ${components.length} components with the digests of the lock file`,
    said.length === 0 && components.length > 20,
    said.join('\n'),
  );
}

/** Held against the schema; then with a part spoiled, which must be refused: a validator that takes everything shows nothing. */
function validate(file: string, bom: object): void {
  const name = "the bill of materials meets CycloneDX 1.5 by Python's jsonschema";
  const python = pythonWithSchemas();
  if (python === null) {
    console.log(`skipped ${name} (no Python with jsonschema)`);
    return;
  }
  const said = (path: string): string => {
    const { stdout, stderr } = spawnSync(python, ['-c', VALIDATE, schemas, path], { encoding: 'utf8' });
    return stdout.trim() || stderr;
  };
  const whole = said(file);
  tell(name, whole === 'sound', whole);
  const spoiled = join(folder, 'spoiled.json');
  writeFileSync(spoiled, JSON.stringify({ ...bom, components: [{ type: 'planet', name: 7 }] }));
  tell('a spoiled bill of materials is refused by it', !['sound', ''].includes(said(spoiled)));
}

function pythonWithSchemas(): string | null {
  const has = (python: string): boolean =>
    spawnSync(python, ['-c', 'import jsonschema, referencing']).status === 0;
  if (has('python3')) return 'python3';
  const place = join(folder, 'venv');
  const python = join(place, 'bin/python');
  if (spawnSync('python3', ['-m', 'venv', place]).status !== 0) return null;
  spawnSync(python, ['-m', 'pip', 'install', '--quiet', 'jsonschema==4.26.0'], { timeout: 120_000 });
  return has(python) ? python : null;
}

/** No known vulnerability of weight in what runs the server. What cannot be asked is skipped by name, never passed. */
function advisories(out: string): void {
  const name = 'no known vulnerability, high or critical, in what runs the server (npm audit)';
  const told = answerIn(out);
  const counts = told?.metadata?.vulnerabilities;
  if (counts === undefined) {
    console.log(`skipped ${name}: the registry in use tells no advisories`);
    return;
  }
  const heavy = (counts['high'] ?? 0) + (counts['critical'] ?? 0);
  tell(name, heavy === 0, JSON.stringify(told?.vulnerabilities, null, 2).slice(0, 4_000));
}

interface Audit {
  readonly vulnerabilities?: object;
  readonly metadata?: { readonly vulnerabilities?: Readonly<Record<string, number>> };
}

function answerIn(out: string): Audit | null {
  try {
    return JSON.parse(out) as Audit;
  } catch {
    return null;
  }
}
