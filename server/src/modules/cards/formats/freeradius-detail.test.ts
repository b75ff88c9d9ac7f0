import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { samplePath } from '../../../../../tests/samples.ts';
import { plainProfile } from '../../../spine/observations/source-profile.ts';
import { freeradiusDetail } from './freeradius-detail.ts';
import { readWhole, type Whole } from './reading-aids.ts';
import { decodeUserLocation } from './user-location.ts';

const profile = { counter: 'per-series' as const };

function record(lines: Record<string, string | number>, dateLine = 'Tue Sep 13 16:24:27 2011'): string {
  const body = Object.entries(lines).map(
    ([name, value]) => `\t${name} = ${typeof value === 'number' ? value : JSON.stringify(value)}`,
  );
  return `${[dateLine, ...body].join('\n')}\n\n`;
}

const usual = {
  'Acct-Status-Type': 'Interim-Update',
  'NAS-IP-Address': '10.10.0.1',
  'Acct-Session-Id': '0000A1',
  'Acct-Unique-Session-Id': 'ed8119f6919c6f6f',
  '3GPP-IMSI': '262011234567890',
  'Acct-Input-Octets': 123_456_789,
  'Acct-Input-Gigawords': 3,
  'Acct-Output-Octets': 10,
  'Acct-Output-Gigawords': 0,
  'Acct-Session-Time': 60,
  Timestamp: 1_554_226_681,
};

async function read(text: string, extra: Partial<typeof plainProfile> = {}): Promise<Whole> {
  return readWhole(freeradiusDetail, Buffer.from(text), { ...profile, ...extra });
}
async function one(lines: Record<string, string | number>, extra: Partial<typeof plainProfile> = {}) {
  const { readings, unread } = await read(record(lines), extra);
  return readings[0] ?? unread[0];
}
function without(...names: (keyof typeof usual)[]): Record<string, string | number> {
  return Object.fromEntries(Object.entries(usual).filter(([name]) => !(names as string[]).includes(name)));
}

