import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { contributions } from '../server/src/house.ts';
import { worldOf } from '../server/src/spine/contribution.ts';
import { contentReport } from './content-files.ts';
import { root } from './tree.ts';

const CLOCKS = 'catalogues/clocks/cards.yaml';
const CLASSES = 'catalogues/card-classes/cards.yaml';
const SOURCES = 'catalogues/sources/cards.yaml';
const MODELS = 'catalogues/device-models/invented.csv';
const RULE = 'rules/cards/card-in-another-device.yaml';

let folder: string;
const known = {
  world: worldOf(contributions),
  subjectKinds: contributions.flatMap(each => each.kinds.map(({ kind }) => kind)),
  modules: contributions.map(each => each.module),
};
const looked = () => contentReport(folder, known);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tw-content-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
  cpSync(join(root, 'content'), folder, { recursive: true });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('an empty shelf is not taken for a sound one', () => {
  mkdirSync(join(folder, 'content'));
  const check = join(root, 'tools/check-content.ts');
  const done = spawnSync(process.execPath, [check, folder], { encoding: 'utf8' });
  expect(done.status).toBe(1);
  expect(done.stderr).toContain('nothing was looked at');
});

test('the shelves as they stand have no fault, and every file was read', () => {
  const { read, onDisk, faults } = looked();
  expect(faults).toEqual([]);
  expect(read).toBe(onDisk);
  expect(read).toBeGreaterThan(12);
});

