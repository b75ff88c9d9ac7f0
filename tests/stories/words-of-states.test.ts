import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { en } from '../../packages/cli/src/words/en.ts';
import { zh } from '../../packages/cli/src/words/zh.ts';
import { MEASURE_STATES } from '../../server/src/spine/measures/measure.ts';

/** Whatever the server may say of how something stands has a word in both languages, at the command line and on the page. */
const ROOT = join(import.meta.dirname, '../..');
const text = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const page = ['en', 'zh'].map(each => JSON.parse(text(`packages/web/words.${each}.json`)) as object);
const commandLine: readonly object[] = [en, zh];

/** Words of a closed list in one of the constraints that migrations put on a column. */
function allowed(column: string, folder: string): string[] {
  const files = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' });
  const found = files
    .filter(file => file.endsWith('.sql'))
    .flatMap(file => [
      ...text(join(folder, file)).matchAll(new RegExp(`check \\(${column} in \\(([^)]*)\\)`, 'g')),
    ])
    .flatMap(([, list = '']) => [...list.matchAll(/'([^']+)'/g)].map(([, word = '']) => word));
  return [...new Set(found)];
}

function wordless(dictionaries: readonly object[], list: string, values: readonly string[]): string[] {
  return values.filter(value => dictionaries.some(each => !(`${list}.${value}` in each)));
}

test('every state that a module keeps of its things has a word', () => {
  const kept = ['state', 'appeal_state', 'outcome'].flatMap(column => allowed(column, 'server/src/modules'));
  expect(kept.length).toBeGreaterThan(25);
  expect(wordless(commandLine, 'state', kept)).toEqual([]);
});

test('every state of the life of a card has a word, whoever edits the list', () => {
  const life = parse(text('content/catalogues/card-source/life.yaml')) as {
    states: readonly { id: string }[];
  };
  expect(wordless(commandLine, 'state', ['none', ...life.states.map(each => each.id)])).toEqual([]);
});

test('states of cases, clocks and measures have words at both', () => {
  for (const place of [commandLine, page]) {
    expect(wordless(place, 'state', allowed('state', 'server/src/spine/cases'))).toEqual([]);
    expect(wordless(place, 'clock', allowed('state', 'server/src/spine/clocks'))).toEqual([]);
    expect(wordless(place, 'step', MEASURE_STATES)).toEqual([]);
  }
});

test('records in quarantine, back-tests and batches of orders have words', () => {
  const quarantine = ['open', 'replayed', 'discarded'];
  expect(wordless(commandLine, 'quarantine', quarantine)).toEqual([]);
  const backTests = allowed('state', 'server/src/spine/findings');
  expect(wordless(commandLine, 'backtest-state', backTests)).toEqual([]);
  const ends = allowed('end_state', 'server/src/spine/measures');
  expect(wordless(commandLine, 'batch-state', ['running', ...ends])).toEqual([]);
});

test('every act of a time line has a word at both, and so has every measure on the page', () => {
  const union = /export type ActKind =([^;]*);/.exec(text('server/src/spine/cases/case.ts'))?.[1] ?? '';
  const acts = [...union.matchAll(/'([^']+)'/g)].map(([, word = '']) => word);
  expect(acts.length).toBeGreaterThan(30);
  for (const place of [commandLine, page]) expect(wordless(place, 'act', acts)).toEqual([]);
  const kinds = readdirSync(join(ROOT, 'server/src/modules/cards/measures')).map(file =>
    file.replace(/\.ts$/, ''),
  );
  expect(wordless(page, 'measure', kinds)).toEqual([]);
});