describe('freeradius-detail', () => {
  it('octets 123456789 with gigawords 3 are 13,008,358,677 bytes of the session', async () => {
    expect(await one(usual)).toMatchObject({
      claim: 'imsi:262011234567890',
      series: 'radius/10.10.0.1/ed8119f6919c6f6f',
      body: {
        event: 'interim',
        bytesUp: 13_008_358_677,
        bytesDown: 10,
        bytes: 13_008_358_687,
        durationSeconds: 60,
      },
    });
  });

  it('CR-12: octets without gigawords are marked, so that a wrap can be told from a restart', async () => {
    expect(await one(without('Acct-Input-Gigawords'))).toMatchObject({
      body: { bytesUp: 123_456_789 },
      flags: ['gigawords-absent'],
    });
    expect(await one(usual)).not.toHaveProperty('flags');
  });

  it('CR-13: a Stop without octets has no volume rather than a volume of zero', async () => {
    const stop = await one({
      ...without('Acct-Input-Octets', 'Acct-Output-Octets'),
      'Acct-Status-Type': 'Stop',
    });
    expect(stop).toMatchObject({ body: { event: 'stop' } });
    for (const field of ['bytesUp', 'bytesDown', 'bytes']) expect(stop).not.toHaveProperty(`body.${field}`);
  });

  it('CR-14: a source that swaps input and output is read the other way round', async () => {
    expect(await one(usual, { direction: 'swapped' })).toMatchObject({
      body: { bytesUp: 10, bytesDown: 13_008_358_677 },
    });
  });

  it('CR-15, CR-17: every record names its session, whatever came before', async () => {
    const text = ['Stop', 'Interim-Update', 'Start']
      .map(status => record({ ...usual, 'Acct-Status-Type': status }))
      .join('');
    const { readings } = await read(text);
    expect(readings.map(reading => reading.body.event)).toEqual(['stop', 'interim', 'start']);
    expect(new Set(readings.map(reading => reading.series)).size).toBe(1);
  });

  it('CR-16: the start of a session whose Start was lost is its event time less its age', async () => {
    expect(await one(usual)).toMatchObject({ body: { sessionStartMs: (1_554_226_681 - 60) * 1_000 } });
  });

  it('CR-18: without Event-Timestamp the time is that of receipt less the delay, and marked so', async () => {
    expect(await one({ ...usual, 'Acct-Delay-Time': 7 })).toMatchObject({
      observedAtMs: (1_554_226_681 - 7) * 1_000,
      timeMark: 'derived',
    });
  });

  it('the Timestamp is used and not the date line, which is used only when there is nothing else', async () => {
    expect(await one(usual)).toMatchObject({ observedAtMs: Date.parse('2019-04-02T17:38:01Z') });
    expect(await one(without('Timestamp'), { zone: 'Asia/Shanghai' })).toMatchObject({
      observedAtMs: Date.parse('2011-09-13T16:24:27+08:00'),
      timeMark: 'zone-declared',
    });
  });

  it.each([
    ['Feb  1 2015 08:28:58 WIB', '2015-02-01T08:28:58+07:00', 'stated'],
    ['Feb  1 2015 08:28:58 UTC', '2015-02-01T08:28:58Z', 'stated'],
    ['2015-02-01T08:28:58Z', '2015-02-01T08:28:58Z', 'stated'],
    ['Feb  1 2015 08:28:58 CST', '2015-02-01T08:28:58+08:00', 'zone-declared'],
    ['Feb  1 2015 08:28:58', '2015-02-01T08:28:58+08:00', 'zone-declared'],
    ['1422754138', '2015-02-01T01:28:58Z', 'stated'],
  ])('Event-Timestamp %s is %s, %s', async (text, expected, timeMark) => {
    expect(await one({ ...usual, 'Event-Timestamp': text }, { zone: 'Asia/Shanghai' })).toMatchObject({
      observedAtMs: Date.parse(expected),
      timeMark,
    });
  });

  it('CR-19: the same report told twice has one identity, a new one another', async () => {
    const { readings } = await read(
      record({ ...usual, 'Acct-Delay-Time': 0 }) +
        record({ ...usual, 'Acct-Delay-Time': 5, Timestamp: 1_554_226_686 }) +
        record({ ...usual, 'Acct-Session-Time': 65 }),
    );
    const ids = readings.map(reading => reading.recordId);
    expect(ids[0]).toBe(ids[1]);
    expect(ids[0]).not.toBe(ids[2]);
  });

  it('names of FreeRADIUS 4 and of FreeRADIUS 3 are read alike', async () => {
    const device = {
      IMEISV: '3575200742653301',
      'SGSN-MCC-MNC': '26201',
      'RAT-Type': 9,
      'User-Location-Info': '0x8262f2100dbb62f21000001c0e',
    };
    const prefixed = (prefix: string): Record<string, string | number> =>
      Object.fromEntries(Object.entries(device).map(([name, value]) => [prefix + name, value]));
    const v3 = await one({ ...usual, ...prefixed('3GPP-'), 'Called-Station-Id': 'Meter.Example' });
    const v4 = await one({
      ...without('3GPP-IMSI'),
      'Vendor-Specific.3GPP.IMSI': '262011234567890',
      ...prefixed('Vendor-Specific.3GPP.'),
      'Called-Station-Id': 'meter.example',
    });
    expect(v3).toEqual(v4);
    expect(v3).toMatchObject({
      body: {
        imei: '35752007426533',
        imeisvSvn: '01',
        mcc: '262',
        mnc: '01',
        plmn: '26201',
        rat: 'LTE-M',
        cell: 'ecgi-7182',
        apn: 'meter.example',
      },
    });
  });

  it('location information of every listed type is decoded, and a short or unknown one is not', () => {
    const cell = (hex: string): unknown => decodeUserLocation(Buffer.from(hex, 'hex'));
    expect(cell('0062f2100db11c0e')).toEqual({
      plmn: { mcc: '262', mnc: '01', plmn: '26201' },
      cell: 'cgi-3505-7182',
    });
    expect(cell('8113006200001c0e')).toMatchObject({ plmn: { plmn: '310260' }, cell: 'ecgi-7182' });
    expect(cell('8064f0000db1')).toMatchObject({ plmn: { plmn: '46000' }, cell: 'tai-3505' });
    expect(cell('0062f210')).toMatchObject({ cell: null });
    expect(cell('0762f2100db11c0e')).toBeNull();
    expect(cell('00')).toBeNull();
  });

  it('the telephone number is the subject when there is no IMSI, and an alias when there is', async () => {
    expect(await one({ ...without('3GPP-IMSI'), 'Calling-Station-Id': '+1440123123123' })).toMatchObject({
      claim: 'msisdn:1440123123123',
    });
    expect(await one({ ...usual, 'Calling-Station-Id': '1440123123123' })).toMatchObject({
      claim: 'imsi:262011234567890',
      alsoClaims: ['msisdn:1440123123123'],
    });
  });

  it('a record that names no card is unread with its reason and place', async () => {
    expect(await one(without('3GPP-IMSI'))).toMatchObject({ reason: 'subject-missing', place: 'line 1' });
    expect(await one({ ...usual, '3GPP-IMSI': 'x' })).toMatchObject({ reason: 'subject-unreadable' });
    expect(await one(without('Acct-Status-Type'))).toMatchObject({ reason: 'status-type-missing' });
    expect(await one(without('Acct-Session-Id', 'Acct-Unique-Session-Id'))).toMatchObject({
      reason: 'session-missing',
    });
  });

  it('the restart of an access server is a record of the server', async () => {
    expect(
      await one({ 'Acct-Status-Type': 'Accounting-On', 'NAS-IP-Address': '10.0.0.1', Timestamp: 1 }),
    ).toMatchObject({
      claim: 'nas:10.0.0.1',
      body: { event: 'nas-on' },
    });
  });

  it('C-23: an unknown status type is kept as it was written', async () => {
    expect(await one({ ...usual, 'Acct-Status-Type': 'Tunnel-Start' })).toMatchObject({
      body: { event: 'event', statusType: 'Tunnel-Start' },
    });
  });

  it('an endless line is handed over in pieces and the next record is read', async () => {
    const text = `${'x'.repeat(40_000)}\n\n${record(usual)}`;
    const { cuts, readings, unread } = await read(text);
    expect(unread.map(entry => entry.reason)).toEqual(['line-too-long', 'line-too-long', 'line-too-long']);
    expect(readings).toHaveLength(1);
    expect(Math.max(...cuts.map(cut => cut.raw.length))).toBeLessThanOrEqual(16 * 1024);
  });

  it('an unquoted, a quoted and an escaped value are read, and CRLF does not matter', async () => {
    const text = record({ ...usual, 'NAS-Identifier': 'a "b" \\ c' }).replaceAll('\n', '\r\n');
    expect((await read(text)).readings[0]?.body.nas).toBe('a "b" \\ c');
  });

  it('nothing that is fed makes it throw, records are numbered without gaps, and memory is bounded by the bounds', async () => {
    const line = fc.oneof(
      fc.constantFrom(...record(usual).split('\n')),
      fc.string({ maxLength: 60 }).map(text => text.replaceAll('\0', '')),
      fc.constant(''),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { maxLength: 60 }),
        fc.integer({ min: 1, max: 99 }),
        async (lines, slice) => {
          const { cuts, readings, unread } = await readWhole(
            freeradiusDetail,
            Buffer.from(lines.join('\n')),
            profile,
            slice,
          );
          expect(cuts.map(cut => cut.recordNo)).toEqual(cuts.map((_, index) => index + 1));
          expect(readings.length + unread.length).toBe(cuts.length);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('a profile that does not fit is told', () => {
    expect(
      freeradiusDetail.checkProfile({ ...plainProfile, unit: 'MB', counter: 'per-cycle', zone: 'Mars/Base' }),
    ).toHaveLength(3);
  });
});

describe.skipIf(samplePath('cards/radius/one.txt') === null)(
  'freeradius-detail, on the public samples',
  () => {
    const sample = (name: string): string => readFileSync(samplePath(`cards/radius/${name}`) ?? '', 'utf8');

    it('one.txt is one record that names no card we can resolve; with an IMSI its time is that of Timestamp', async () => {
      const { cuts, unread } = await read(sample('one.txt'));
      expect(cuts).toHaveLength(1);
      expect(unread[0]).toMatchObject({
        reason: 'subject-missing',
        detail: { callingStationId: 'not-e164' },
      });
      const mended = await read(`${sample('one.txt').trimEnd()}\n\t3GPP-IMSI = "262011234567890"\n`);
      expect(mended.readings[0]).toMatchObject({
        observedAtMs: Date.parse('2019-04-02T17:38:01Z'),
        series: 'radius/10.10.0.179/ed8119f6919c6f6f',
        body: { event: 'start' },
      });
    });

    it.each([
      ['acct_0_start.attrs', 'start', 0, '2015-02-01T08:28:58+07:00', '00000000'],
      ['acct_1_update.attrs', 'interim', 4_294_967_306, '2015-02-01T08:28:28+07:00', '00000001'],
      ['acct_2_stop.attrs', 'stop', 4_294_967_311, '2015-02-01T08:28:58+07:00', '00000002'],
    ])(
      '%s is one %s of %d bytes each way at %s, without the expected answer',
      async (name, event, bytes, time, session) => {
        const text = sample(name).replace('NAS-Port =', "3GPP-IMSI = '262011234567890'\nNAS-Port =");
        const { cuts, readings, report } = await read(text);
        expect(cuts).toHaveLength(1);
        expect(readings[0]).toMatchObject({
          observedAtMs: Date.parse(time),
          timeMark: 'stated',
          series: `radius/nas.example.org/${session}`,
          body: { event, bytesUp: bytes, bytesDown: bytes },
        });
        expect(report.flags).toMatchObject([{ code: 'expected-answer-skipped' }]);
        expect((await read(sample(name))).unread).toMatchObject([{ reason: 'subject-missing' }]);
      },
    );
  },
);
