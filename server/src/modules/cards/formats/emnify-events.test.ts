import { readFileSync } from 'node:fs';
import { describe, expect, it, test } from 'vitest';
import { samplePath } from '../../../../../tests/samples.ts';
import { emnifyEvents } from './emnify-events.ts';
import { emnifyUsage } from './emnify-usage.ts';
import { readWhole } from './reading-aids.ts';

const sample = readFileSync(new URL('./samples/emnify-events.ndjson', import.meta.url));
const read = (text: string | Buffer) => readWhole(emnifyEvents, Buffer.from(text as string), {});

const event = (change: object): string =>
  JSON.stringify({
    id: 1,
    timestamp: '2026-03-01T08:00:00Z',
    event_type: { id: 3, description: 'Update Location' },
    sim: { iccid: '8988303000000000010' },
    ...change,
  });

describe('an event of emnify or 1NCE', () => {
  it('of a new context opens a session, with its device, network, cell and exact id', async () => {
    const { readings } = await read(sample);
    expect(readings[1]).toEqual({
      kind: 'card-usage',
      claim: 'iccid:8988303000000000010',
      alsoClaims: ['imsi:901430000000017'],
      observedAtMs: Date.UTC(2026, 2, 1, 8, 0, 5),
      offsetMin: 0,
      timeMark: 'stated',
      recordId: 'emnify-events/9223372036854775902',
      body: {
        service: 'data',
        event: 'start',
        statusType: 'create pdp context',
        imei: '35752007426533',
        tac: '35752007',
        imeisvSvn: '01',
        mcc: '262',
        mnc: '01',
        plmn: '26201',
        country: 'Germany',
        cell: '38402-20480001',
        rat: '8',
        apn: 'iot.example',
        sessionId: '92415',
        sessionStartMs: Date.UTC(2026, 2, 1, 8, 0, 5),
      },
    });
  });

  it('of an ended context has its length, and no volume, which the usage stream tells too (C-30)', async () => {
    const stop = (await read(sample)).readings[2]?.body;
    expect(stop).toMatchObject({
      event: 'stop',
      durationSeconds: 1_800,
      cell: '40217-12',
      sessionId: '92415',
    });
    for (const name of ['bytes', 'bytesUp', 'bytesDown']) expect(stop?.[name]).toBeUndefined();
  });

  it('that was turned away is refused with the platform’s own word, which a lock is judged by', async () => {
    const { readings } = await read(sample);
    expect(readings[3]?.body).toMatchObject({
      event: 'refused',
      cause: 'IMEI_LOCK_BREACHED',
      imei: '35651072196830',
      statusType: 'pdp context request rejected',
    });
    expect(readings[4]?.body).toMatchObject({ event: 'refused', cause: 'RAT_NOT_ALLOWED', mcc: '262' });
  });

  it('tells a network of one code by it, and of several by none', async () => {
    const { readings } = await read(sample);
    expect(readings[0]?.body).toMatchObject({ plmn: '26201', tadig: 'DEUN1' });
    expect(readings[4]?.body['mnc']).toBeUndefined();
  });

  it('of a type that says no word keeps its number (C-23)', async () => {
    expect((await read(sample)).readings[5]?.body).toMatchObject({ event: 'event', statusType: 'type 99' });
  });

  it.each([
    ['no card', { sim: null }, 'subject-missing'],
    ['a card number that lost digits', { sim: { iccid: 8.98e18 } }, 'identifier-unreadable'],
    ['a time that is none', { timestamp: 'soon' }, 'time-unreadable'],
    ['no type', { event_type: null }, 'not-an-event-record'],
  ])('with %s goes to quarantine and takes nothing with it', async (_, change, reason) => {
    const { readings, unread } = await read(`${event(change)}\n${event({ id: 2 })}\n`);
    expect(unread.map(each => each.reason)).toEqual([reason]);
    expect(readings).toHaveLength(1);
  });

  it('is no usage record, and a usage record no event: each stream is read by its own format', async () => {
    const usage = await readWhole(emnifyUsage, Buffer.from(event({})), { unit: 'MB' });
    expect(usage.unread.map(each => each.reason)).toEqual(['not-a-usage-record']);
    const own = readFileSync(new URL('./samples/emnify-usage.ndjson', import.meta.url));
    expect((await read(own)).unread.map(each => each.reason)).toEqual(Array(3).fill('not-an-event-record'));
  });
});

const published = samplePath('cards/operator-examples/emnify-list-events-example.json');

test.skipIf(published === null)('the example that was published with the interface is read', async () => {
  const { response } = JSON.parse(readFileSync(published as string, 'utf8')) as {
    response: { body: unknown };
  };
  const { readings, unread } = await read(JSON.stringify(response.body));
  expect(unread).toEqual([]);
  expect(readings).toMatchObject([
    {
      claim: 'iccid:8988228066612345678',
      alsoClaims: ['imsi:901405100123456'],
      observedAtMs: Date.UTC(2026, 4, 25, 8, 14, 33),
      recordId: 'emnify-events/87651234',
      body: { service: 'other', event: 'event', statusType: 'update location' },
    },
  ]);
});
