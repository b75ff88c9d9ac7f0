import { describe, expect, it } from 'vitest';
import { plainProfile } from '../../spine/observations/source-profile.ts';
import { readDeviceModels, withDeviceKinds } from './device-models.ts';
import { genericCsv } from './formats/generic-csv.ts';
import { readWhole } from './formats/reading-aids.ts';

const models = readDeviceModels([
  '\uFEFFtac,kind\n00990001,handset\n00990011,Module\r\n00990021,toaster\n0099,handset\n"00990031",router\n',
  'name,TAC,KIND\nx,00990041,handset\ny,00990051,tablet\n',
  'tac,kind\n00990051,handset\n',
]);

describe('lists of device models', () => {
  it('are read by the names of their columns, and what cannot be used is not known', () => {
    expect([...models]).toEqual([
      ['00990001', 'handset'],
      ['00990011', 'module'],
      ['00990031', 'router'],
      ['00990041', 'handset'],
    ]);
  });

  it('that disagree about a TAC leave it unknown', () => {
    expect(models.has('00990051')).toBe(false);
  });

  it('tell each reading its kind of device where they know it, and change nothing else', async () => {
    const table =
      'icc,imei\n89454284200010500094,009900010000018\n89454284200010500094,357520074265330\n89454284200010500094,\n';
    const profile = { ...plainProfile, mapping: { columns: { iccid: 'icc', imei: 'imei' } } };
    const plain = await readWhole(genericCsv, Buffer.from(table), profile, 7);
    const told = await readWhole(withDeviceKinds(genericCsv, models), Buffer.from(table), profile, 7);
    expect(told.readings.map(({ body }) => body['deviceKind'])).toEqual(['handset', undefined, undefined]);
    expect(told.report).toEqual(plain.report);
    expect(
      told.readings.map(({ body: { deviceKind: _, ...body }, ...reading }) => ({ ...reading, body })),
    ).toEqual(plain.readings);
  });
});
