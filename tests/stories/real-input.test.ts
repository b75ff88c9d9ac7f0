import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ApiClient, until } from '../api-client.ts';
import { samplePath } from '../samples.ts';
import { type Balance, type Held, type IntakeDesk, type Items, openDesk, refusalOf } from './intake-desk.ts';
import { type ReferenceEvent, type ReferenceFile, readReference } from './tap-reference.ts';

/**
 * The main job on real roaming files, through the running server: the public TAP samples go in as their user
 * sends them, and what is told of batches, cards, quarantine and cases is held against the XML of a decoder that
 * nobody here wrote. That our decoding equals that XML value by value is `tap3.test.ts` of the cards module;
 * here it is what the corridor counts and keeps. Each test goes on where the one before it ended.
 */
const TAP = samplePath('cards/tap');

let desk: IntakeDesk;
let api: ApiClient;

beforeAll(async () => {
  if (TAP === null) return;
  desk = await openDesk();
  api = desk.api;
});
afterAll(() => desk?.close());

const bytesOf = (name: string) => new Uint8Array(readFileSync(join(TAP!, name)));
const addSource = (name: string) => desk.addSource(name, 'tap3');
const feed = (source: number, name: string, bytes = bytesOf(name)) => desk.feed(source, name, bytes);
const usageOf = (imsi: string, atMs?: number) => desk.usageOf(`imsi:${imsi}`, atMs);

const names = TAP === null ? [] : readdirSync(TAP).filter(name => name.endsWith('.ber'));
function referenceOf(ber: string): ReferenceFile | null {
  // The one file that has no XML of its own is another writing of a file that has.
  const stem = ber.replace(/_some_cdr_indefinite\.ber$|\.ber$/, '');
  const path =
    samplePath(`cards/tap/reference-xml/${stem}.xml`) ?? samplePath(`cards/tap/${stem}.xml`) ?? null;
  return path === null ? null : readReference(readFileSync(path, 'utf8'));
}
const references = names.flatMap(name => {
  const reference = referenceOf(name);
  return reference === null ? [] : [{ name, reference }];
});
const batches = references.filter(
  ({ reference }) => reference.root === 'TransferBatch' && reference.release === '3.12',
);
/** Every event of those files once; the same file sender, recipient and number with the same content is the same. */
const nameOfEvent = (file: ReferenceFile, event: ReferenceEvent) =>
  [file.sender, file.recipient, file.fileNumber, event.content].join('/');
const distinct = new Map(
  batches.flatMap(({ reference }) =>
    reference.events.map(event => [nameOfEvent(reference, event), event] as const),
  ),
);
const imsis = [...new Set([...distinct.values()].map(event => event.imsi))];

