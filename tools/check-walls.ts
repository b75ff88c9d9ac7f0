// Forbids imports through the walls of the house, and a cruise that read fewer files than lie on disk.
import { readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cruise, type ICruiseResult } from 'dependency-cruiser';
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
process.chdir(root);
const places = [
  'server/src',
  'packages/cli',
  'packages/simulated-provider',
  'packages/simulator',
  'packages/verifier',
];

/** Every TypeScript file below the places, relative to the root. */
function onDisk(): string[] {
  return places.flatMap(place =>
    readdirSync(join(root, place), { recursive: true, withFileTypes: true })
      .filter(
        entry => entry.isFile() && entry.name.endsWith('.ts') && !entry.parentPath.includes('node_modules'),
      )
      .map(entry => relative(root, join(entry.parentPath, entry.name))),
  );
}

const { default: rules } = await import('../.dependency-cruiser.mjs');
const outcome = await cruise(
  places,
  { ruleSet: { forbidden: rules.forbidden }, validate: true, ...rules.options },
  undefined,
  { tsConfig: extractTSConfig('tsconfig.json') },
);
const result = outcome.output as ICruiseResult;
const cruised = new Set(result.modules.map(module => module.source));
const missed = onDisk().filter(file => !cruised.has(file));
for (const file of missed) console.error(`not read by the cruise: ${file}`);
for (const violation of result.summary.violations) {
  const comment = rules.forbidden.find(rule => rule.name === violation.rule.name)?.comment;
  console.error(`${violation.rule.name}: ${violation.from} -> ${violation.to} (${comment})`);
}
console.log(`${cruised.size} modules, ${result.summary.violations.length} violations`);
process.exitCode = missed.length + result.summary.violations.length === 0 ? 0 : 1;
