import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { emnifyUsage } from './emnify-usage.ts';
import { readWhole } from './reading-aids.ts';

const MB = { unit: 'MB' } as const;
const sample = readFileSync(new URL('./samples/emnify-usage.ndjson', import.meta.url));
const read = (text: string | Buffer, profile: object = MB) =>
  readWhole(emnifyUsage, Buffer.from(text as string), profile);

function record(change: object): string {
  return JSON.stringify({
    id: 1,
    traffic_type: { id: 5, description: 'Data' },
    start_timestamp: '2026-03-01T08:00:00Z',
    end_timestamp: '2026-03-01T08:15:00Z',
    sim: { iccid: '8988303000000000010' },
    volume: { total: '0.3', tx: '0.1', rx: '0.2' },
    ...change,
  });
}

describe('a usage record of emnify or 1NCE', () => {
  it('is read with its exact id, decimal volumes, device and network', async () => {
    const { readings, unread } = await read(sample);
    expect(unread).toEqual([]);
    expect(readings).toHaveLength(3);
    expect(readings[0]).toEqual({
      kind: 'card-usage',
      claim: 'iccid:8988303000000000010',
      alsoClaims: ['imsi:901430000000017', 'msisdn:423663900000017'],
      observedAtMs: Date.UTC(2026, 2, 1, 8),
      offsetMin: 0,
      timeMark: 'stated',
      recordId: 'emnify/9223372036854775801',
      body: {
        service: 'data',
        event: 'event',
        bytesUp: 40_000,
        bytesDown: 64_857,
        bytes: 104_857,
        imei: '35752007426533',
        tac: '35752007',
        imeisvSvn: '01',
        mcc: '262',
        mnc: '01',
        plmn: '26201',
        country: 'Germany',
        durationSeconds: 900,
      },
    });
  });

  it('counts messages, says whether they went or came, and keeps the network that a number lost a zero of', async () => {
    const { readings } = await read(sample);
    expect(readings[1]?.body).toMatchObject({ service: 'sms', smsCount: 1, direction: 'mo', plmn: '26201' });
    expect(readings[1]?.body['bytes']).toBeUndefined();
  });

  it('that ends before it starts has no length; a time without a zone is UTC', async () => {
    const { readings } = await read(sample);
    expect(readings[2]).toMatchObject({ flags: ['ends-before-it-starts'] });
    expect(readings[2]?.observedAtMs).toBe(Date.UTC(2026, 2, 1, 12, 59, 5));
    expect(readings[2]?.body['durationSeconds']).toBeUndefined();
  });

  it('of unknown traffic is kept as it says, and the description goes before the id', async () => {
    const { readings } = await read(
      [
        record({ traffic_type: { id: 9, description: 'USSD' } }),
        record({ traffic_type: { id: 1, description: 'SMS' }, volume: { total: '3', tx: '1', rx: '2' } }),
        record({ traffic_type: { id: 6 }, volume: { tx: 1, rx: 2 } }),
        record({ traffic_type: null }),
      ].join('\n'),
    );
    expect(readings.map(({ body }) => [body['service'], body['statusType'], body['smsCount']])).toEqual([
      ['other', 'USSD', undefined],
      ['sms', undefined, 3],
      ['sms', undefined, 3],
      ['other', undefined, undefined],
    ]);
  });

  it('of a source that counts 2^20 bytes to a megabyte is rounded to whole bytes', async () => {
    const { readings } = await read(record({}), { unit: 'MiB' });
    expect(readings[0]?.body).toMatchObject({ bytesUp: 104_858, bytesDown: 209_715, bytes: 314_573 });
  });

  it.each([
    ['an event of the other stream', { event_type: { id: 1, description: 'x' } }, 'not-a-usage-record'],
    ['no card', { sim: null }, 'subject-missing'],
    [
      'a card number that lost digits',
      { sim: { iccid: Number('8988303000000000010') } },
      'identifier-unreadable',
    ],
    ['a negative volume', { volume: { tx: '-1', rx: '0' } }, 'number-negative'],
    ['a part of a byte', { volume: { tx: '0.0000001', rx: '0' } }, 'number-not-integral'],
    ['a time that is none', { start_timestamp: 'yesterday' }, 'time-unreadable'],
    ['half a message', { traffic_type: { id: 6 }, volume: { total: '0.5' } }, 'number-not-integral'],
  ])('with %s goes to quarantine and takes nothing with it', async (_, change, reason) => {
    const { readings, unread } = await read(`${record(change)}\n${record({ id: 2 })}\nno json\n[1]\n`);
    expect(unread.map(each => each.reason)).toEqual([reason, 'not-json', 'not-an-object']);
    expect(readings).toHaveLength(1);
  });

  it('comes in small arrays as well, with ids of 64 bits and members of the same name within', async () => {
    const big = record({}).replace('"id":1', '"id":18446744073709551615');
    const { readings } = await read(`[${big},\n ${record({ id: 'a' })}]`);
    expect(readings.map(each => each.recordId)).toEqual(['emnify/18446744073709551615', 'emnify/a']);
  });

  it('needs a profile that says which megabytes are counted', () => {
    const faults = (unit: 'B' | 'MB', counter: 'delta' | 'per-series') =>
      emnifyUsage.checkProfile({ unit, counter } as Parameters<typeof emnifyUsage.checkProfile>[0]);
    expect(faults('MB', 'delta')).toEqual([]);
    expect(faults('B', 'per-series')).toHaveLength(2);
  });
});
