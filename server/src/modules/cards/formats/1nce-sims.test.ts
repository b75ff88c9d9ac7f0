import { readFileSync } from 'node:fs';
import { describe, expect, it, test } from 'vitest';
import { samplePath } from '../../../../../tests/samples.ts';
import type { SourceProfile } from '../../../spine/observations/source-profile.ts';
import { simsOf1nce } from './1nce-sims.ts';
import { readWhole } from './reading-aids.ts';

const sample = readFileSync(new URL('./samples/1nce-sims.ndjson', import.meta.url));
const read = (bytes: string | Buffer, profile: Partial<SourceProfile> = { unit: 'MB' }) =>
  readWhole(simsOf1nce, Buffer.from(bytes as string), profile);
const answer = (value: unknown, asked = {}): string =>
  JSON.stringify({ asked, at: '2026-03-05T08:00:00Z', answer: value });

describe('a SIM of 1NCE', () => {
  it('states two written forms of one card and all its IMSIs, and which device it is locked to', async () => {
    const { readings } = await read(sample);
    expect(readings[0]).toEqual({
      kind: 'card-usage',
      claim: 'iccid:8988303000000000010',
      alsoClaims: [
        'iccid:89883030000000000101',
        'imsi:901405100000017',
        'msisdn:882285100000017',
        'imsi:460045100000017',
      ],
      observedAtMs: Date.UTC(2026, 2, 5, 8),
      offsetMin: 0,
      timeMark: 'stated',
      recordId: expect.stringMatching(/^1nce-sims\/[0-9a-f]{32}$/),
      flags: expect.arrayContaining(['iccid-luhn-bad']),
      body: {
        service: 'other',
        event: 'event',
        statusType: 'imei-locked',
        imei: '35752007426533',
        tac: '35752007',
        imeisvSvn: '01',
        cardState: 'active',
        providerState: 'Enabled',
      },
    });
  });

  it('that is disabled is stopped, and an unknown state is kept and flagged (C-23)', async () => {
    const { readings } = await read(sample);
    expect(readings[1]?.body).toMatchObject({ cardState: 'stopped', stopReason: 'unknown' });
    expect(readings[2]).toMatchObject({
      flags: expect.arrayContaining(['state-unknown']),
      body: { cardState: 'unknown', providerState: 'Hibernating' },
    });
  });

  it('is the same record when it comes again, and another once it was read later', async () => {
    const sim = { iccid: '8988303000000000010', status: 'Enabled' };
    const idOf = async (text: string) => (await read(text)).readings[0]?.recordId;
    const first = await idOf(answer([sim]));
    expect(await idOf(answer([sim]))).toBe(first);
    expect(await idOf(JSON.stringify({ at: '2026-03-06T08:00:00Z', answer: [sim] }))).not.toBe(first);
  });
});

describe('a quota', () => {
  it('is judged by its description, never by its id, and what is left of it is no use', async () => {
    const { readings } = await read(sample);
    expect(readings[3]?.body).toEqual({ service: 'other', event: 'event', statusType: 'quota data active' });
    expect(readings[4]?.body).toMatchObject({ statusType: 'quota data exhausted', stopReason: 'volume' });
  });

  it('of messages that is used up stops no data', async () => {
    const quota = { status: { id: 0, description: 'EXHAUSTED' }, volume: 0, service: 'sms' };
    const { readings } = await read(answer(quota, { iccid: '8988303000000000010' }));
    expect(readings[0]?.body).toEqual({
      service: 'other',
      event: 'event',
      statusType: 'quota sms exhausted',
    });
  });
});

describe('the statistics of a day', () => {
  it('are exact bytes of both sides and the messages, once for a card and a day', async () => {
    const { readings } = await read(sample);
    expect(readings[5]).toMatchObject({
      claim: 'iccid:8988303000000000010',
      observedAtMs: Date.UTC(2026, 2, 3),
      recordId: '1nce-sims/day/8988303000000000010/2026-03-03',
      body: { service: 'data', bytesUp: 1_321, bytesDown: 1_482, bytes: 2_803, smsCount: 3 },
    });
    expect(readings[6]?.body).toMatchObject({ bytes: 0, smsCount: 0 });
    const mebi = (await read(sample, { unit: 'MiB' })).readings[5];
    expect(mebi?.body).toMatchObject({ bytesUp: 1_385, bytesDown: 1_554, bytes: 2_939 });
    const turned = (await read(sample, { unit: 'MB', direction: 'swapped' })).readings[5];
    expect(turned?.body).toMatchObject({ bytesUp: 1_482, bytesDown: 1_321 });
  });

  it.each([
    ['no card', { stats: [{ date: '2026-03-03', data: { volume: '1' } }] }, {}, 'subject-missing'],
    [
      'a negative volume',
      { stats: [{ date: '2026-03-03', data: { volume: '-1' } }] },
      { iccid: '8988303000000000010' },
      'number-negative',
    ],
    ['nothing known', { ok: true }, { iccid: '8988303000000000010' }, 'record-unknown'],
  ])('and an answer with %s goes to quarantine', async (_, value, asked, reason) => {
    const { readings, unread } = await read(answer(value, asked));
    expect([readings.length, unread.map(each => each.reason)]).toEqual([0, [reason]]);
  });
});

const usage = samplePath('cards/operator-examples/1nce-get-sim-usage-1.json');
const quota = samplePath('cards/operator-examples/1nce-get-sim-data-quota-2.json');

test.skipIf(usage === null || quota === null)('the published examples of answers are read', async () => {
  const asked = { iccid: '8988303000000000010' };
  const answered = (path: string | null): string =>
    answer(JSON.parse(readFileSync(path as string, 'utf8')), asked);
  const days = await read(answered(usage));
  expect(days.unread).toEqual([]);
  expect(days.readings.map(({ body }) => [body['bytes'], body['smsCount']])).toEqual([
    [2_803, 3],
    [2_803, 3],
  ]);
  // The example prints one day twice: it is one record.
  expect(new Set(days.readings.map(each => each.recordId)).size).toBe(1);
  const left = await read(answered(quota));
  expect(left.readings.map(({ body }) => body)).toEqual([
    { service: 'other', event: 'event', statusType: 'quota' },
  ]);
});
