import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { RecordFormat } from '../../../spine/observations/format.ts';
import type { Reading } from '../../../spine/observations/observation.ts';
import { plainProfile, type SourceProfile } from '../../../spine/observations/source-profile.ts';
import { simsOf1nce } from './1nce-sims.ts';
import { ciscoControlCenter } from './cisco-control-center.ts';
import { connectedYou } from './connectedyou.ts';
import { emnifyEvents } from './emnify-events.ts';
import { genericCsv } from './generic-csv.ts';
import { hologram } from './hologram.ts';
import { huaweiGsl } from './huawei-gsl.ts';
import { linkcard } from './linkcard.ts';
import { onelink } from './onelink.ts';
import { onomondo } from './onomondo.ts';
import { readWhole } from './reading-aids.ts';
import { soracom } from './soracom.ts';
import { telnyx } from './telnyx.ts';
import { twilioSupersim } from './twilio-supersim.ts';
import { wavely } from './wavely.ts';

type Profile = Partial<SourceProfile>;

interface Case {
  readonly format: RecordFormat;
  readonly file: string;
  readonly profile: Profile;
  /** `service event` of every reading, in order, and the reasons of what was not read. */
  readonly read: readonly string[];
  readonly unread: readonly string[];
}

const CASES: readonly Case[] = [
  {
    format: emnifyEvents,
    file: 'emnify-events.ndjson',
    profile: {},
    read: ['other event', 'data start', 'data stop', 'data refused', 'other refused', 'other event'],
    unread: ['subject-missing'],
  },
  {
    format: simsOf1nce,
    file: '1nce-sims.ndjson',
    profile: { unit: 'MB' },
    read: [
      'other event',
      'other event',
      'other event',
      'other event',
      'other event',
      'data event',
      'data event',
    ],
    unread: ['time-missing'],
  },
  {
    format: soracom,
    file: 'soracom.ndjson',
    profile: {},
    read: ['data start', 'data stop', 'data event', 'data event', 'other event', 'other event'],
    unread: [],
  },
  {
    format: hologram,
    file: 'hologram.json',
    profile: { zone: 'America/Chicago' },
    read: ['data stop', 'data stop', 'data event'],
    unread: [],
  },
  {
    format: twilioSupersim,
    file: 'twilio-supersim.ndjson',
    profile: {},
    read: ['data event', 'data interim', 'data refused', 'data event'],
    unread: ['subject-missing'],
  },
  {
    format: telnyx,
    file: 'telnyx.ndjson',
    profile: { unit: 'MB' },
    read: ['data event', 'data event', 'data event'],
    unread: ['unit-unknown'],
  },
  {
    format: onomondo,
    file: 'onomondo.ndjson',
    profile: { zone: 'Europe/Copenhagen' },
    read: ['data event', 'sms event', 'other refused', 'other event', 'other event', 'data event'],
    unread: [],
  },
  {
    format: wavely,
    file: 'wavely.ndjson',
    profile: { zone: 'Europe/Copenhagen' },
    read: [
      'data event',
      'data event',
      'voice event',
      'sms event',
      'other event',
      'other event',
      'other event',
    ],
    unread: [],
  },
  {
    format: connectedYou,
    file: 'connectedyou.ndjson',
    profile: { unit: 'kB' },
    read: ['data event', 'sms event', 'data event'],
    unread: [],
  },
  {
    format: ciscoControlCenter,
    file: 'cisco-control-center.ndjson',
    profile: { counter: 'per-cycle' },
    read: ['data event', 'data event', 'data stop', 'other event', 'other event'],
    unread: [],
  },
  {
    format: onelink,
    file: 'onelink.ndjson',
    profile: { counter: 'per-cycle', unit: 'KiB', zone: 'Asia/Shanghai' },
    read: [
      'data event',
      'data event',
      'other event',
      'other event',
      'data start',
      'other event',
      'other event',
    ],
    unread: ['counter-mismatch', 'counter-mismatch', 'answer-failed'],
  },
  {
    format: huaweiGsl,
    file: 'huawei-gsl.ndjson',
    profile: { counter: 'per-cycle', unit: 'MiB', zone: 'Asia/Shanghai' },
    read: ['data event', 'data event', 'other event', 'other event'],
    unread: [],
  },
  {
    format: linkcard,
    file: 'linkcard.ndjson',
    profile: { counter: 'delta', unit: 'KiB', zone: 'Asia/Shanghai' },
    read: ['data event', 'data event', 'other event', 'other event'],
    unread: [],
  },
];

