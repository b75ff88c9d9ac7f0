import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { context } from './ber-encode.ts';
import { pgwCdr } from './pgw-cdr.ts';
import { cdrFile, integer, pgwRecord, samplePgwFile } from './pgw-cdr-fixtures.ts';
import { readWhole } from './reading-aids.ts';

const read = (bytes: Buffer, profile = {}, slice = 100) => readWhole(pgwCdr, bytes, profile, slice);
const flagsOf = async (bytes: Buffer) => (await read(bytes)).report.flags.map(flag => flag.code);

describe('a file of records of a packet gateway', () => {
  it('lies beside this test as our writer makes it', () => {
    expect(readFileSync(new URL('./samples/pgw-cdr.cdr', import.meta.url))).toEqual(samplePgwFile());
  });

  it('is read with card, device, network, place, volumes beyond 32 bits and local time', async () => {
    const { readings, unread, report } = await read(samplePgwFile());
    expect(unread).toEqual([]);
    expect(report).toMatchObject({
      flags: [],
      facts: { fileNumber: 17, openedAt: '03-02 09:30+02:00', records: 3 },
    });
    expect(readings[0]).toEqual({
      kind: 'card-usage',
      claim: 'imsi:262011234567890',
      alsoClaims: ['msisdn:4915112345678'],
      observedAtMs: Date.UTC(2026, 2, 1, 13, 18),
      offsetMin: 120,
      timeMark: 'stated',
      recordId: 'pgw-cdr/pgw-1/4000000001/1',
      body: {
        service: 'data',
        event: 'interim',
        bytesUp: 1_200,
        bytesDown: 2_200_000_000,
        bytes: 2_200_001_200,
        durationSeconds: 600,
        imei: '35752007426533',
        tac: '35752007',
        imeisvSvn: '01',
        apn: 'meter.example',
        rat: 'EUTRAN',
        sessionId: '4000000001',
        nas: 'pgw-1',
        mcc: '262',
        mnc: '01',
        plmn: '26201',
        cell: 'ecgi-20479617',
        sessionStartMs: Date.UTC(2026, 2, 1, 13, 8),
      },
    });
  });

  it('is observed at the end of its part, and at its opening where it ends nothing', async () => {
    const opened = Date.UTC(2026, 2, 1, 13, 8);
    const atOf = async (cause: number) => (await read(pgwRecord({ cause }))).readings[0]?.observedAtMs;
    expect([await atOf(0), await atOf(16), await atOf(99)]).toEqual([
      opened + 600_000,
      opened + 600_000,
      opened,
    ]);
  });

  it('sums the containers of one list and never of both', async () => {
    const { readings } = await read(samplePgwFile());
    expect(readings.map(({ body }) => [body['event'], body['bytesUp'], body['bytesDown']])).toEqual([
      ['interim', 1_200, 2_200_000_000],
      ['stop', 305, 400],
      ['stop', 16, 18],
    ]);
    expect(readings[2]).toMatchObject({ offsetMin: -330, body: { plmn: '310260' }, flags: ['plmn-differs'] });
    const turned = await read(samplePgwFile(), { direction: 'swapped' });
    expect(turned.readings[1]?.body).toMatchObject({ bytesUp: 400, bytesDown: 305 });
  });

  it('has no volume where no container states one (C-21), and keeps a cause it does not know (C-23)', async () => {
    const { readings } = await read(cdrFile([pgwRecord({ cause: 99 }), pgwRecord({ traffic: [[0, null]] })]));
    expect(readings[0]?.body).toMatchObject({ event: 'event', statusType: 'cause 99' });
    expect(readings[0]?.body['bytesUp']).toBeUndefined();
    expect(readings[1]?.body).toMatchObject({ bytesUp: 0 });
    expect(readings[1]?.body['bytesDown']).toBeUndefined();
  });

  it('is the same in any framing: long heads, bare records, lengths left open, a routeing filter', async () => {
    const record = pgwRecord({ traffic: [[1, 2]] });
    const open = pgwRecord({ traffic: [[1, 2]], isIndefinite: true });
    const [framed, ...others] = await Promise.all(
      [
        cdrFile([record]),
        cdrFile([record], { isLong: true }),
        cdrFile([record], { filter: 'by-network' }),
        record,
        open,
        cdrFile([open]),
      ].map(async bytes => (await read(bytes, {}, 7)).readings),
    );
    for (const each of others) expect(each).toEqual(framed);
  });

  it('reads the place whether its type is numbered or flagged', async () => {
    const flagged = pgwRecord({ traffic: [[1, 2]], place: '8262f210013a62f21001387e81' });
    expect((await read(flagged)).readings[0]?.body['cell']).toBe('ecgi-20479617');
    const cells = (place: string, tag: number) =>
      read(pgwRecord({ traffic: [[1, 2]], place, tag })).then(each => each.readings[0]?.body['cell']);
    expect([await cells('0162f210013a0001', 79), await cells('0162f210013a0001', 21)]).toEqual([
      'cgi-314-1',
      'sai-314-1',
    ]);
    expect((await read(pgwRecord({ place: '77' }))).readings[0]?.flags).toEqual(['location-unreadable']);
  });

  it('tells what its head says that is not so', async () => {
    const record = pgwRecord();
    expect(await flagsOf(cdrFile([record], { count: 5 }))).toEqual(['count-mismatch']);
    expect(await flagsOf(cdrFile([record], { lost: 3, reason: 128 }))).toEqual([
      'records-lost',
      'closed-abnormally',
    ]);
    const whole = cdrFile([record, record]);
    expect(await flagsOf(whole.subarray(0, -10))).toEqual(['file-cut-off', 'length-mismatch']);
    expect(await flagsOf(Buffer.concat([whole, Buffer.from('more')]))).toEqual([
      'count-mismatch',
      'length-mismatch',
    ]);
  });
});

