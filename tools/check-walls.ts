// Forbids imports through the walls of the house, and a cruise that read fewer files than lie on disk.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { cruise, type ICruiseResult } from 'dependency-cruiser';
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config';
import { onDisk, root } from './tree.ts';

type Rules = typeof import('../.dependency-cruiser.mjs').default;

process.chdir(root);
/** The console runs in a browser and has walls of its own: `server/src/api/page.test.ts` says what it may import. */
const packages = readdirSync('packages', { withFileTypes: true })
  .filter(entry => entry.isDirectory() && entry.name !== 'web')
  .map(entry => `packages/${entry.name}`)
  .sort();
const places = ['server/src', ...(existsSync('scripts') ? ['scripts'] : []), ...packages];
const wanted = onDisk(places).filter(file => /\.[cm]?[jt]sx?$/.test(file));

if (wanted.length === 0) {
  console.error('there is nothing to read');
  process.exit(1);
}

const { default: rules } = (await import(pathToFileURL(join(root, '.dependency-cruiser.mjs')).href)) as {
  default: Rules;
};
const outcome = await cruise(
  places,
  { ruleSet: { forbidden: rules.forbidden }, validate: true, ...rules.options },
  undefined,
  { tsConfig: extractTSConfig('tsconfig.json') },
);
const result = outcome.output as ICruiseResult;
const cruised = new Set(result.modules.map(module => module.source));
const missed = wanted.filter(file => !cruised.has(file));
for (const file of missed) console.error(`not read by the cruise: ${file}`);
for (const violation of result.summary.violations) {
  const comment = rules.forbidden.find(rule => rule.name === violation.rule.name)?.comment;
  console.error(`${violation.rule.name}: ${violation.from} -> ${violation.to} (${comment})`);
}
console.log(`${cruised.size} modules, ${result.summary.violations.length} violations`);
process.exitCode = missed.length + result.summary.violations.length === 0 ? 0 : 1;