describe.skipIf(TAP === null)('transfer batches of TAP 3.12', () => {
  let source: number;

  test('their cards are registered, with what their contract allows', async () => {
    const rows = imsis.map((imsi, i) => `89860012345678901${String(i).padStart(2, '0')},${imsi},1,no`);
    const report = await api.importTable('cards', `iccid,imsi,cap_mb,voice\n${rows.join('\n')}\n`);
    expect(report).toMatchObject({ rows: imsis.length, registered: imsis.length, refusedCount: 0 });
  });

  test('each balances: received is the number of events of the reference, duplicates are those seen before', async () => {
    expect(batches.length).toBeGreaterThanOrEqual(6);
    source = await addSource('roaming');
    const seen = new Set<string>();
    for (const { name, reference } of batches) {
      const fresh = new Set(reference.events.map(event => nameOfEvent(reference, event)));
      const accepted = [...fresh].filter(each => !seen.has(each)).length;
      for (const each of fresh) seen.add(each);
      const told = await feed(source, name);
      const wanted = {
        received: reference.events.length,
        accepted,
        duplicate: reference.events.length - accepted,
        quarantined: 0,
      };
      expect([name, told]).toMatchObject([name, wanted]);
      expect([name, await desk.batch(told.id)]).toMatchObject([name, { ...wanted, state: 'complete' }]);
      const { sender, recipient, fileNumber } = reference;
      const facts = { sender, recipient, fileNumber, events: reference.events.length };
      expect(told.facts).toMatchObject({ ...facts, declaredEvents: reference.declared.count });
    }
    expect(seen.size).toBe(distinct.size);
  });

  test('an audit part that disagrees with its events is told, and nothing is repaired', async () => {
    for (const { name, reference } of batches) {
      const { declared, events, charge, isWithinRange } = reference;
      const wanted = [
        ...(declared.count === String(events.length) ? [] : ['audit-count-mismatch']),
        ...(declared.charge === charge ? [] : ['audit-charge-mismatch']),
        ...(isWithinRange ? [] : ['audit-range-mismatch']),
      ];
      const { flags } = await feed(source, name);
      expect([name, flags.map(flag => flag.code)]).toEqual([name, wanted]);
      for (const { code, detail } of flags) {
        if (code === 'audit-count-mismatch')
          expect(detail).toEqual({ declared: declared.count, found: events.length });
        if (code === 'audit-charge-mismatch')
          expect(detail).toEqual({ declared: declared.charge, found: charge });
      }
    }
    const short = batches.find(({ name }) => name.includes('removed'))?.reference;
    expect([short?.declared, short?.events.length]).toEqual([{ count: '4', charge: '2300' }, 3]);
  });

  test('sent again, every record is a duplicate', async () => {
    for (const { name, reference } of batches) {
      const { length } = reference.events;
      expect([name, await feed(source, name)]).toMatchObject([
        name,
        { received: length, accepted: 0, duplicate: length, quarantined: 0 },
      ]);
    }
  });

  test('every event stands with its card at its own second, with the volumes of the reference', async () => {
    for (const imsi of imsis) {
      const own = [...distinct.values()].filter(event => event.imsi === imsi);
      expect(await usageOf(imsi)).toMatchObject({ records: own.length, figures: figuresOf(own) });
      for (const atMs of new Set(own.map(event => event.atMs))) {
        const then = own.filter(event => event.atMs === atMs);
        const told = await usageOf(imsi, atMs);
        expect([imsi, atMs, told.records, told.figures]).toEqual([imsi, atMs, then.length, figuresOf(then)]);
      }
    }
    const data = [...distinct.values()].filter(event => event.bytesDown !== undefined);
    expect(data.map(event => [event.bytesUp, event.bytesDown])).toContainEqual([
      1_200_000_000, 2_200_000_000,
    ]);
  });

  test('they are judged: cap and function exceeded, with evidence that tells the events as the reference does', async () => {
    interface Finding {
      readonly ruleId: string;
      readonly caseId: number;
      readonly observedAt: string;
    }
    const capped = [...distinct.values()].filter(each => each.bytesUp !== undefined);
    const rules = ['data-cap', 'sms-or-voice'];
    const found = await until('findings of both rules', async () => {
      const { items } = await api.get<Items<Finding>>('/findings?limit=500');
      return rules.every(rule => items.some(each => each.ruleId === rule)) && items;
    });
    const cap = found.filter(each => each.ruleId === 'data-cap').map(each => Date.parse(each.observedAt));
    expect(Math.min(...cap)).toBe(Math.min(...capped.map(each => each.atMs)));
    for (const rule of rules) {
      const { caseId } = found.find(each => each.ruleId === rule)!;
      const { observations } = await api.get<{
        observations: readonly { claim: string; observedAtMs: number; body: ReferenceEvent['body'] }[];
      }>(`/cases/${caseId}/evidence`);
      expect(observations.length).toBeGreaterThan(0);
      for (const { claim, observedAtMs, body } of observations) {
        const then = [...distinct.values()].filter(
          each => `imsi:${each.imsi}` === claim && each.atMs === observedAtMs,
        );
        expect(then.map(each => each.body)).toContainEqual(
          Object.fromEntries(Object.keys(then[0]?.body ?? {}).map(field => [field, body[field]])),
        );
      }
    }
  });
});

/** What volumes come to, as the corridor states them; what no event states is absent. */
function figuresOf(events: readonly ReferenceEvent[]): Record<string, number> {
  const figures: Record<string, number> = {};
  for (const { bytesUp, bytesDown } of events) {
    if (bytesUp === undefined || bytesDown === undefined) continue;
    const stated = { bytesUp, bytesDown, bytes: bytesUp + bytesDown };
    for (const [name, value] of Object.entries(stated)) figures[name] = (figures[name] ?? 0) + value;
  }
  return figures;
}

