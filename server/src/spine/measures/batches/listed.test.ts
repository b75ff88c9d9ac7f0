/** C-43, C-28, CR-01: whom a list of cards names, however it was saved. */
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { rowsXml, workbookOf } from '../../../kernel/workbook/testing/workbook-maker.ts';
import { namesListed } from './listed.ts';

const listed = (bytes: string | Buffer, column?: string, encoding: 'utf-8' | 'gb18030' = 'utf-8') =>
  namesListed(Readable.from([Buffer.from(bytes)]), { column, encoding });

test.each<[string, string, string | undefined, readonly string[]]>([
  ['a list', '8986001\n8986002\n\n', undefined, ['8986001', '8986002']],
  ['a list under a heading', 'ICCID\r\n8986001\r\n', undefined, ['8986001']],
  ['a mark of UTF-8', '\uFEFFiccid\n8986001\n', undefined, ['8986001']],
  ['a column known by its name', 'place,msisdn,iccid\n1,8613,8986001\n', undefined, ['8986001']],
  ['a column asked for', 'place,msisdn,iccid\n1,8613,8986001\n', 'MSISDN', ['8613']],
  ['a column by number', '1;8613\n2;8614\n', '2', ['8613', '8614']],
  ['a spreadsheet’s marks of text', '"\'8986001"\n"=""8986002"""\n', undefined, ['8986001', '8986002']],
  ['a number with its sign, as our tables write it', "msisdn\n'+8613\n", undefined, ['+8613']],
  ['what is no card of anybody', 'iccid\n=1+1\n8.98E+18\n', undefined, ['=1+1', '8.98E+18']],
])('%s is read as the cards it names', async (_what, text, column, wanted) => {
  expect(await listed(text, column)).toEqual(wanted);
});

test('a workbook is read by its column, and a number in it is told as a rounded one', async () => {
  const head = rowsXml([['owner', 'iccid']]);
  const row = '<row r="2"><c t="inlineStr"><is><t>x</t></is></c><c><v>8986002610000000042</v></c></row>';
  const book = workbookOf({ data: `${head}${row}` });
  expect(await listed(book)).toEqual([expect.stringMatching(/^8\.98\d*e\+18$/)]);
});

test('a list in GB18030 is read where it is said to be so, and refused at its line where not', async () => {
  const list = Buffer.concat([Buffer.from('bfa8bac5', 'hex'), Buffer.from('\n8986001\n')]);
  expect(await listed(list, '卡号', 'gb18030')).toEqual(['8986001']);
  await expect(listed(list)).rejects.toMatchObject({
    code: 'measure-list-unreadable',
    detail: { place: 'line 1' },
  });
});

test.each<[string, Buffer, string]>([
  ['random bytes', Buffer.from('9f3c00ff8812d4a1e7', 'hex'), 'measure-list-unreadable'],
  ['random bytes without a zero', Buffer.from('8986001\n9f3c81ff8812\n', 'latin1'), 'none'],
  ['bytes of no encoding', Buffer.from('383938360a9f3cff88120a', 'hex'), 'measure-list-unreadable'],
  ['control characters', Buffer.from('8986001\n1\u00012\n'), 'measure-list-unreadable'],
  ['a damaged workbook', Buffer.from('504b0304ffff', 'hex'), 'measure-list-unreadable'],
  ['a line without an end', Buffer.alloc(1 << 20, '1'), 'measure-list-unreadable'],
  ['a quote that never ends', Buffer.from(`"${'1\n'.repeat(70_000)}`), 'measure-list-unreadable'],
  ['nothing', Buffer.alloc(0), 'measure-batch-empty'],
  ['a heading alone', Buffer.from('iccid\n'), 'measure-batch-empty'],
  ['more than a batch has', Buffer.from('8986001\n'.repeat(10_001)), 'measure-batch-too-large'],
])('%s is read or refused by name', async (_what, bytes, code) => {
  const came = await listed(bytes).then(
    () => 'none',
    (thrown: { code?: string }) => thrown.code,
  );
  expect(came).toBe(code);
});

test('a column that is not there is refused by its name', async () => {
  await expect(listed('iccid\n8986001\n', 'msisdn')).rejects.toMatchObject({
    code: 'measure-list-column',
    detail: { column: 'msisdn' },
  });
});
