import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { CHECK_IDS, readCheckCatalogue } from './checks.ts';

const TEXT = readFileSync(
  new URL('../../../../../content/catalogues/device-audits/checks.yaml', import.meta.url),
  'utf8',
);

it('the checks that ship are read, each once, with what they stand for', () => {
  const { all } = readCheckCatalogue(TEXT, 'checks');
  expect([...all.keys()].sort()).toEqual([...CHECK_IDS].sort());
  expect(all.get('device-certificate-key')?.aws).toEqual(['DEVICE_CERTIFICATE_KEY_QUALITY_CHECK']);
});

it.each([
  ['id: list-overdue', 'id: list-lost', 'id'],
  ['id: list-overdue', 'id: authority-key', 'twice'],
  ['severity: low', 'severity: harmless', 'severity'],
  ['isOn: false', 'isOn: maybe', 'isOn'],
  ['days: 365', 'days: 0', 'days'],
  ['everyHours: 24', 'everyHours: 0', 'everyHours'],
  ['[DEVICE_CERTIFICATE_AGE_CHECK]', '[age]', 'aws'],
])('a catalogue with %s made %s is refused by name: %s', (from, to, field) => {
  expect(TEXT).toContain(from);
  try {
    readCheckCatalogue(TEXT.replace(from, to), 'checks');
    expect.unreachable();
  } catch (thrown) {
    expect(thrown).toMatchObject({ code: 'checks-invalid', detail: { field } });
  }
});

it('a catalogue that leaves a check out is refused', () => {
  const [kept = ''] = TEXT.split('  - id: list-overdue');
  expect(() => readCheckCatalogue(kept, 'checks')).toThrow('checks-invalid');
});
