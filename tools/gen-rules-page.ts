// Writes docs/operating/rules-that-ship.md from the rules and the classes of cards; `--check` only compares, and fails when it is stale.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const path = join(root, 'docs', 'operating', 'rules-that-ship.md');

interface Said {
  readonly en: string;
  readonly zh: string;
}
interface Written {
  readonly id: string;
  readonly title: Said;
  readonly key: string;
  readonly severity: string;
  readonly rearm?: string;
  readonly given?: string;
  readonly where: string;
  readonly state?: Readonly<Record<string, Readonly<Record<string, string | number>>>>;
  readonly evidence: { readonly strength: string; readonly refutedBy: Said };
  readonly guards?: Readonly<Record<string, { readonly title: Said }>>;
  readonly basis: readonly { readonly source: string; readonly clause?: string }[];
  readonly suggests?: string;
}
type Terms = Readonly<Record<string, unknown>>;

const folder = join(root, 'content', 'rules', 'cards');
const texts = readdirSync(folder)
  .filter(name => name.endsWith('.yaml'))
  .sort()
  .map(name => readFileSync(join(folder, name), 'utf8'));
const classes = parse(readFileSync(join(root, 'content/catalogues/card-classes/cards.yaml'), 'utf8')) as {
  readonly every: Terms;
  readonly classes: readonly { readonly id: string; readonly terms: Terms }[];
};

const page = `# Rules that ship

This page is made from \`content/rules/cards\` and \`content/catalogues/card-classes\` by \`tools/gen-rules-page.ts\`. How a rule is written, tried and armed: [rules](rules.md). How their detection is measured: [measure detection](measure-detection.md).

A threshold is a term: the usual one of the card's class unless its contract or the card's own restriction states another. A term with no usual value is silent until somebody states it. Every guard has an example in the rule that it alone keeps silent.

${texts.map(sectionOf).join('\n')}`;

function sectionOf(text: string): string {
  const rule = parse(text) as Written;
  const purpose = /^# (.+(?:\n# .+)*)/.exec(text)?.[1]?.replaceAll('\n# ', ' ') ?? '';
  const terms = [
    ...new Set(
      [...text.split('\nexamples:')[0]!.matchAll(/bound\.([A-Za-z0-9]+)/g)].map(([, name]) => name!),
    ),
  ];
  const kept = Object.entries(rule.state ?? {}).map(
    ([name, { operator, window, lookBack }]) => `\`${name}\` (${operator}, ${window ?? lookBack})`,
  );
  const guards = Object.entries(rule.guards ?? {}).map(
    ([name, { title }]) => `\`${name}\`: ${title.en} (${title.zh})`,
  );
  const lines = [
    `## ${rule.title.en} · ${rule.title.zh}`,
    '',
    purpose,
    '',
    `- Rule \`${rule.id}\`, ${rule.severity}, keyed by ${rule.key === 'subject' ? 'the card' : `\`${rule.key}\``}, found ${rule.rearm === 'record' ? 'on every record' : `once a ${rule.rearm ?? 'day'}`}${rule.suggests === undefined ? '' : `, suggests \`${rule.suggests}\``}.`,
    `- Condition: \`${oneLine(rule.where)}\``,
    ...(kept.length > 0 ? [`- Keeps: ${kept.join(', ')}.`] : []),
    `- Thresholds and terms: ${terms.map(termOf).join('; ')}.`,
    `- Evidence: ${rule.evidence.strength}. ${rule.evidence.refutedBy.en}`,
    ...(guards.length > 0 ? ['- Silent when:', ...guards.map(guard => `  - ${guard}`)] : []),
    `- Stands on: ${rule.basis.map(({ source, clause }) => (clause === undefined ? source : `${source}, ${clause}`)).join('; ')}.`,
    '',
  ];
  return lines.join('\n');
}

/** A term with its usual values: one for every class, and those of classes that state another. */
function termOf(name: string): string {
  const own = classes.classes.flatMap(({ id, terms }) =>
    name in terms ? [`${id} ${shown(terms[name])}`] : [],
  );
  const values = [...(name in classes.every ? [shown(classes.every[name])] : []), ...own];
  return values.length === 0 ? `\`${name}\` (as stated)` : `\`${name}\` (${values.join(', ')})`;
}

function shown(value: unknown): string {
  return Array.isArray(value) ? `${value.length} listed` : String(value);
}

function oneLine(text: string): string {
  return text.trim().replaceAll(/\s+/g, ' ');
}

if (process.argv.includes('--check')) {
  const isCurrent = readFileSync(path, 'utf8') === page;
  if (!isCurrent)
    process.stderr.write('docs/operating/rules-that-ship.md is stale: run node tools/gen-rules-page.ts\n');
  process.exitCode = isCurrent ? 0 : 1;
} else writeFileSync(path, page);