const sample = (file: string): Buffer => readFileSync(new URL(`./samples/${file}`, import.meta.url));
const named = Object.fromEntries(CASES.map(each => [each.format.name, each]));

/** Readings of the sample of a format, under its profile or another. */
async function readingsOf(name: string, profile: Profile = {}): Promise<Reading[]> {
  const { format, file, profile: own } = named[name] as Case;
  return (await readWhole(format, sample(file), { ...own, ...profile })).readings;
}

describe.each(CASES)('the records of $format.name', ({ format, file, profile, read, unread }) => {
  it('are read from their sample, every one with an outcome, under a profile without a fault', async () => {
    expect(format.checkProfile({ ...plainProfile, ...profile })).toEqual([]);
    const whole = await readWhole(format, sample(file), profile);
    expect(whole.readings.map(({ body }) => `${body['service']} ${body['event']}`)).toEqual(read);
    expect(whole.unread.map(each => each.reason)).toEqual(unread);
    expect(whole.cuts).toHaveLength(read.length + unread.length);
  });

  it('are known again when they come a second time, alone or within their answer (C-17)', async () => {
    const { readings, cuts } = await readWhole(format, sample(file), profile);
    const ids = readings.map(each => each.recordId);
    expect(new Set(ids).size).toBe(ids.length);
    const alone: (string | undefined)[] = [];
    for (const { raw, frame, outcome } of cuts) {
      if (!('reading' in outcome)) continue;
      const parts = frame === undefined ? [raw] : [frame.before, raw, frame.after];
      const again = await readWhole(format, Buffer.concat(parts), profile);
      expect(again.readings).toEqual([outcome.reading]);
      alone.push(again.readings[0]?.recordId);
    }
    expect(alone).toEqual(ids);
  });

  it('are refused under a unit or counter that is not theirs', () => {
    const faults = format.checkProfile({
      ...plainProfile,
      unit: 'MB',
      counter: 'per-series',
      zone: 'Nowhere',
    });
    expect(faults.length).toBeGreaterThan(1);
  });
});

