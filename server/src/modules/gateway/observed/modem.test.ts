import { expect, it } from 'vitest';
import { modemIn } from './modem.ts';

it.each([
  [
    '{"iccid":"8986001234567890123","imei":"357520074265338","t":21}',
    { iccid: '8986001234567890123', imei: '357520074265338' },
  ],
  ['  {"iccid":"8986001234567890123F"}', { iccid: '8986001234567890123' }],
  ['{"imei":"3575200742653301"}', { imei: '3575200742653301' }],
  // A number of JSON has lost digits, and what is no number of a card is none.
  ['{"iccid":8986001234567890123,"imei":357520074265338}', {}],
  ['{"iccid":"89860012345678901","imei":"35752007426533x"}', {}],
  ['{"modem":{"iccid":"8986001234567890123"}}', {}],
  ['{"iccid":"8986001234567890123"', {}],
  ['[{"iccid":"8986001234567890123"}]', {}],
  ['null', {}],
  ['21.5', {}],
  ['', {}],
])('of %j it takes %j (I-29)', (text, told) => {
  expect(modemIn(text)).toEqual(told);
});
