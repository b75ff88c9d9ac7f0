import { describe, expect, test } from 'vitest';
import { csvRow } from '../../../kernel/csv-text.ts';
import { RECORD_COLUMNS, recordCells } from '../../../spine/observations/record-table.ts';
import type { StoredObservation } from '../../../spine/observations/store.ts';
import { cardUsage } from '../model.ts';
import { readWhole } from './reading-aids.ts';
import { recordTable } from './record-table.ts';

const FIELDS = Object.keys(cardUsage.fields);
const HEAD = csvRow([...RECORD_COLUMNS, ...FIELDS]);
const AT = Date.UTC(2026, 2, 1, 8, 0, 0, 125);

function stored(body: StoredObservation['body'], more: Partial<StoredObservation> = {}): StoredObservation {
  return {
    digest: 'ab'.repeat(32),
    sourceId: 1,
    partyId: 1,
    chunkId: 1,
    kind: 'card-usage',
    claim: 'iccid:8988303000000000010',
    receivedAtMs: AT + 5_000,
    observedAtMs: AT,
    timeMark: 'zone-declared',
    series: 'osmo-sgsn/imsi:901700000000017/192.0.2.10/4711',
    body,
    ...more,
  };
}

function table(...records: StoredObservation[]): string {
  const named = { source: 'core', subject: 'card:8988303000000000010' };
  return HEAD + records.map(record => csvRow(recordCells(record, FIELDS, named))).join('');
}

const read = (text: string) => readWhole(recordTable, Buffer.from(text), { counter: 'per-series' });

describe('records that were exported', () => {
  const hostile = [
    '=1+1',
    "'=1",
    "''+1",
    '-2',
    '@x',
    '＝1',
    ' at an edge ',
    '',
    'a\r\nb\u0000',
    'json:"x"',
    'half \ud800',
    '中文, "quoted"',
    '1e5',
    '007',
    '\ufeffmark',
    'line\u2028',
  ];
  test.each(hostile)('keep the text %j, and it is no formula in the table', async text => {
    const body = { service: 'data', event: 'event', cause: text, apn: text };
    const { readings, unread } = await read(table(stored(body)));
    expect(unread).toEqual([]);
    expect(readings[0]?.body).toEqual(body);
    expect(table(stored(body))).not.toMatch(/(^|,)"?[=+\-@＝]/m);
  });

  test('are what they were: time, trust in it, counter, figures up to 2^53, and themselves by their digest', async () => {
    const record = stored(
      { bytesUp: 2 ** 53 - 1, bytes: 0, lonE6: -12_500_000, mnc: '01' },
      { timeMark: 'derived' },
    );
    const { readings } = await read(table(record));
    expect(readings).toEqual([
      {
        kind: 'card-usage',
        claim: record.claim,
        observedAtMs: AT,
        timeMark: 'derived',
        series: record.series,
        body: record.body,
        recordId: `record-table/${record.digest}`,
      },
    ]);
  });

  test('say nothing of what they do not state, and need no counter', async () => {
    const { readings } = await read(table(stored({ service: 'other' }, { series: null })));
    expect(readings[0]).not.toHaveProperty('series');
    expect(readings[0]?.body).toEqual({ service: 'other' });
  });
});

describe('a row that a spreadsheet spoiled', () => {
  const [row = ''] = table(stored({ imei: '35752007426533', bytes: 7 }))
    .split('\r\n')
    .slice(1);
  test.each([
    ['35752007426533', '3.57520074265E+13', 'damaged-number'],
    ['iccid:8988303000000000010', '8.98830E+18', 'identifier-unreadable'],
    ['2026-03-01T08:00:00.125Z', '2026-03-01 08:00', 'time-unreadable'],
    ['zone-declared', 'guessed', 'time-unreadable'],
    ['card-usage', 'card-check', 'kind-unknown'],
    [`sha256:${'ab'.repeat(32)}`, 'sha256:ab', 'digest-unreadable'],
    [',7,', ',7.5,', 'number-unreadable'],
    [',7,', ',99999999999999999,', 'number-unreadable'],
  ])('%s read as %s is refused with its cell, and the next is read', async (was, is, reason) => {
    const spoiled = row.replace(was, is);
    expect(spoiled).not.toBe(row);
    const { readings, unread } = await read(`${HEAD}${spoiled}\r\n${row}\r\n`);
    expect(unread.map(each => each.reason)).toEqual([reason]);
    expect(unread[0]?.place).toMatch(/^cell [A-Z]+2$/);
    expect(readings).toHaveLength(1);
  });

  test('comes back from quarantine as a file of its own', async () => {
    const { cuts } = await read(`${HEAD}${row}\r\n`);
    const { raw, frame } = cuts[0]!;
    const alone = Buffer.concat([frame!.before, raw, frame!.after]);
    expect((await readWhole(recordTable, alone)).readings).toHaveLength(1);
  });
});

test.each(['', 'iccid,bytes\n1,2\n', '\u0000\u0001\u0002\u0003', '"'])(
  'a file that is no table of records is refused: %j',
  async text => {
    await expect(read(text)).rejects.toMatchObject({ code: 'format-mismatch' });
  },
);