describe('CR-25 a delta and a running total in one record', () => {
  it('CR-25 are never added: the profile says which of them is read', async () => {
    const shares = await readingsOf('twilio-supersim');
    expect(shares[1]?.body).toMatchObject({ bytesUp: 100, bytesDown: 900, bytes: 1000 });
    expect(shares[1]?.series).toBeUndefined();
    const totals = await readingsOf('twilio-supersim', { counter: 'per-series' });
    expect(totals[0]?.body).toMatchObject({ bytesUp: 400, bytesDown: 2600, bytes: 3000 });
    expect(totals[0]?.series).toBe('twilio-supersim/iccid:8988303000000000010/PS01');
  });

  it('CR-25 Wavely tells shares and Control Center the total of a cycle, and neither can be declared the other', async () => {
    for (const share of await readingsOf('wavely')) expect(share.series).toBeUndefined();
    const totals = (await readingsOf('cisco-control-center')).slice(0, 2);
    for (const total of totals) expect(total.series).toMatch(/^cycle\//);
    const faults = (format: RecordFormat, counter: SourceProfile['counter']) =>
      format.checkProfile({ ...plainProfile, counter }).length;
    expect([faults(wavely, 'delta'), faults(wavely, 'per-cycle')]).toEqual([0, 1]);
    expect([faults(ciscoControlCenter, 'delta'), faults(ciscoControlCenter, 'per-cycle')]).toEqual([1, 0]);
  });
});

describe('CR-26 a record that ends before it starts', () => {
  it('CR-26 counts its volume, is flagged and has no length', async () => {
    const [, odd] = await readingsOf('connectedyou');
    expect(odd).toMatchObject({ flags: ['ends-before-it-starts'], body: { smsCount: 2, bytes: 0 } });
    expect(odd?.body['durationSeconds']).toBeUndefined();
  });
});

describe('CR-27 a volume whose unit two documents tell differently', () => {
  it('CR-27 is read by the unit of the profile', async () => {
    const bytes = async (unit: 'B' | 'kB' | 'KiB') =>
      (await readingsOf('connectedyou', { unit }))[0]?.body['bytes'];
    expect([await bytes('B'), await bytes('kB'), await bytes('KiB')]).toEqual([2048, 2_048_000, 2_097_152]);
    expect(connectedYou.checkProfile({ ...plainProfile, unit: 'MB' })).toHaveLength(1);
  });
});

describe('what a record does not state', () => {
  it('stays absent: a volume, a device, a place, an end (C-21)', async () => {
    const nothing = await readingsOf('soracom');
    expect(nothing[3]?.body).toEqual({ service: 'data', event: 'event' });
    expect(nothing[1]?.body['imei']).toBeUndefined();
    expect((await readingsOf('hologram'))[2]?.body).toEqual({ service: 'data', event: 'event' });
    expect((await readingsOf('wavely'))[1]?.body).toMatchObject({ bytesDown: 5 });
    expect((await readingsOf('wavely'))[1]?.body['bytes']).toBeUndefined();
    expect((await readingsOf('connectedyou'))[2]?.body['bytes']).toBeUndefined();
    expect((await readingsOf('hologram'))[1]?.body['bytes']).toBe(0);
  });
});

describe('an unknown word or code', () => {
  it('is kept as it came and flagged, never taken for a known one (C-23)', async () => {
    const told = async (name: string, place: number) => {
      const reading = (await readingsOf(name))[place] as Reading;
      const { cardState, providerState, statusType } = reading.body;
      const flags = (reading.flags ?? []).filter(flag => !flag.startsWith('iccid-'));
      return { flags, cardState, providerState, statusType };
    };
    const unknown = (code: string) => ({
      flags: ['state-unknown'],
      cardState: 'unknown',
      providerState: code,
      statusType: `state ${code}`,
    });
    expect(await told('soracom', 5)).toEqual(unknown('hibernating'));
    expect(await told('wavely', 5)).toEqual(unknown('HIBERNATING'));
    expect(await told('cisco-control-center', 4)).toEqual(unknown('ON_HOLD'));
    expect(await told('onelink', 3)).toEqual(unknown('21'));
    expect(await told('huawei-gsl', 3)).toEqual(unknown('42'));
    expect(await told('linkcard', 3)).toEqual(unknown('frozen'));
    expect((await told('twilio-supersim', 3)).statusType).toBe('data-session.paused');
    expect((await told('onomondo', 4)).statusType).toBe('antenna-change');
    expect((await told('telnyx', 2)).statusType).toBe('authorised-by-policy');
  });

  it('and a stop keeps the code of the platform beside the class of its reason', async () => {
    expect((await readingsOf('huawei-gsl'))[2]?.body).toMatchObject({
      cardState: 'stopped',
      providerState: '7',
      stopReason: 'separation',
    });
    expect((await readingsOf('wavely'))[4]?.body).toMatchObject({
      cardState: 'stopped',
      stopReason: 'unknown',
      statusType: 'user_action',
    });
  });
});

describe('volumes', () => {
  it('are exact in the unit that the record or the profile states, and summed where they come in parts', async () => {
    expect((await readingsOf('soracom'))[2]?.body).toMatchObject({
      bytesUp: 1234,
      bytesDown: 5000,
      bytes: 6234,
    });
    expect((await readingsOf('telnyx'))[0]?.body).toMatchObject({ bytesUp: 2803, bytesDown: 1500 });
    expect((await readingsOf('telnyx', { unit: 'MiB' }))[0]?.body).toMatchObject({
      bytesUp: 2939,
      bytesDown: 1536,
    });
    expect((await readingsOf('onelink'))[0]?.body).toMatchObject({ bytes: 2_097_152 });
    expect((await readingsOf('onelink'))[1]?.body).toMatchObject({ bytes: 124 * 1024 });
    expect((await readingsOf('huawei-gsl'))[0]?.body).toMatchObject({ bytes: 89_412_076 });
    expect((await readingsOf('linkcard'))[1]?.body).toMatchObject({ bytes: 1_049_088 });
  });

  it('of both sides change places where the profile says so', async () => {
    expect((await readingsOf('wavely'))[0]?.body).toMatchObject({ bytesUp: 1234, bytesDown: 4321 });
    const turned = await readingsOf('wavely', { direction: 'swapped' });
    expect(turned[0]?.body).toMatchObject({ bytesUp: 4321, bytesDown: 1234 });
  });

  it('that run on within a billing month belong to its series, a day by itself to none', async () => {
    const series = async (name: string, profile: Profile = {}) =>
      (await readingsOf(name, profile)).map(each => each.series);
    expect((await series('cisco-control-center')).slice(0, 2)).toEqual(
      Array(2).fill('cycle/iccid:8988303000000000010/2026-03'),
    );
    expect((await series('onelink'))[0]).toBe('cycle/msisdn:1440000000001/2026-03');
    expect((await series('huawei-gsl')).slice(0, 2)).toEqual(
      ['2026-02', '2026-03'].map(month => expect.stringContaining(`/${month}`)),
    );
    const days = await readingsOf('onelink', { counter: 'delta' });
    expect(
      days
        .filter(each => each.body['bytes'] !== undefined)
        .map(each => [each.claim, each.body['bytes'], each.series]),
    ).toEqual([
      ['msisdn:1440000000001', 524_288, undefined],
      ['msisdn:1440000000002', 0, undefined],
    ]);
    const month = await readingsOf('linkcard', { counter: 'per-cycle' });
    expect(month[0]).toMatchObject({
      series: expect.stringMatching(/^cycle\/iccid:.*\/2026-03$/),
      body: { bytes: 1_572_864 },
    });
  });
});

describe('times', () => {
  it('without a zone are read in the zone of the profile and marked so', async () => {
    expect((await readingsOf('hologram'))[0]).toMatchObject({
      observedAtMs: Date.UTC(2026, 2, 1, 14, 10),
      timeMark: 'zone-declared',
      body: { durationSeconds: 600 },
    });
    expect((await readingsOf('onomondo'))[5]).toMatchObject({
      observedAtMs: Date.UTC(2026, 2, 1, 9, 23, 45),
    });
    const days = await readingsOf('onelink', { counter: 'delta' });
    expect(days[0]).toMatchObject({ observedAtMs: Date.UTC(2026, 2, 3, 16) });
  });
});

describe('a card', () => {
  it('that is named by the platform alone is claimed by that name, and by its own beside it', async () => {
    const [first, second] = await readingsOf('hologram');
    expect(first?.claim).toBe('sim:hologram-10001');
    expect(second).toMatchObject({ claim: 'iccid:8944500102198304826', alsoClaims: ['sim:hologram-10001'] });
    expect((await readingsOf('twilio-supersim'))[0]?.claim).toBe('sim:HS00000000000000000000000000000001');
  });

  it('keeps a network that a number lost a zero of, and the sides of a call or message', async () => {
    expect((await readingsOf('soracom'))[0]?.body).toMatchObject({
      plmn: '44010',
      cell: '4661-20480001',
      rat: 'LTE-M',
    });
    expect((await readingsOf('wavely'))[2]?.body).toMatchObject({
      direction: 'mt',
      peer: '4593709603',
      plmn: '23806',
      tadig: 'DNKHU',
      voiceSeconds: 60,
    });
    expect((await readingsOf('wavely'))[3]?.body).toMatchObject({
      direction: 'mt',
      peer: 'Bank',
      smsCount: 1,
    });
  });
});

describe('a table of the day after', () => {
  it('in GB18030 with Chinese names of columns is read by the mapping beside it', async () => {
    const mapping = JSON.parse(sample('onelink-day.mapping.json').toString()) as unknown;
    const profile: Profile = { mapping, unit: 'KiB', zone: 'Asia/Shanghai' };
    expect(genericCsv.checkProfile({ ...plainProfile, ...profile })).toEqual([]);
    const { readings, unread } = await readWhole(genericCsv, sample('onelink-day.csv'), profile);
    expect(unread).toEqual([]);
    expect(readings[0]).toMatchObject({
      observedAtMs: Date.UTC(2026, 2, 3, 16),
      alsoClaims: ['msisdn:1440000000001'],
      body: { service: 'data', bytes: 524_800, smsCount: 0, statusType: '正常' },
    });
    expect(readings[1]).toMatchObject({
      claim: 'iccid:898604B719227100001A',
      body: { service: 'sms', smsCount: 3, statusType: '停机' },
    });
    expect(readings[1]?.body['bytes']).toBeUndefined();
  });
});

describe('secrets of a feed (C-32)', () => {
  it.each(['wavely', 'linkcard'])(
    'are taken out of the records of %s before anything is kept',
    async name => {
      const { format, file, profile } = named[name] as Case;
      const { cuts } = await readWhole(format, sample(file), profile);
      const kept = Buffer.concat(cuts.map(cut => cut.raw)).toString();
      expect(kept).toContain('(removed)');
      for (const secret of ['1234",', '12345678', '87654321', 'AAAA-BBBB', '000000000000000000'])
        expect(kept).not.toContain(secret);
      const broken = await readWhole(format, Buffer.from('{"puk1":"12345678", nonsense'), profile);
      expect(Buffer.concat(broken.cuts.map(cut => cut.raw)).toString()).not.toContain('12345678');
    },
  );
});

describe('an answer with too much around its records', () => {
  it('goes to quarantine whole', async () => {
    const large = JSON.stringify({ note: 'x'.repeat(20_000), data: [{ linkid: 1 }, { linkid: 2 }] });
    const { unread, cuts } = await readWhole(hologram, Buffer.from(large));
    expect(unread.map(each => each.reason)).toEqual(['answer-too-large']);
    expect(cuts).toHaveLength(1);
  });
});
