import { describe, expect, it } from 'vitest';
import { plainProfile } from '../../spine/observations/source-profile.ts';
import { makerName, readDeviceMakers, readDeviceModels } from './device-models.ts';
import { genericCsv } from './formats/generic-csv.ts';
import { readWhole } from './formats/reading-aids.ts';
import { followsFrom, withToldTogether } from './told-together.ts';

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

  it('CR-10: keep the maker of a TAC, also of a device whose kind is not known, unless two lists disagree', () => {
    const makers = readDeviceMakers([
      'tac,kind,name,maker\n00990011,module,A,Invented  Works \n00990021,toaster,B,"Second, Ltd."\n0099,module,C,Third\n00990041,module,D,\n00990051,module,E,One\n',
      'maker,tac\nTwo,00990051\nFourth,00990061\n',
      'tac,kind\n00990011,module\n',
    ]);
    expect([...makers]).toEqual([
      ['00990011', 'Invented Works'],
      ['00990021', 'Second, Ltd.'],
      ['00990061', 'Fourth'],
    ]);
    expect(['x'.repeat(121), 'a\u0000b', '  '].map(makerName)).toEqual([null, null, null]);
  });

  it('tell each reading its kind of device where they know it, and change nothing else', async () => {
    const table =
      'icc,imei\n89454284200010500094,009900010000018\n89454284200010500094,357520074265330\n89454284200010500094,\n';
    const profile = { ...plainProfile, mapping: { columns: { iccid: 'icc', imei: 'imei' } } };
    const plain = await readWhole(genericCsv, Buffer.from(table), profile, 7);
    const told = await readWhole(withToldTogether(genericCsv, models), Buffer.from(table), profile, 7);
    expect(told.readings.map(({ body }) => body['deviceKind'])).toEqual(['handset', undefined, undefined]);
    expect(told.report).toEqual(plain.report);
    expect(
      told.readings.map(({ body: { deviceKind: _, ...body }, ...reading }) => ({ ...reading, body })),
    ).toEqual(plain.readings);
  });

  it('tell the cell of calls and messages and the account of handsets, so that keys of few records lead to them', () => {
    const cell = { cell: '460-00-1-2', account: 'a-1', tac: '00990001' };
    expect(followsFrom({ ...cell, service: 'data' }, models)).toEqual({
      deviceKind: 'handset',
      handsetAccount: 'a-1',
    });
    expect(followsFrom({ ...cell, service: 'voice', tac: '00990011' }, models)).toEqual({
      deviceKind: 'module',
      talkCell: '460-00-1-2',
    });
    expect(followsFrom({ cell: 'c', service: 'data' }, models)).toBeNull();
  });
});
