import { expect, test } from 'vitest';
import { SAMPLES, sampleBytes } from '../../../../../tests/format-samples.ts';
import { plainProfile } from '../../../spine/observations/source-profile.ts';
import { FORMATS } from './all.ts';
import { readWhole } from './reading-aids.ts';

test('every format has a sample', () => {
  expect(SAMPLES.map(each => each.format)).toEqual(FORMATS.map(each => each.name));
});

test.each(SAMPLES)('the sample of $format is read, each record with an outcome', async sample => {
  const format = FORMATS.find(each => each.name === sample.format)!;
  expect(format.checkProfile({ ...plainProfile, ...sample.profile })).toEqual([]);
  const { readings, unread } = await readWhole(format, sampleBytes(sample), sample.profile);
  expect([readings.length, unread.length]).toEqual([sample.accepted, sample.quarantined]);
});

test.each(FORMATS)(
  '$name refuses a file of another kind, or holds every byte of it in quarantine',
  async format => {
    const sample = SAMPLES.find(each => each.format === format.name)!;
    const bytes = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0]);
    const outcome = await readWhole(format, bytes, sample.profile).then(
      ({ readings, unread }) => readings.length === 0 && unread.length > 0,
      (cause: { code?: string }) => cause.code === 'format-mismatch',
    );
    expect(outcome).toBe(true);
  },
);
