import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { samplePath } from '../../../../tests/samples.ts';
import { workbookAsCsv } from './as-csv.ts';
import { compoundOf, oldStream, oldWorkbookOf } from './testing/old-workbook-maker.ts';

async function csvOf(bytes: Buffer): Promise<string> {
  const source = (async function* () {
    for (let at = 0; at < bytes.length; at += 1_000) yield bytes.subarray(at, at + 1_000);
  })();
  const { text } = await workbookAsCsv(source, { delimiter: ',', numberText: number => `n${number}` });
  const pieces: string[] = [];
  for await (const piece of text) pieces.push(piece.toString());
  return pieces.join('');
}
const refused = (bytes: Buffer) =>
  csvOf(bytes).then(
    () => 'read',
    (fault: { code: string; detail: { reason: string } }) => `${fault.code}: ${fault.detail.reason}`,
  );

describe('a workbook of the older kind (.xls)', () => {
  it('is the table of its first visible sheet: texts, numbers, dates, truths, texts of formulas', async () => {
    const rows = [
      ['卡号', 'a,b', null, 'say "x"'],
      [],
      ['8988303000000000010', 1200, -3, 0.25, 1.5e18],
      [{ date: 45352 }, { date: 45352.416724537 }, true, { formula: 'of a formula' }],
    ] as const;
    expect(await csvOf(oldWorkbookOf(rows, { hidden: true }))).toBe(
      '卡号,"a,b",,"say ""x"""\n\n8988303000000000010,n1200,n-3,n0.25,n1500000000000000000\n2024-03-01,2024-03-01 10:00:05,true,of a formula\n',
    );
  });

  it('is whole when its texts go on in the next record, wherever that falls', async () => {
    const texts = Array.from({ length: 40 }, (_, i) => `中文 ${i} ${'x'.repeat(i)}`);
    for (const pieceBytes of [20, 33, 64, 501])
      expect(await csvOf(oldWorkbookOf([texts], { pieceBytes }))).toBe(`${texts.join(',')}\n`);
  });

  it('of many sectors is read to its end', async () => {
    const rows = Array.from({ length: 5_000 }, (_, i) => [`8944500102198${String(i).padStart(6, '0')}`, i]);
    const csv = await csvOf(oldWorkbookOf(rows));
    expect(csv.trimEnd().split('\n')).toHaveLength(5_000);
    expect(csv.endsWith('8944500102198004999,n4999\n')).toBe(true);
  });

  it('that is damaged, encrypted, older or none is refused with its reason', async () => {
    const sound = oldWorkbookOf([['a']]);
    const circle = Buffer.from(sound);
    // The table of sectors is the last sector: the second sector of the stream leads back to the first.
    circle.writeUInt32LE(0, circle.length - 512 + 4);
    const encrypted = oldWorkbookOf([['a']], { more: [Buffer.from('2f000600000000000000', 'hex')] });
    const older = Buffer.from(oldStream([['a']]));
    older.writeUInt16LE(0x500, 4);
    expect(await refused(circle)).toMatch(/circle/);
    expect(await refused(encrypted)).toMatch(/encrypted/);
    expect(await refused(compoundOf(older))).toMatch(/older than Excel 97/);
    expect(await refused(compoundOf(oldStream([['a']]), 'EncryptedPackage'))).toMatch(
      /encrypted or no workbook/,
    );
    expect(await refused(sound.subarray(0, 2_000))).toMatch(/workbook-unreadable/);
    expect(await refused(sound.subarray(0, 100))).toMatch(/cut off/);
  });

  const template = samplePath('cards/inventory/iotos-importCard.xls');
  it.skipIf(template === null)(
    'of a Chinese card platform shows its names of columns and no row',
    async () => {
      const csv = await csvOf(readFileSync(template as string));
      expect(csv.split('\n').filter(line => line !== '')).toHaveLength(1);
      expect(csv.split('\n')[0]?.split(',')).toHaveLength(37);
    },
  );
});