describe('a hostile record', () => {
  const good = pgwRecord({ traffic: [[1, 2]] });
  const bad: readonly (readonly [string, Buffer, string])[] = [
    ['a negative volume', pgwRecord({ traffic: [[-2, 1]] }), 'number-negative'],
    ['a volume beyond 2^53', pgwRecord({ traffic: [[2n ** 60n, 1]] }), 'number-too-large'],
    [
      'containers that come to more than 2^53',
      pgwRecord({ traffic: Array(3).fill([2n ** 52n, 1]) }),
      'number-too-large',
    ],
    ['no subscriber', context(79, [integer(0, 85)]), 'subject-missing'],
    ['letters for a subscriber', pgwRecord({ imsi: 'abcdeabcdeabcde' }), 'subject-unreadable'],
    ['a day that never was', pgwRecord({ opened: '260231150800' }), 'time-unreadable'],
    ['an offset of 99 hours', pgwRecord({ offset: '+9900' }), 'time-unreadable'],
    ['a serving gateway of the same traffic', pgwRecord({ tag: 78 }), 'record-of-a-serving-gateway'],
    ['another kind of record', pgwRecord({ tag: 77 }), 'record-unknown'],
    ['lengths that lie', Buffer.from('bf4f05830a0102', 'hex'), 'record-broken'],
    ['a depth without end', Buffer.concat(Array(200).fill(Buffer.from('bf4f80', 'hex'))), 'record-broken'],
    ['bytes behind its end', Buffer.concat([good, Buffer.from([1, 2])]), 'record-longer-than-its-element'],
    ['nothing', Buffer.alloc(0), 'record-broken'],
  ];

  it.each(bad)('with %s goes to quarantine and takes nothing with it', async (_, record, reason) => {
    const { readings, unread, cuts } = await read(cdrFile([good, record, good]));
    expect(unread.map(each => each.reason)).toEqual([reason]);
    expect(readings).toHaveLength(2);
    expect(Buffer.from(cuts[1]?.raw ?? [])).toEqual(record);
  });

  it('of another encoding is told by it; what is no file at all is refused', async () => {
    const { unread } = await read(cdrFile([good], { encoding: 2 }));
    expect(unread).toMatchObject([{ reason: 'encoding-unknown', detail: { format: 'unaligned-per' } }]);
    for (const bytes of [
      Buffer.from('{"a":1}\n'.repeat(20)),
      Buffer.alloc(100),
      Buffer.alloc(3),
      Buffer.alloc(100, 255),
    ])
      await expect(read(bytes)).rejects.toMatchObject({ code: 'format-mismatch' });
  });

  it('needs a profile of shares in octets', () => {
    const faults = (unit: 'B' | 'MB', counter: 'delta' | 'per-series') =>
      pgwCdr.checkProfile({ unit, counter } as Parameters<typeof pgwCdr.checkProfile>[0]);
    expect(faults('B', 'delta')).toEqual([]);
    expect(faults('MB', 'per-series')).toHaveLength(2);
  });
});
