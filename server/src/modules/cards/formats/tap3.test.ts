import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { samplePath } from '../../../../../tests/samples.ts';
import { isRefusal } from '../../../kernel/refusal.ts';
import { plainProfile } from '../../../spine/observations/source-profile.ts';
import { application } from './ber-encode.ts';
import { readWhole } from './reading-aids.ts';
import { tap3 } from './tap3.ts';
import { call, gprsCall, transferBatch } from './tap3-fixtures.ts';
import { tapTree } from './tap3-kind.ts';
import type { Named } from './tap3-tree.ts';

const codes = (report: { flags: readonly { code: string }[] }): string[] =>
  report.flags.map(flag => flag.code);

async function refusalOf(bytes: Uint8Array): Promise<unknown> {
  try {
    await readWhole(tap3, bytes);
  } catch (error) {
    if (isRefusal(error)) return { code: error.code, found: error.detail.found };
    throw error;
  }
  return null;
}

describe('tap3, on files of our own making', () => {
  const events = [
    gprsCall({ incoming: 1_200_000_000, outgoing: 2_200_000_000, imei: '3575200742653301' }),
    call(10, '10'),
    call(9, '22', '20260301150200'),
  ];

  it('reads volumes, durations, services and times, each time with its own offset', async () => {
    const { readings, report } = await readWhole(tap3, transferBatch(events, { charge: 100 }));
    expect(readings.map(reading => reading.claim)).toEqual([
      'imsi:262011234567890',
      'imsi:310260123456789',
      'imsi:310260123456789',
    ]);
    expect(readings[0]).toMatchObject({
      observedAtMs: Date.parse('2026-03-01T15:08:00+02:00'),
      offsetMin: 120,
      timeMark: 'stated',
      body: {
        service: 'data',
        bytesUp: 1_200_000_000,
        bytesDown: 2_200_000_000,
        bytes: 3_400_000_000,
        apn: 'meter.example',
        imei: '35752007426533',
        imeisvSvn: '01',
        durationSeconds: 500,
        tadig: 'AAA01',
      },
    });
    expect(readings[1]).toMatchObject({
      observedAtMs: Date.parse('2026-03-01T14:03:42-05:30'),
      offsetMin: -330,
      body: { service: 'voice', voiceSeconds: 153, cell: '3505-7182' },
    });
    expect(readings[2]?.body).toMatchObject({ service: 'sms', smsCount: 1 });
    expect(readings[1]?.body).not.toHaveProperty('bytes');
    expect(codes(report)).toEqual([]);
    expect(report.facts).toMatchObject({
      sender: 'AAA01',
      recipient: 'BBB02',
      fileNumber: '00007',
      release: '3.12',
    });
  });

  it('a source that declares its directions swapped has up and down exchanged', async () => {
    const { readings } = await readWhole(tap3, transferBatch([gprsCall({ incoming: 1, outgoing: 2 })]), {
      direction: 'swapped',
    });
    expect(readings[0]?.body).toMatchObject({ bytesUp: 2, bytesDown: 1 });
  });

  it('lengths of indefinite form bring the same records with the same identity', async () => {
    const open = [gprsCall({ incoming: 7, outgoing: 8, form: 'indefinite' })];
    const closed = [gprsCall({ incoming: 7, outgoing: 8 })];
    const a = await readWhole(tap3, transferBatch(open, { form: 'indefinite' }), {}, 3);
    const b = await readWhole(tap3, transferBatch(closed));
    expect(a.readings).toEqual(b.readings);
    expect(a.readings).toHaveLength(1);
  });

  it('two equal events of one file are two records, and the same file again has the same identities', async () => {
    const twice = transferBatch([gprsCall({ incoming: 1 }), gprsCall({ incoming: 1 })]);
    const ids = (await readWhole(tap3, twice)).readings.map(reading => reading.recordId);
    expect(new Set(ids).size).toBe(2);
    expect((await readWhole(tap3, twice)).readings.map(reading => reading.recordId)).toEqual(ids);
  });

  /** Identities of the records of a file with these events, the file's number and codes of offsets apart. */
  const idsIn = async (
    file: string,
    list: readonly Buffer[],
    ...codesOf: [] | [[number, number]]
  ): Promise<(string | undefined)[]> => {
    const bytes = transferBatch(list, { file, ...(codesOf[0] === undefined ? {} : { codes: codesOf[0] }) });
    return (await readWhole(tap3, bytes)).readings.map(reading => reading.recordId);
  };

  it('C-17 an event with a name of its network told again in a later file is the same record', async () => {
    const session = { incoming: 70, chargingId: 4_711 };
    const first = await idsIn('00007', [gprsCall(session), call(10, '11', '20260301140342', 'a1b2')]);
    const again = [
      gprsCall({ ...session, code: 2, charge: 90, rap: '00003' }),
      call(10, '11', '20260301140342', 'a1b2'),
    ];
    // The later file calls the same offset by another code.
    expect((await idsIn('00008', [again[0] as Buffer], [2, 1]))[0]).toBe(first[0]);
    expect((await idsIn('00008', [again[1] as Buffer]))[0]).toBe(first[1]);
    expect(new Set(first).size).toBe(2);
  });

  it('partial records of one context, other uses and other cards stay records of their own', async () => {
    const session = { incoming: 70, chargingId: 4_711 };
    const [one] = await idsIn('00007', [gprsCall(session)]);
    const others = [
      gprsCall({ ...session, local: '20260301151800' }),
      gprsCall({ ...session, incoming: 71 }),
      gprsCall({ ...session, imsi: '262011234567891' }),
      gprsCall({ ...session, chargingId: 4_712 }),
      // The same wall clock at another offset is another moment.
      gprsCall({ ...session, code: 2 }),
    ];
    const ids = await idsIn('00008', others);
    expect(new Set([one, ...ids]).size).toBe(6);
  });

  it('an event that bears no name is known by its file: two messages of one second stay two', async () => {
    const message = call(9, '22');
    expect(await idsIn('00007', [message])).not.toEqual(await idsIn('00008', [message]));
    const [first, second] = await idsIn('00007', [message, message]);
    expect(first).not.toBe(second);
  });

  it('a negative volume goes to quarantine with the field named, and the other events are read', async () => {
    const { readings, unread, report } = await readWhole(
      tap3,
      transferBatch([gprsCall({ incoming: -2, outgoing: 5 }), ...events], { charge: 200 }),
    );
    expect(unread).toMatchObject(
      [
        {
          reason: 'number-negative',
          detail: { field: 'DataVolumeIncoming', value: '-2' },
          place: /^event 1, byte/,
        },
      ].map(entry => ({ ...entry, place: expect.stringMatching(entry.place) })),
    );
    expect(readings).toHaveLength(3);
    expect(codes(report)).toEqual([]);
  });

  it('4,294,967,294 octets are accepted, and more than 2^53 are not rounded but refused', async () => {
    const { readings, unread } = await readWhole(
      tap3,
      transferBatch([gprsCall({ incoming: 4_294_967_294n }), gprsCall({ incoming: 1n << 53n })]),
    );
    expect(readings[0]?.body.bytesUp).toBe(4_294_967_294);
    expect(readings[0]?.body).not.toHaveProperty('bytesDown');
    expect(readings[0]?.body).not.toHaveProperty('bytes');
    expect(unread[0]).toMatchObject({ reason: 'number-too-large' });
  });

  it('an event in quarantine can be read again by itself with its frame', async () => {
    const { cuts } = await readWhole(
      tap3,
      transferBatch([gprsCall({ incoming: -2 }), gprsCall({ incoming: 3 })]),
    );
    const [bad, good] = cuts;
    const again = await readWhole(
      tap3,
      Buffer.concat([
        bad?.frame?.before ?? Buffer.alloc(0),
        good?.raw ?? Buffer.alloc(0),
        bad?.frame?.after ?? Buffer.alloc(0),
      ]),
    );
    expect(again.readings).toEqual([
      good !== undefined && 'reading' in good.outcome ? good.outcome.reading : null,
    ]);
  });

  it('count, charge and range that disagree are flags of the file, and every event is read', async () => {
    const { readings, report } = await readWhole(
      tap3,
      transferBatch([gprsCall({ local: '20270101000000' })], { count: 4, charge: 2_300 }),
    );
    expect(readings).toHaveLength(1);
    expect(report.flags).toMatchObject([
      { code: 'audit-count-mismatch', detail: { declared: '4', found: 1 } },
      { code: 'audit-charge-mismatch', detail: { declared: '2300', found: '100' } },
      { code: 'audit-range-mismatch' },
    ]);
  });

  it('trailing end-of-contents octets are said and change nothing', async () => {
    const padded = Buffer.concat([transferBatch(events, { charge: 100 }), Buffer.alloc(6)]);
    const { readings, report } = await readWhole(tap3, padded);
    expect(readings).toHaveLength(3);
    expect(codes(report)).toEqual(['end-of-contents-trailing']);
  });

  it('a file cut off in the middle keeps what was whole and hands over the rest', async () => {
    const whole = transferBatch(events);
    const { readings, unread, report } = await readWhole(tap3, whole.subarray(0, whole.length - 120));
    expect(readings.length).toBeGreaterThan(0);
    expect(unread).toHaveLength(1);
    expect(codes(report)).toContain('audit-missing');
  });

  it('an unknown offset code is told, not guessed', async () => {
    const { unread } = await readWhole(tap3, transferBatch([gprsCall({ code: 9 })]));
    expect(unread).toMatchObject([{ reason: 'time-unreadable', detail: { code: '9' } }]);
  });

  it('another release is refused by its name', async () => {
    expect(await refusalOf(transferBatch(events, { release: 11 }))).toEqual({
      code: 'format-mismatch',
      found: 'TAP 3.11',
    });
    expect(await refusalOf(Buffer.from('ICCID,bytes\n'))).toMatchObject({ code: 'format-mismatch' });
  });

  it('a profile of another unit or counter is refused before anything is read', () => {
    expect(tap3.checkProfile({ ...plainProfile, unit: 'MB', counter: 'per-cycle' })).toHaveLength(2);
    expect(tap3.checkProfile(plainProfile)).toEqual([]);
  });

  it('nesting without end is a fault of the event, not of the reader', async () => {
    let deep = application(5, Buffer.from('x'));
    for (let i = 0; i < 60; i++) deep = application(14, [deep]);
    const { unread } = await readWhole(tap3, transferBatch([deep, gprsCall({ incoming: 1 })]));
    expect(unread).toMatchObject([{ reason: 'event-broken', detail: { fault: 'too-deep' } }]);
  });

  it('whatever bytes are changed, nothing is thrown but a mismatch, and no byte of a record is lost silently', async () => {
    const base = transferBatch([...events, ...events]);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(base.length - 1), fc.nat(255)), { maxLength: 6 }),
        fc.integer({ min: 1, max: base.length }),
        async (changes, length) => {
          const bytes = Buffer.from(base);
          for (const [at, value] of changes) bytes[at] = value;
          const outcome = await refusalOf(bytes.subarray(0, length));
          return outcome === null || (outcome as { code: string }).code === 'format-mismatch';
        },
      ),
      { numRuns: 300 },
    );
  });
});

