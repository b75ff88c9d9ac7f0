import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { osmoSgsn } from './osmo-sgsn.ts';
import { readWhole } from './reading-aids.ts';

const SERIES = { counter: 'per-series' } as const;
const sample = readFileSync(new URL('./samples/osmo-sgsn.csv', import.meta.url), 'utf8');
const read = (text: string, profile: object = {}) =>
  readWhole(osmoSgsn, Buffer.from(text), { ...SERIES, ...profile });

describe('a record of an Osmocom SGSN', () => {
  it('is read whether it has eight columns or sixteen, and the header is none', async () => {
    const { readings, unread, report } = await read(sample);
    expect(unread).toEqual([]);
    expect(report).toEqual({ flags: [], facts: { records: 8 } });
    expect(readings.map(({ body }) => [body['event'], body['statusType'], body['bytes']])).toEqual([
      ['event', 'attach', undefined],
      ['start', 'pdp-act', 0],
      ['event', 'attach', undefined],
      ['interim', 'pdp-periodic', 1_025_621],
      ['start', 'pdp-act', 0],
      ['stop', 'pdp-deact', 2_051_242],
      ['stop', 'pdp-free', 2_051_242],
      ['stop', 'pdp-terminate', 3],
    ]);
  });

  it('tells its context as a running total that both its ends share, what the card sent first', async () => {
    const { readings } = await read(sample);
    expect(readings[3]).toEqual({
      kind: 'card-usage',
      claim: 'imsi:901700000000017',
      alsoClaims: ['msisdn:882280000017'],
      observedAtMs: Date.UTC(2026, 2, 1, 8, 10, 1, 300),
      offsetMin: 0,
      timeMark: 'stated',
      series: 'osmo-sgsn/imsi:901700000000017/192.0.2.10/4711',
      recordId: 'osmo-sgsn/imsi:901700000000017/192.0.2.10/4711|pdp-periodic|20260301081001300',
      body: {
        service: 'data',
        event: 'interim',
        statusType: 'pdp-periodic',
        imei: '35752007426533',
        tac: '35752007',
        cell: '33-512',
        durationSeconds: 600,
        sessionStartMs: Date.UTC(2026, 2, 1, 8, 0, 1, 300),
        bytesUp: 120_400,
        bytesDown: 905_221,
        bytes: 1_025_621,
        nas: '192.0.2.10',
        apn: 'iot.example',
        sessionId: '4711',
      },
    });
    expect(readings[5]?.series).toBe(readings[6]?.series);
    expect(readings[5]?.recordId).not.toBe(readings[6]?.recordId);
    const { readings: swapped } = await read(sample, { direction: 'swapped' });
    expect(swapped[3]?.body).toMatchObject({ bytesUp: 905_221, bytesDown: 120_400 });
  });

  it('does not state what the SGSN did not know', async () => {
    const { readings } = await read(sample);
    expect(readings[2]?.body).toEqual({ service: 'other', event: 'event', statusType: 'attach' });
    expect(readings[2]?.alsoClaims).toBeUndefined();
  });

  it('is read without a header, as the control interface sends it, and of a file begun anew', async () => {
    const [header = '', ...lines] = sample.trim().split('\n');
    expect((await read(lines.join('\r\n'))).readings).toHaveLength(8);
    expect((await read(`${lines[0]}\n${header}\n${lines[1]}\n\n`)).readings).toHaveLength(2);
    expect((await read(`${header}\n`)).report.flags).toEqual([{ code: 'no-rows', detail: {} }]);
  });

  const pdp = (cells: Partial<Record<number, string>>): string => {
    const usual =
      '20260301080000125,901700000000017,N/A,N/A,-1,-1,h,pdp-act,0,192.0.2.1,192.0.2.2,apn,,0,0,7'.split(',');
    return usual.map((cell, i) => cells[i] ?? cell).join(',');
  };
  it.each([
    ['an event nobody knows', pdp({ 7: 'pdp-toString' }), 'event-unknown'],
    ['an event named as an object has it', pdp({ 7: 'constructor' }), 'event-unknown'],
    ['too few columns', pdp({}).split(',').slice(0, 15).join(','), 'columns-wrong'],
    ['a comma in its access point', pdp({ 11: 'a,b' }), 'columns-wrong'],
    ['no day of the calendar', pdp({ 0: '20260231080000125' }), 'time-unreadable'],
    ['seconds of a larger clock', pdp({ 0: '1772352000' }), 'time-unreadable'],
    ['no subscriber', pdp({ 1: 'N/A' }), 'subject-missing'],
    ['half a subscriber', pdp({ 1: '901' }), 'subject-unreadable'],
    ['a volume beyond 2^53', pdp({ 13: '18446744073709551615' }), 'number-too-large'],
    ['a volume with a sign', pdp({ 14: '-5' }), 'number-negative'],
    ['no context', pdp({ 15: '' }), 'session-missing'],
    ['no commas at all', 'hello', 'event-unknown'],
  ])('with %s goes to quarantine and takes nothing with it', async (_, line, reason) => {
    const { readings, unread } = await read(`${line}\n${pdp({})}\n`);
    expect(unread.map(each => each.reason)).toEqual([reason]);
    expect(readings).toHaveLength(1);
  });

  it('without an end is handed over in pieces, and the next is read', async () => {
    const { readings, unread } = await read(`${'x'.repeat(40_000)}\n${pdp({})}\n`);
    expect(unread.map(each => each.reason)).toEqual(['line-too-long', 'line-too-long', 'line-too-long']);
    expect(readings).toHaveLength(1);
    await expect(read('\0\0')).rejects.toMatchObject({ code: 'format-mismatch' });
  });

  it('needs a profile of bytes that run on', () => {
    const faults = (unit: 'B' | 'MB', counter: 'delta' | 'per-series') =>
      osmoSgsn.checkProfile({ unit, counter } as Parameters<typeof osmoSgsn.checkProfile>[0]);
    expect(faults('B', 'per-series')).toEqual([]);
    expect(faults('MB', 'delta')).toHaveLength(2);
  });
});
