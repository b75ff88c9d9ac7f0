import { expect, it } from 'vitest';
import { trafficOf } from './traffic.ts';

it.each([
  ['card-usage', { event: 'event', bytes: 1 }, 'carried'],
  ['card-usage', { event: 'event', bytesUp: 0, bytesDown: 0 }, 'neither'],
  ['card-usage', { event: 'event', smsCount: 1 }, 'carried'],
  ['card-usage', { event: 'start' }, 'carried'],
  ['card-usage', { event: 'interim', bytes: 5 }, 'carried'],
  ['card-usage', { event: 'stop', bytes: 5 }, 'neither'],
  ['card-usage', { event: 'refused' }, 'refused'],
  ['card-usage', { event: 'nas-on' }, 'neither'],
  ['another-kind', { event: 'start' }, 'neither'],
])('a record of %s %j is traffic that was %s', (kind, body, what) => {
  expect(trafficOf({ kind, body })).toBe(what);
});