describe.skipIf(TAP === null)('a negative volume', () => {
  let source: number;
  let held: Held;
  const bad = 'tap_3_12_negative_volume.ber';
  const good = 'tap_3_12_negative_volume_fixed.ber';

  test('goes to quarantine with its field and place, and the batch balances', async () => {
    source = await addSource('wrong-length');
    expect(await feed(source, bad)).toMatchObject({
      received: 1,
      accepted: 0,
      duplicate: 0,
      quarantined: 1,
    });
    const [first, ...more] = await desk.held(source);
    expect(more).toEqual([]);
    expect(first).toMatchObject({
      reason: 'number-negative',
      detail: { field: 'DataVolumeIncoming', value: '-2' },
    });
    held = await api.get<Held>(`/quarantine/${first!.id}`);
    const at = Number(/^event 1, byte (\d+)$/.exec(held.place)?.[1]);
    const raw = Buffer.from(held.raw, 'base64');
    expect(
      Buffer.from(bytesOf(bad))
        .subarray(at, at + raw.length)
        .equals(raw),
    ).toBe(true);
  });

  test('stays there as it is, and when it is mended it is accepted, once', async () => {
    const path = `/quarantine/${held.id}/replay`;
    expect(await refusalOf(api.post(path))).toMatchObject({
      status: 422,
      code: 'replay-unread',
      facts: { reason: 'number-negative', field: 'DataVolumeIncoming' },
    });
    // The operator's corrected file has the same event at the same place, four bytes longer.
    const at = Number(/byte (\d+)$/.exec(held.place)?.[1]);
    const length = Buffer.from(held.raw, 'base64').length + 4;
    const mended = Buffer.from(bytesOf(good)).subarray(at, at + length);
    const replayed = await api.post<{ batchId: number }>(path, { mendedBase64: mended.toString('base64') });
    expect(replayed).toMatchObject({ received: 1, accepted: 1, duplicate: 0, quarantined: 0 });
    expect(await desk.held(source)).toEqual([]);
    expect(await desk.held(source, 'replayed')).toMatchObject([{ id: held.id }]);
    expect(await desk.batch(held.batchId)).toMatchObject({ received: 1, accepted: 0, quarantined: 1 });
    expect(await desk.batch(replayed.batchId)).toMatchObject({ received: 1, accepted: 1, quarantined: 0 });
    expect(await refusalOf(api.post(path))).toMatchObject({ status: 409, code: 'quarantined-settled' });
  });

  test('is what the corrected file says, which brings nothing new, nor does the first', async () => {
    for (const name of [good, bad])
      expect([name, await feed(source, name)]).toMatchObject([
        name,
        { received: 1, accepted: 0, duplicate: 1, quarantined: 0 },
      ]);
    const { items } = await api.get<Items<Balance>>(`/batches?source=${source}`);
    const sums = items.reduce(
      (sum, each) => [
        sum[0]! + each.received,
        sum[1]! + each.accepted,
        sum[2]! + each.duplicate,
        sum[3]! + each.quarantined,
      ],
      [0, 0, 0, 0],
    );
    expect(sums).toEqual([4, 1, 2, 1]);
  });
});