/** The XML of the samples as a tree: elements, text, character references; attributes and comments dropped. */
function parseXml(xml: string): Named {
  const stack: { name: string; value: string | null; children: Named[] }[] = [
    { name: '', value: null, children: [] },
  ];
  for (const [, close, name, isEmpty, text] of xml
    .replace(/<!--.*?-->/g, '')
    .matchAll(/<(\/?)([A-Za-z]+)[^>]*?(\/?)>([^<]*)/g)) {
    const top = stack.at(-1);
    if (close === '/') {
      const done = stack.pop();
      if (done !== undefined)
        stack.at(-1)?.children.push({ ...done, value: done.children.length > 0 ? null : done.value });
    } else if (isEmpty === '/') {
      top?.children.push({ name: name ?? '', value: null, children: [] });
    } else {
      const value = (text ?? '').replace(/&#x([0-9a-f]+);/g, (_, code: string) =>
        String.fromCharCode(Number.parseInt(code, 16)),
      );
      stack.push({ name: name ?? '', value, children: [] });
    }
  }
  const root = stack[0]?.children[0];
  if (root === undefined) throw new Error('no XML');
  return root;
}

const sample = (name: string): Buffer | null => {
  const path = samplePath(`cards/tap/${name}`);
  return path === null || !existsSync(path) ? null : readFileSync(path);
};
const missing = sample('tap_3_12_valid.ber') === null;

