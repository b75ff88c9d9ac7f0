import { expect, test } from 'vitest';
import { SAMPLES, sampleBytes } from '../../../../../tests/format-samples.ts';
import { camaraEvents } from './camara-events.ts';
import { readWhole } from './reading-aids.ts';

const bytes = sampleBytes(SAMPLES.find(each => each.format === 'camara-events')!);

test('an event names its card by number or by IMSI, and its device by the 14 digits of the IMEI', async () => {
  const { readings, unread } = await readWhole(camaraEvents, bytes, {});
  expect(readings).toMatchObject([
    {
      claim: 'msisdn:14400000001',
      observedAtMs: Date.UTC(2026, 2, 22, 5, 40, 23, 682),
      body: { service: 'other', event: 'event', statusType: 'imei-change', imei: '35209900176148' },
    },
    { claim: 'imsi:460071234500001', body: { statusType: 'area-change' } },
  ]);
  expect(unread.map(each => each.reason)).toEqual(['subject-missing']);
});

test('the area of an event is no place of the card', async () => {
  const { readings } = await readWhole(camaraEvents, bytes, {});
  for (const { body } of readings) expect(body).not.toHaveProperty('latE6');
});

test('an event that comes again is known by its source and id, and another of the same card is not it', async () => {
  const [first] = bytes.toString('utf8').split('\n');
  const ids = async (text: string) =>
    (await readWhole(camaraEvents, Buffer.from(text), {})).readings.map(each => each.recordId);
  const [one, again, other] = await ids(
    `${first}\n${first}\n${first!.replace('"source":"https://api.', '"source":"https://b.')}`,
  );
  expect(one).toBe(again);
  expect(other).not.toBe(one);
});