describe.skipIf(TAP === null)('the other files of the folder', () => {
  let source: number;

  test('every file is one of those with a reference or is named here', () => {
    const told = new Set([
      ...references.map(({ name }) => name),
      'tap_3_12_negative_volume.ber',
      'tap_3_12_negative_volume_fixed.ber',
      'tap_3_12_timestamps.ber',
    ]);
    expect(names.filter(name => !told.has(name))).toEqual([]);
  });

  test('a notification bills nothing, and its number is on record', async () => {
    source = await addSource('others');
    const told = await feed(source, 'tap_notification.ber');
    const { sender, recipient, fileNumber } = referenceOf('tap_notification.ber')!;
    expect(told).toMatchObject({ received: 0, accepted: 0, duplicate: 0, quarantined: 0 });
    expect(told.flags).toEqual([{ code: 'nothing-to-bill', detail: { fileNumber } }]);
    expect(told.facts).toMatchObject({ isNotification: true, sender, recipient, fileNumber });
    expect(await desk.batch(told.id)).toMatchObject({ state: 'complete', flags: told.flags });
  });

  test.each([
    ['sample-DataInterChange-1.ber', 'TAP 3.10'],
    ['rap_ack.ber', 'RAP acknowledgement'],
    ['rap_mini.ber', 'RAP return batch'],
    ['nrt_2_1.ber', 'NRTRDE'],
    ['tap_3_12_valid.ber as release 11', 'TAP 3.11'],
    ['reference-xml/tap_3_12_valid.xml', 'no TAP file'],
  ])('%s is refused as %s, saying what is read and what to do, and leaves no record', async (name, found) => {
    const bytes = bytesOf(name.split(' ')[0]!);
    if (name.endsWith('release 11')) {
      // Application tag 189, one byte: ReleaseVersionNumber.
      const at = Buffer.from(bytes).indexOf(Buffer.from([0x5f, 0x81, 0x3d, 0x01, 0x0c]));
      bytes[at + 4] = 11;
    }
    const { status, code, title, mend, facts } = await refusalOf(feed(source, name, bytes));
    expect({ status, code, facts }).toMatchObject({
      status: 422,
      code: 'format-mismatch',
      facts: { reads: 'TAP 3.12', found },
    });
    expect([title, mend].join(' ')).toMatch(/another format.*right source/);
    const { items } = await api.get<Items<Balance & { name: string }>>(`/batches?source=${source}`);
    const batch = items.find(each => each.name === name);
    expect(batch).toMatchObject({ state: 'broken', received: 0, accepted: 0, quarantined: 0 });
  });

  test('every time comes out with the offset of its own code', async () => {
    const times = [
      '2014-03-01T14:03:42+02:00',
      '2014-03-01T15:02:00+02:00',
      '2014-03-01T15:08:00+02:00',
      '2014-03-02T15:08:00+02:00',
      '2014-03-02T15:12:00-05:00',
    ].map(text => Date.parse(text));
    const count = async () => {
      const told = new Map<number, number>();
      for (const atMs of times)
        for (const imsi of imsis) told.set(atMs, (told.get(atMs) ?? 0) + (await usageOf(imsi, atMs)).records);
      return times.map(atMs => told.get(atMs)!);
    };
    const before = await count();
    const told = await feed(source, 'tap_3_12_timestamps.ber');
    expect(told).toMatchObject({ received: 5, accepted: 5, duplicate: 0, quarantined: 0 });
    expect(await count()).toEqual(before.map(records => records + 1));
  });

  test('a file that breaks off keeps what was whole, names the place of the rest, and is completed by the whole file', async () => {
    const name = 'tap_3_12_valid.ber';
    const whole = bytesOf(name);
    const own = await addSource('cut-off');
    let accepted = 0;
    let pieces = 0;
    for (const share of [0.5, 0.7, 0.9]) {
      const told = await feed(own, `${share} of ${name}`, whole.slice(0, Math.floor(whole.length * share)));
      expect(told.received).toBe(told.accepted + told.duplicate + told.quarantined);
      expect(told.flags.map(flag => flag.code)).toContain('audit-missing');
      accepted += told.accepted;
      pieces += told.quarantined;
    }
    const { length } = referenceOf(name)!.events;
    expect([accepted > 0, accepted < length, pieces > 0]).toEqual([true, true, true]);
    const held = await desk.held(own);
    expect(held).toHaveLength(pieces);
    for (const each of held) {
      expect(each.place).toMatch(/byte \d+/);
      expect(each.reason).toMatch(/cut-off|broken/);
    }
    expect(await feed(own, name)).toMatchObject({
      received: length,
      accepted: length - accepted,
      duplicate: accepted,
      quarantined: 0,
    });
    for (const { id } of held)
      await api.post(`/quarantine/${id}/discard`, { reason: 'the whole file came after' });
    expect(await desk.held(own)).toEqual([]);
  });
});
