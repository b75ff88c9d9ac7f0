import { describe, expect, it } from 'vitest';
import type { Cut } from '../../../spine/observations/observation.ts';
import { plainProfile } from '../../../spine/observations/source-profile.ts';
import { genericJson } from './generic-json.ts';

const profile = {
  ...plainProfile,
  mapping: { columns: { iccid: 'sim.iccid', imei: 'imei', time: 'at', bytesUp: 'up', bytesDown: 'down' } },
};

async function read(text: string | Buffer, pieceBytes = 7): Promise<Cut[]> {
  async function* bytes() {
    const whole = Buffer.from(text);
    for (let at = 0; at < whole.length; at += pieceBytes) yield whole.subarray(at, at + pieceBytes);
  }
  return Array.fromAsync(genericJson.read(bytes(), profile));
}

const outcomes = (cuts: readonly Cut[]) =>
  cuts.map(({ outcome }) => ('reading' in outcome ? outcome.reading.claim : outcome.unread.reason));
const record = (no: number, more = '') =>
  `{"sim":{"iccid":"898601100000000000${no}"},"at":"2026-11-25T12:00:0${no}Z","up":${no},"down":1.0${more}}`;

describe('records as JSON', () => {
  it('are read line by line, each with its own bytes, and one that is broken takes no other with it', async () => {
    const cuts = await read(`${record(1)}\r\n  ${record(2)}  \n{"sim":\n\n[]\n"x"\n${record(3)}`);
    expect(outcomes(cuts)).toEqual([
      'iccid:8986011000000000001',
      'iccid:8986011000000000002',
      'not-json',
      'not-an-object',
      'not-an-object',
      'iccid:8986011000000000003',
    ]);
    expect(cuts.map(cut => cut.raw.toString())).toContain(record(2));
    expect(cuts[2]?.outcome).toMatchObject({ unread: { place: 'line 3' } });
  });

  it.each([
    [record(1)],
    [`${record(1)} \t\r`],
    ['{"sim":'],
    ['{"at":"2026-11-25T12:00:00Z"}'],
    [record(1, ',"pin":"1234"')],
  ])('are the same, posted alone, at once as in a stream: %s', async text => {
    expect(genericJson.readFew?.(Buffer.from(text), profile)).toEqual(await read(text));
  });

  it('are left to the stream when they are no single object on a line', () => {
    for (const text of ['', ' {}', '[]', '{}\n', '{\n}', '{"a":"\0"}'])
      expect(genericJson.readFew?.(Buffer.from(text), profile)).toBeNull();
  });

  it('are the same records in an array and over several lines', async () => {
    const pretty = record(1).replaceAll(',', ',\n  ');
    const array = await read(`[\n${pretty},\n${record(2, ',"note":"a],[\\"{"')} , 7]`);
    expect(outcomes(array)).toEqual([
      'iccid:8986011000000000001',
      'iccid:8986011000000000002',
      'not-an-object',
    ]);
    expect(outcomes(await read(pretty))).toEqual(['iccid:8986011000000000001']);
    expect((await read(pretty))[0]?.raw).toEqual(array[0]?.raw);
  });

  it('keep identifiers as they were written: digits that a double loses make a record unreadable', async () => {
    const lost = '{"sim":{"iccid":8986011000000000001},"at":"2026-11-25T12:00:00Z"}';
    const [cut] = await read(lost);
    expect(cut?.outcome).toMatchObject({ unread: { reason: 'identifier-unreadable' } });
    expect(outcomes(await read(record(1).replace('"up":1', '"up":9007199254740993')))).toEqual([
      'number-unreadable',
    ]);
  });

  it('read a member of the whole name before one within another, and take nothing from a prototype', async () => {
    const line = '{"sim.iccid":"8986011000000000009","sim":{"iccid":"x"},"at":"2026-11-25T12:00:00Z"}';
    expect(outcomes(await read(line))).toEqual(['iccid:8986011000000000009']);
    expect(outcomes(await read('{"sim":"constructor"}'))).toEqual(['subject-missing']);
  });

  it('of endless lines, deep nesting and bytes that are no UTF-8 go to quarantine in bounded pieces', async () => {
    const long = `{"a":"${'x'.repeat(2_300_000)}"}\n${record(1)}\n`;
    const cuts = await read(long, 65_536);
    expect(outcomes(cuts)).toEqual([
      'line-too-long',
      'line-too-long',
      'line-too-long',
      'iccid:8986011000000000001',
    ]);
    expect(outcomes(await read(`${'['.repeat(100_000)}\n${record(1)}`, 4_096))).toEqual([
      'not-json',
      'iccid:8986011000000000001',
    ]);
    const bad = Buffer.concat([Buffer.from('{"sim":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}\n')]);
    expect(outcomes(await read(bad))).toEqual(['not-json']);
  });

  it('are refused as a whole when they are of another kind', async () => {
    await expect(read(Buffer.from('{"a":1}', 'utf16le'))).rejects.toMatchObject({ code: 'format-mismatch' });
    const large = `[${Array(20_000).fill(record(1)).join(',')}]`;
    await expect(read(large, 65_536)).rejects.toMatchObject({ code: 'format-mismatch' });
  });
});
