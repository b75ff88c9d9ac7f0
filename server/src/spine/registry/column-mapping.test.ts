import { expect, test } from 'vitest';
import { OWN_COLUMNS, readColumnMapping, readHeader } from './column-mapping.ts';

const COLUMNS = ['iccid', 'imsi', 'owner'];

test('our own columns need no mapping, in any order, and may be left out but for the first', () => {
  expect(readHeader(COLUMNS, OWN_COLUMNS, ['owner', 'iccid'])).toEqual({
    columns: ['owner', 'iccid'],
    missing: [],
    unknown: [],
  });
  expect(readHeader(COLUMNS, OWN_COLUMNS, ['imsi'])).toMatchObject({ missing: ['iccid'] });
});

test('a mapping reads our columns from theirs, ignores what it says, and names the rest', () => {
  const mapping = readColumnMapping(
    '{"columns": {"iccid": "Card No", "owner": "合同"}, "ignored": ["PIN1"]}',
  );
  expect(readHeader(COLUMNS, mapping, ['合同', 'PIN1', 'Card No', 'imsi', 'PIN2'])).toEqual({
    columns: ['owner', null, 'iccid', 'imsi', null],
    missing: [],
    unknown: ['PIN2'],
  });
});

test('a mapped column is read from there only, and missing when it is not there', () => {
  const mapping = readColumnMapping('{"columns": {"iccid": "Card No", "imsi": "SIM"}}');
  expect(readHeader(COLUMNS, mapping, ['Card No', 'imsi'])).toEqual({
    columns: ['iccid', null],
    missing: ['SIM'],
    unknown: ['imsi'],
  });
});

test('a column told twice and a mapping of no column of ours are unknown', () => {
  expect(readHeader(COLUMNS, OWN_COLUMNS, ['iccid', 'iccid']).unknown).toEqual(['iccid']);
  const mapping = readColumnMapping('{"columns": {"icid": "Card No"}}');
  expect(readHeader(COLUMNS, mapping, ['iccid'])).toMatchObject({ unknown: ['icid'] });
});

test.each([
  ['[]', 'no JSON object'],
  ['{', 'no JSON object'],
  ['{"columns": {"iccid": 1}}', '"columns" is no object of names'],
  ['{"ignored": "PIN1"}', '"ignored" is no list of names'],
  ['{"colums": {}}', 'unknown key "colums"'],
  ['{"encoding": "gbk"}', '"encoding" is neither "utf-8" nor "gb18030"'],
])('%s is refused: %s', (text, faults) => {
  expect(() => readColumnMapping(text)).toThrow(
    expect.objectContaining({ code: 'import-mapping', detail: { faults } }),
  );
});
