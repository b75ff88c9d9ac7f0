import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isRefusal } from '../../../kernel/refusal.ts';
import { plainProfile, type SourceProfile } from '../../../spine/observations/source-profile.ts';
import { exactly } from './decimal.ts';
import { genericCsv } from './generic-csv.ts';
import { readWhole, type Whole } from './reading-aids.ts';

const columns = { iccid: 'icc', time: 'usageDate', bytesUp: 'bytesIn', bytesDown: 'bytesOut', imei: 'imei' };
const HEADER = 'icc,usageDate,bytesIn,bytesOut,imei';
const GOOD = '89454284200010500094,2019-05-13T09:09:41.123456,5687,2345,3573100500176526';

async function read(
  text: string | Uint8Array,
  mapping: Record<string, unknown> = {},
  profile: Partial<SourceProfile> = {},
  slice = 11,
): Promise<Whole> {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  return readWhole(genericCsv, bytes, { ...profile, mapping: { columns, ...mapping } }, slice);
}
async function refusalOf(...args: Parameters<typeof read>): Promise<Record<string, unknown>> {
  try {
    await read(...args);
  } catch (error) {
    if (isRefusal(error)) return { code: error.code, ...error.detail };
    throw error;
  }
  return {};
}

describe('generic-csv', () => {
  it('reads a documented usage record: IMEISV, microseconds without a zone, in the zone declared', async () => {
    const { readings, report } = await read(`${HEADER}\n${GOOD}\n`, {}, { zone: 'Europe/Copenhagen' });
    expect(readings).toEqual([
      {
        kind: 'card-usage',
        claim: 'iccid:8945428420001050009',
        observedAtMs: Date.parse('2019-05-13T07:09:41.123Z'),
        offsetMin: 120,
        timeMark: 'zone-declared',
        body: {
          bytesUp: 5687,
          bytesDown: 2345,
          bytes: 8032,
          imei: '35731005001765',
          imeisvSvn: '26',
          tac: '35731005',
          event: 'event',
          service: 'data',
        },
      },
    ]);
    expect(report.flags).toEqual([]);
  });

  it('volumes are exact: 0.002803 MB is 2803 bytes, and what is not a whole number of bytes is refused', async () => {
    const row = (volume: string): string => `icc,v\n89454284200010500094,${volume}\n`;
    const mapping = { columns: { iccid: 'icc', bytesTotal: 'v' } };
    const bytes = async (volume: string, unit: SourceProfile['unit']): Promise<unknown> => {
      const { readings, unread } = await read(row(volume), mapping, { unit });
      return readings[0]?.body.bytes ?? unread[0]?.reason;
    };
    expect(await bytes('0.002803', 'MB')).toBe(2803);
    expect(await bytes('1.5', 'KiB')).toBe(1536);
    expect(await bytes('0.0000001', 'MB')).toBe('number-not-integral');
    expect(await bytes('-37.72', 'MB')).toBe('number-negative');
    expect(await bytes('1e5', 'B')).toBe('number-unreadable');
    expect(await bytes('9007199254740992', 'B')).toBe('number-too-large');
    expect(await bytes('9007199254.740991', 'MB')).toBe(9_007_199_254_740_991);
  });

  it('exact arithmetic agrees with whole-number arithmetic for every decimal', () => {
    fc.assert(
      fc.property(fc.nat(1e9), fc.nat(999_999), (whole, millionths) => {
        const text = `${whole}.${String(millionths).padStart(6, '0')}`;
        const read = exactly(text, 1_000_000n);
        return 'value' in read && read.value === whole * 1_000_000 + millionths;
      }),
    );
  });

  it('CR-01, C-28: a rounded identifier is refused with the address of its cell', async () => {
    const { unread } = await read(`${HEADER}\n${GOOD}\n8.94543E+19,2019-05-13T09:09:41,1,2,\n`);
    expect(unread).toEqual([
      {
        place: 'cell A3',
        reason: 'identifier-unreadable',
        detail: { field: 'iccid', column: 'icc', fault: 'damaged-number' },
      },
    ]);
    // Another identifier beside it does not save the row: it would be counted for a card whose number nobody read.
    const both = { columns: { ...columns, imsi: 'imsi' } };
    const beside = await read(`${HEADER},imsi\n8.94543E+19,2019-05-13T09:09:41,1,2,,262011234567890\n`, both);
    expect(beside.unread).toMatchObject([{ place: 'cell A2', detail: { fault: 'damaged-number' } }]);
    const imei = await read(`${HEADER}\n89454284200010500094,2019-05-13T09:09:41,1,2,3.57E+14\n`);
    expect(imei.unread).toMatchObject([{ place: 'cell E2' }]);
  });

  it('CR-09: a device identifier of another kind is kept as it came, the record counts, and no IMEI is made of it', async () => {
    for (const id of ['A1000012345678', '12345678901234567890', 'SN-77/A']) {
      const { readings } = await read(`${HEADER}\n89454284200010500094,2019-05-13T09:09:41,1,2,${id}\n`);
      expect(readings[0]).toMatchObject({
        body: { deviceId: id, bytes: 3 },
        flags: expect.arrayContaining(['imei-unreadable']),
      });
      for (const field of ['imei', 'tac']) expect(readings[0]?.body).not.toHaveProperty(field);
    }
  });

  it('C-21: an empty cell and a null token are absent, not zero', async () => {
    const { readings } = await read(`${HEADER}\n89454284200010500094,2019-05-13T09:09:41,\\N,2345,\n`);
    expect(readings[0]?.body).toEqual({ bytesDown: 2345, event: 'event', service: 'data' });
  });

  it('CR-23: a byte order mark does not hide the first column, and unknown columns are reported', async () => {
    const { readings, report } = await read(`\uFEFF${HEADER},pin\n${GOOD},1234\n`);
    expect(readings).toHaveLength(1);
    expect(report.flags).toEqual([{ code: 'columns-unknown', detail: { columns: 'pin' } }]);
    expect(report.facts).toMatchObject({ hadByteOrderMark: true });
    // Before a quote a mark that is left there would make the quotes part of the name.
    const quoted = await read(`\uFEFF"icc"${HEADER.slice(3)}\n${GOOD}\n`);
    expect([quoted.readings.length, quoted.report.flags ?? []]).toEqual([1, []]);
  });

  it('a file without a mapped column is refused with its name, unless the mapping lets it be missing', async () => {
    expect(await refusalOf('icc,usageDate\n1,2\n')).toMatchObject({
      code: 'format-mismatch',
      missing: 'bytesIn, bytesOut, imei',
    });
    expect(await refusalOf(HEADER.replaceAll(',', ';'))).toMatchObject({ code: 'format-mismatch' });
    const lax = { optional: ['bytesUp', 'bytesDown', 'imei'] };
    expect(
      (await read('icc,usageDate\n89454284200010500094,2019-05-13T09:09:41\n', lax)).readings,
    ).toHaveLength(1);
  });

  it('GB18030 is decoded, and bytes of another encoding are refused row by row', async () => {
    const mapping = { encoding: 'gb18030', columns: { iccid: '卡号', bytesTotal: '流量' } };
    const gb = Buffer.concat([
      Buffer.from([0xbf, 0xa8, 0xba, 0xc5, 0x2c, 0xc1, 0xf7, 0xc1, 0xbf, 0x0a]),
      Buffer.from('89454284200010500094,5\n'),
    ]);
    expect((await read(gb, mapping)).readings[0]?.body.bytes).toBe(5);
    const bad = Buffer.concat([
      Buffer.from(`${HEADER}\n`),
      Buffer.from([0xff, 0xfe, 0x2c, 0x0a]),
      Buffer.from(`${GOOD}\n`),
    ]);
    const { readings, unread } = await read(bad);
    expect(unread).toMatchObject([{ reason: 'encoding', place: 'row 2' }]);
    expect(readings).toHaveLength(1);
  });

  it('quoted cells may hold delimiters, quotes and line ends; an unclosed quote costs its own line only', async () => {
    const mapping = { columns: { iccid: 'icc', cell: 'c' } };
    const { readings, unread } = await read(
      'icc,c\n89454284200010500094,"a, ""b""\nc"\n89454284200010500094,"open\n89454284200010500060,d\n',
      mapping,
    );
    expect(readings.map(reading => reading.body.cell)).toEqual(['a, "b"\nc', 'd']);
    expect(unread).toMatchObject([{ reason: 'quote-unclosed', place: 'row 3' }]);
  });

  it('C-28: ragged rows are read and counted', async () => {
    const { readings, report } = await read(
      `${HEADER}\n${GOOD},x\n89454284200010500094,2019-05-13T09:09:41\n`,
    );
    expect(readings.map(reading => reading.flags?.includes('row-ragged'))).toEqual([true, true]);
    expect(report.flags).toEqual([{ code: 'rows-ragged', detail: { rows: 2 } }]);
  });

  it('two header rows, CRLF and no line end behind the last row', async () => {
    const { cuts, readings } = await read(`${HEADER}\r\n卡,时间,上,下,机\r\n${GOOD}\r\n${GOOD}`, {
      headerRows: 2,
    });
    expect(readings).toHaveLength(2);
    const frame = cuts[0]?.frame;
    const again = await read(
      Buffer.concat([frame?.before ?? Buffer.alloc(0), cuts[0]?.raw ?? Buffer.alloc(0)]),
      { headerRows: 2 },
    );
    expect(again.readings).toEqual([readings[0]]);
  });

  it('the last row without a line end is the same record as in a longer file', async () => {
    const short = await read(`${HEADER}\n${GOOD}`);
    const long = await read(`${HEADER}\r\n${GOOD}\r\n${GOOD}1\r\n`);
    expect(Buffer.from(short.cuts[0]?.raw ?? []).equals(Buffer.from(long.cuts[0]?.raw ?? []))).toBe(true);
  });

  it('date and time of day in two cells, by pattern; a day that does not exist is refused with its cell', async () => {
    const mapping = { columns: { iccid: 'i', date: 'd', timeOfDay: 't' }, time: ['DD/MM/YYYY HH:mm:ss'] };
    const { readings, unread } = await read(
      'i,d,t\n89454284200010500094,02/01/2026,03:04:05\n89454284200010500094,31/02/2026,00:00:00\n',
      mapping,
    );
    expect(readings[0]?.observedAtMs).toBe(Date.parse('2026-01-02T03:04:05Z'));
    expect(unread).toMatchObject([{ reason: 'time-unreadable', place: 'cell B3' }]);
  });

  it('an hour that comes twice is the first of the two, and one that never was is read with the offset before', async () => {
    const time = async (text: string): Promise<unknown> => {
      const { readings } = await read(
        `i,t\n89454284200010500094,${text}\n`,
        { columns: { iccid: 'i', time: 't' } },
        { zone: 'Europe/Berlin' },
      );
      return new Date(readings[0]?.observedAtMs ?? 0).toISOString();
    };
    expect(await time('2025-10-26 02:30:00')).toBe('2025-10-26T00:30:00.000Z');
    expect(await time('2025-03-30 02:30:00')).toBe('2025-03-30T01:30:00.000Z');
    expect(await time('2025-07-01 12:00:00')).toBe('2025-07-01T10:00:00.000Z');
  });

  it('epoch seconds, milliseconds and microseconds', async () => {
    for (const [pattern, text] of [
      ['epoch-s', '1554226681'],
      ['epoch-ms', '1554226681000'],
      ['epoch-us', '1554226681000000'],
    ]) {
      const mapping = { columns: { iccid: 'i', time: 't' }, time: [pattern] };
      const { readings } = await read(`i,t\n89454284200010500094,${text}\n`, mapping);
      expect(readings[0]).toMatchObject({ observedAtMs: 1_554_226_681_000, timeMark: 'stated' });
    }
  });

  it('CR-25: a total of a billing month is a series of the card and its month in the zone', async () => {
    const { readings } = await read(
      `${HEADER}\n89454284200010500094,2026-01-31T16:30:00Z,1,2,\n`,
      {},
      {
        counter: 'per-cycle',
        zone: 'Asia/Shanghai',
      },
    );
    expect(readings[0]?.series).toBe('cycle/iccid:8945428420001050009/2026-02');
  });

  it('two written forms of one card in a row are claims of one subject', async () => {
    const mapping = { columns: { iccid: 'a', iccidAlias: 'b', imsi: 'c' } };
    const { readings } = await read(
      'a,b,c\n8988303000123456789,89883030001234567890,901405100000000\n',
      mapping,
    );
    expect(readings[0]).toMatchObject({
      claim: 'iccid:8988303000123456789',
      alsoClaims: ['iccid:89883030001234567890', 'imsi:901405100000000'],
    });
  });

  it('PLMN joined, apart and as a number that lost its zero', async () => {
    const mapping = { columns: { iccid: 'i', plmn: 'p', mcc: 'c', mnc: 'n' } };
    const { readings } = await read(
      'i,p,c,n\n89454284200010500094,23806,,\n89454284200010500094,,310,260\n89454284200010500094,,001,1\n',
      mapping,
    );
    expect(readings.map(reading => reading.body.plmn)).toEqual(['23806', '310260', '00101']);
    expect(readings[2]?.flags).toContain('mnc-uncertain');
  });

  it('the record id is the provider’s when the profile names it', async () => {
    const { readings } = await read(`id,${HEADER}\n77,${GOOD}\n`, {}, { recordId: 'id' });
    expect(readings[0]?.recordId).toBe('csv/77');
    expect(await refusalOf(`${HEADER}\n${GOOD}\n`, {}, { recordId: 'id' })).toMatchObject({ missing: 'id' });
  });

  it('C-23: an unknown service is kept in words', async () => {
    const mapping = { columns: { iccid: 'i', service: 's' }, services: { Daten: 'data' } };
    const { readings } = await read('i,s\n89454284200010500094,Daten\n89454284200010500094,Fax\n', mapping);
    expect(readings.map(reading => [reading.body.service, reading.body.statusType])).toEqual([
      ['data', undefined],
      ['other', 'Fax'],
    ]);
  });

  it('an endless row comes in pieces and the next row is read', async () => {
    const { cuts, readings, unread } = await read(
      `${HEADER}\n${'x'.repeat(150_000)}\n${GOOD}\n`,
      {},
      {},
      9_999,
    );
    expect(unread.map(entry => entry.reason)).toEqual(Array(3).fill('row-too-long'));
    expect(Math.max(...cuts.map(cut => cut.raw.length))).toBeLessThanOrEqual(64 * 1024);
    expect(readings).toHaveLength(1);
  });

  it('faults of a mapping are told as sentences', () => {
    const faults = (mapping: unknown, profile: Partial<SourceProfile> = {}): readonly string[] =>
      genericCsv.checkProfile({ ...plainProfile, ...profile, mapping });
    expect(faults({ columns })).toEqual([]);
    expect(faults(undefined)).toHaveLength(2);
    expect(
      faults({ columns: { ...columns, colour: 'x' }, delimiter: 'ab', encoding: 'ebcdic' }),
    ).toHaveLength(3);
    expect(faults({ columns, time: ['HH:mm'], zone: 'Mars', headerRows: 99, what: 1 })).toHaveLength(4);
    expect(faults({ columns }, { counter: 'per-series' })).toHaveLength(1);
  });

  it('nothing that is fed makes it throw behind its header, and every byte of a row is in exactly one record', async () => {
    const piece = fc.oneof(
      fc.constantFrom(GOOD, '\n', ',', '"', '""', '\r\n', '中'),
      fc.string({ maxLength: 20 }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(piece, { maxLength: 40 }),
        fc.integer({ min: 1, max: 50 }),
        async (pieces, slice) => {
          const body = pieces.join('').replaceAll('\0', '');
          const { cuts, readings, unread } = await read(`${HEADER}\n${body}`, {}, {}, slice);
          expect(cuts.map(cut => cut.recordNo)).toEqual(cuts.map((_, index) => index + 1));
          expect(readings.length + unread.length).toBe(cuts.length);
          const bytes = Buffer.concat(cuts.map(cut => Buffer.from(cut.raw))).toString('latin1');
          const stripped = (text: string): string => text.replace(/\s+/g, '');
          expect(stripped(bytes)).toBe(stripped(Buffer.from(body).toString('latin1')));
        },
      ),
      { numRuns: 200 },
    );
  });
});