describe.skipIf(missing)('tap3, on the public samples', () => {
  const read = (name: string): Buffer => sample(name) ?? Buffer.alloc(0);

  it.each([
    ['tap_3_12_valid', 'reference-xml/tap_3_12_valid'],
    ['tap_3_12_valid_att', 'reference-xml/tap_3_12_valid_att'],
    ['tap_3_12_valid_add_osi', 'reference-xml/tap_3_12_valid_add_osi'],
    ['tap_3_12_valid_replaced', 'reference-xml/tap_3_12_valid_replaced'],
    ['tap_3_12_valid_removed', 'reference-xml/tap_3_12_valid_removed'],
    ['tap_3_12_valid_some_cdr_indefinite', 'reference-xml/tap_3_12_valid'],
    ['sample-DataInterChange-1', 'reference-xml/sample-DataInterChange-1'],
    ['tap_notification', 'tap_notification'],
    ['rap_ack', 'rap_ack'],
    ['rap_mini', 'rap_mini'],
    ['nrt_2_1', 'nrt_2_1'],
  ])('%s equals %s.xml value by value', (ber, xml) => {
    expect(tapTree(read(`${ber}.ber`))).toEqual(parseXml(read(`${xml}.xml`).toString('utf8')));
  });

  it.each(['valid', 'valid_att', 'valid_add_osi', 'valid_replaced', 'valid_some_cdr_indefinite'])(
    '%s brings its four events with their figures, and the audit part is told to disagree',
    async name => {
      const { readings, unread, report } = await readWhole(tap3, read(`tap_3_12_${name}.ber`), {}, 7);
      expect(unread).toEqual([]);
      expect(readings.map(reading => reading.body.service)).toEqual(['voice', 'voice', 'data', 'other']);
      expect(readings[0]?.claim).toBe('imsi:133713371337133');
      expect(readings[2]?.body).toMatchObject({ bytesUp: 1_200_000_000, bytesDown: 2_200_000_000 });
      expect(new Set(readings.map(reading => reading.offsetMin))).toEqual(new Set([120]));
      expect(codes(report)).toEqual(['audit-charge-mismatch', 'audit-range-mismatch']);
      expect(report.facts).toMatchObject({
        sender: 'WERFD',
        recipient: 'XLKJE',
        fileNumber: '31707',
        events: 4,
      });
    },
  );

  it('the file with an event taken out is read and reported as an audit mismatch', async () => {
    const { readings, report } = await readWhole(tap3, read('tap_3_12_valid_removed.ber'));
    expect(readings).toHaveLength(3);
    expect(report.flags[0]).toMatchObject({
      code: 'audit-count-mismatch',
      detail: { declared: '4', found: 3 },
    });
  });

  it('the negative volume is quarantined with its field, the fixed one is 4,294,967,294', async () => {
    const bad = await readWhole(tap3, read('tap_3_12_negative_volume.ber'));
    expect(bad.readings).toEqual([]);
    expect(bad.unread).toMatchObject([
      { reason: 'number-negative', detail: { field: 'DataVolumeIncoming', value: '-2' } },
    ]);
    const fixed = await readWhole(tap3, read('tap_3_12_negative_volume_fixed.ber'));
    expect(fixed.readings[0]?.body.bytesUp).toBe(4_294_967_294);
  });

  it('every time of the timestamps file has its own offset', async () => {
    const { readings } = await readWhole(tap3, read('tap_3_12_timestamps.ber'));
    expect(readings.map(reading => [reading.observedAtMs, reading.offsetMin])).toEqual([
      [Date.parse('2014-03-01T14:03:42+02:00'), 120],
      [Date.parse('2014-03-01T15:02:00+02:00'), 120],
      [Date.parse('2014-03-01T15:08:00+02:00'), 120],
      [Date.parse('2014-03-02T15:08:00+02:00'), 120],
      [Date.parse('2014-03-02T15:12:00-05:00'), -300],
    ]);
  });

  it('the notification bills nothing and its sequence number is told', async () => {
    const { cuts, report } = await readWhole(tap3, read('tap_notification.ber'));
    expect(cuts).toEqual([]);
    expect(codes(report)).toEqual(['nothing-to-bill']);
    expect(report.facts).toMatchObject({ fileNumber: '23023', sender: 'ABC08', isNotification: true });
  });

  it.each([
    ['sample-DataInterChange-1.ber', 'TAP 3.10'],
    ['rap_ack.ber', 'RAP acknowledgement'],
    ['rap_mini.ber', 'RAP return batch'],
    ['nrt_2_1.ber', 'NRTRDE'],
  ])('%s is refused by name as %s', async (name, found) => {
    expect(await refusalOf(read(name))).toEqual({ code: 'format-mismatch', found });
  });
});
