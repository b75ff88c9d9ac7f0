import { describe, expect, it } from 'vitest';
import { plainProfile } from '../../../spine/observations/source-profile.ts';
import { genericCsv } from './generic-csv.ts';
import { readWhole } from './reading-aids.ts';

async function bodyOf(cells: string): Promise<{ body: unknown; flags: readonly string[] }> {
  const columns = {
    iccid: 'icc',
    latitude: 'lat',
    longitude: 'lon',
    accuracyM: 'acc',
    direction: 'dir',
    peer: 'peer',
    peerKind: 'kind',
  };
  const table = `icc,lat,lon,acc,dir,peer,kind\n89454284200010500094,${cells}\n`;
  const { readings } = await readWhole(
    genericCsv,
    Buffer.from(table),
    { ...plainProfile, mapping: { columns } },
    9,
  );
  const { event: _, service: __, ...body } = readings[0]?.body ?? {};
  const flags = (readings[0]?.flags ?? []).filter(
    flag => flag !== 'time-missing' && !flag.startsWith('luhn'),
  );
  return { body, flags };
}

describe('a place and the other side of a call in a usage table', () => {
  it.each([
    ['31.230416,121.473701,50,,,', { latE6: 31_230_416, lonE6: 121_473_701, accuracyM: 50 }, []],
    ['-33.9,+18.42245678,50.01,,,', { latE6: -33_900_000, lonE6: 18_422_456, accuracyM: 51 }, []],
    ['90,-180,0,,,', { latE6: 90_000_000, lonE6: -180_000_000, accuracyM: 0 }, []],
    ['-0.0000001,1,,,,', { latE6: 0, lonE6: 1_000_000 }, []],
    ['90.000001,1,,,,', {}, ['place-unreadable']],
    ['1,,,,,', {}, ['place-unreadable']],
    ['0,0.0,,,,', {}, ['place-unreadable']],
    ['1e1,2,,,,', {}, ['place-unreadable']],
    ['1,2,near,,,', { latE6: 1_000_000, lonE6: 2_000_000 }, ['accuracy-unreadable']],
    [',,9,,,', {}, []],
    [',,,MO,+49 170-1234567,operator', { direction: 'mo', peer: '491701234567', peerKind: 'operator' }, []],
    [',,,incoming,0049170,', { direction: 'mt', peer: '49170' }, []],
    [',,,sideways,112,friend', { peer: '112' }, ['direction-unknown', 'peer-kind-unknown']],
    [',,,,000,', { peer: '000' }, []],
  ] as const)('%s', async (cells, body, flags) => {
    expect(await bodyOf(cells)).toEqual({ body, flags });
  });
});