describe('a planted fault is named:', () => {
  /** Replaces the first place in a file of the copy; fails when there is none, so that no plant is empty. */
  function plant(file: string, from: string | RegExp, to: string): void {
    const before = readFileSync(join(folder, file), 'utf8');
    const after = before.replace(from, to);
    expect(after, 'the place to plant at').not.toBe(before);
    writeFileSync(join(folder, file), after);
  }

  test.each<[string, string, string | RegExp, string, RegExp]>([
    ['a catalogue without a standing', CLASSES, /^standing: house\n/m, '', /standing/],
    [
      'a standing that is none',
      SOURCES,
      'standing: read',
      'standing: sure',
      /anti-fraud-law: standing is none of/,
    ],
    [
      'a clock without a standing',
      CLOCKS,
      /^ {4}standing: house\n/m,
      '',
      /clocks.card-misuse-disposal: standing/,
    ],
    ['a catalogue without dates', CLASSES, /^inForce: .*\n/m, '', /inForce\.from is no date/],
    ['a catalogue that ends before it begins', CLOCKS, 'to: null', 'to: 2020-01-01', /ends before it begins/],
    [
      'a read law without a date',
      SOURCES,
      /from: 2022-12-01, to: null \}\n {4}/,
      'from: unknown, to: null }\n    ',
      /anti-fraud-law: inForce\.from/,
    ],
    ['a catalogue without sources', CLASSES, /^source:\n( {2}.*\n)+/m, '', /source: missing/],
    [
      'a source without a place',
      CLASSES,
      ", clause: '§4: nine industry classes'",
      '',
      /neither clause nor url/,
    ],
    ['a calendar without its source', CLOCKS, /^ {4}source: .*\n/m, '', /calendars.cn-working-days.source/],
    [
      'a law that is no source of its catalogue',
      CLOCKS,
      'law: 反电信网络诈骗法',
      'law: 某法',
      /basis\.law: 某法/,
    ],
    [
      'a clock for what is no subject',
      CLOCKS,
      'subjectKinds: [card]',
      'subjectKinds: [ship]',
      /no subject is a ship/,
    ],
    ['a title in one language', CLASSES, /, zh: 车联网/, '', /classes\[0\]\.title|classes\.0\.title\.zh/],
    [
      'a Chinese title in English',
      RULE,
      /zh: 机卡分离.*/,
      'zh: Card elsewhere',
      /title\.zh: missing or not Chinese/,
    ],
    [
      'a class without a title',
      CLASSES,
      '    title: { en: Vehicle, zh: 车联网 }\n',
      '',
      /classes.vehicle.title: missing/,
    ],
    [
      'a URN of another file',
      CLOCKS,
      'catalogue:clocks:cards',
      'catalogue:clocks:other',
      /urn: not that of its file/,
    ],
    [
      'a doubt that no standing shows',
      CLASSES,
      'Figures are',
      'TO BE CHECKED, to be checked: figures are',
      /no standing does/,
    ],
    [
      'a doubt inside a rule',
      RULE,
      /^# .*/,
      '# The window is unverified.',
      /marked so where its source is listed/,
    ],
    [
      'a rule that cites what is not listed',
      RULE,
      'source: Card requirements',
      'source: Hearsay',
      /"Hearsay" is in no catalogue/,
    ],
    ['a rule without a clause', RULE, ', clause: art. 12 para. 1 and 3', '', /without its clause/],
    [
      'a rule without a mandate line',
      RULE,
      '  - { source: Mandate line, clause: B3 }\n',
      '',
      /no mandate line/,
    ],
    ['a guard without a silent example', RULE, /^ {6}guard: swap-window\n/m, '', /guards\.swap-window/],
    [
      'a silent example that fires',
      RULE,
      /^( {6}guard: bound-model\n) {6}bound: .*\n/m,
      '$1',
      /examples\.silent/,
    ],
    ['a firing example that is silent', RULE, /^ {6}bound: \{ imeis: .*\n/m, '', /examples\.fires/],
    ['a rule without firing examples', RULE, /^ {2}fires:\n(?: {4}.*\n)+/m, '', /fires/],
    [
      'a class that no catalogue states',
      'rules/cards/handset-tac.yaml',
      'class: metering',
      'class: toaster',
      /the class "toaster"/,
    ],
    ['a measure that is none', RULE, 'suggests: suspend-card', 'suggests: shout', /suggests/],
    ['a device model that is passed over', MODELS, ',handset,', ',telephone,', /1 of 5 lines/],
    ['a schema that is no JSON', 'schemas/rule.schema.json', '{', '', /no JSON/],
  ])('%s', (_, file, from, to, expected) => {
    plant(file, from, to);
    expect(looked().faults.join('\n')).toMatch(expected);
  });

  test('a shipped rule that rests on what nobody verified', () => {
    for (const standing of ['read', 'secondary', 'house'])
      plant(SOURCES, new RegExp(`standing: ${standing}`, 'g'), 'standing: unverified');
    expect(looked().faults.join('\n')).toContain(`${RULE}: status: a shipped rule`);
  });

  test('a list of models of which no README tells', () => {
    writeFileSync(join(folder, 'catalogues/device-models/more.csv'), 'tac,kind\n00990099,module\n');
    expect(looked().faults).toEqual(['catalogues/device-models/more.csv: README.md does not tell of it']);
  });

  test('a rule in the folder of no module', () => {
    mkdirSync(join(folder, 'rules/nowhere'));
    cpSync(join(folder, RULE), join(folder, 'rules/nowhere/card-in-another-device.yaml'));
    expect(looked().faults.join('\n')).toContain('named after no module');
  });
});

test.each([
  'rules/loose.yaml',
  'rules/cards/other-ending.yml',
  'rules/cards/Upper.yaml',
  'catalogues/clocks/deeper/cards.yaml',
  'catalogues/clocks/.hidden.yaml',
  'notes.txt',
])('a file that nothing reads fails the check: %s', file => {
  mkdirSync(dirname(join(folder, file)), { recursive: true });
  writeFileSync(join(folder, file), '');
  const { read, onDisk, faults } = looked();
  expect(faults).toEqual([`${file}: lies on disk and nothing reads it`]);
  expect(read).toBe(onDisk - 1);
});

test('a catalogue of a kind that no room reads, and a link out of the shelves, fail the check', () => {
  mkdirSync(join(folder, 'catalogues/moods'));
  cpSync(join(folder, SOURCES), join(folder, 'catalogues/moods/cards.yaml'));
  symlinkSync('/etc', join(folder, 'elsewhere'));
  const { faults } = looked();
  expect(faults.join('\n')).toMatch(/moods\/cards\.yaml: nothing reads catalogues of the kind moods/);
  expect(faults.join('\n')).toContain('elsewhere: lies on disk and nothing reads it');
});
