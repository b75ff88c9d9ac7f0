import { expect, test } from 'vitest';
import { cardList } from './card-list.ts';

test.each<[string, string, string | undefined, object]>([
  ['a list', '8986001\n8986002\n\n', undefined, { cards: ['8986001', '8986002'] }],
  ['a list under a heading', 'ICCID\r\n8986001\r\n', undefined, { cards: ['8986001'] }],
  ['a mark of UTF-8', '\uFEFFiccid\n8986001\n', undefined, { cards: ['8986001'] }],
  ['a column known by its name', 'place,msisdn,iccid\n1,8613,8986001\n', undefined, { cards: ['8986001'] }],
  ['a column asked for', 'place,msisdn,iccid\n1,8613,8986001\n', 'msisdn', { cards: ['8613'] }],
  ['a column by number', '1;8613\n2;8614\n', '2', { cards: ['8613', '8614'] }],
  ['no such column', 'iccid\n8986001\n', 'msisdn', { noColumn: 'msisdn' }],
  [
    'a spreadsheet’s marks of text',
    '"\'8986001"\n"=""8986002"""\n',
    undefined,
    { cards: ['8986001', '8986002'] },
  ],
  ['a number with its sign, as our tables write it', "msisdn\n'+8613\n", undefined, { cards: ['+8613'] }],
  ['nothing', '', undefined, { cards: [] }],
])('%s', (_what, text, column, wanted) => {
  expect(cardList(text, column)).toEqual(wanted);
});
