import {
  CLASSES,
  cardsOf,
  connectionEvent,
  detailRecord,
  FLEET_MAPPING,
  hookedRecord,
  isAccounting,
  isBearer,
  isCharged,
  isConnection,
  isContext,
  isHooked,
  isPushed,
  isStreamed,
  OSMO_HEADER,
  osmoRecord,
  PgwFile,
  type Plan,
  pushedRecord,
  streamedRecord,
  TapFile,
  tadigOf,
  USAGE_HEADER,
  USUAL_FROM_MS,
  type Use,
  usageRow,
  usesInFile,
} from '@thingward/simulator';
import { describe, expect, it } from 'vitest';
import type { Observation, Reading } from '../../server/src/spine/observations/observation.ts';
import { place } from '../../server/src/spine/observations/placing.ts';
import { plainProfile, type SourceProfile } from '../../server/src/spine/observations/source-profile.ts';
import { claimOf, observationOf } from './simulated-records.ts';
import { SimulatedTerms, shippedCards } from './simulated-terms.ts';

const plan: Plan = { seed: 5, cards: 200, days: 6, fromMs: USUAL_FROM_MS };
const cards = cardsOf(plan);
const uses = cards.flatMap(card =>
  Array.from({ length: plan.days }, (_, day) => usesInFile(plan, card, day)).flat(),
);

async function readingsOf(
  format: string,
  content: string | Uint8Array,
  profile: Partial<SourceProfile>,
): Promise<Reading[]> {
  const reader = shippedCards.formats.find(each => each.name === format);
  const readings: Reading[] = [];
  const bytes = (async function* () {
    yield Buffer.from(content as string);
  })();
  const cuts = reader?.read(bytes, { ...plainProfile, ...profile });
  for (;;) {
    const next = await cuts?.next();
    if (next === undefined) throw new Error(`no format ${format}`);
    if (next.done === true) {
      expect(next.value.flags).toEqual([]);
      return readings;
    }
    if ('unread' in next.value.outcome) throw new Error(JSON.stringify(next.value.outcome.unread));
    readings.push(next.value.outcome.reading);
  }
}

/** What judging sees of a reading received when the record's file is, for both ways to the same columns. */
function seenOf(reading: Reading, use: Use) {
  const placed = place(reading, use.judgedAtMs === use.atMs ? use.atMs + 86_400_000 : use.judgedAtMs);
  return { body: reading.body, atMs: placed.observedAtMs, mark: placed.timeMark };
}

describe('a simulated record', () => {
  it('is judged as the intake would store its row of a usage table', async () => {
    for (const [counter, holds] of [
      ['delta', (use: Use) => use.session === ''],
      ['per-series', (use: Use) => use.session !== ''],
    ] as const) {
      const own = uses.filter(holds);
      expect(own.length).toBeGreaterThan(500);
      const text = USAGE_HEADER + own.map(usageRow).join('');
      const profile = { counter, recordId: 'id', mapping: FLEET_MAPPING } as const;
      const readings = await readingsOf('generic-csv', text, profile);
      expect(readings).toHaveLength(own.length);
      for (const [i, reading] of readings.entries()) {
        const use = own[i] as Use;
        const { body, observedAtMs, timeMark, series } = observationOf(use);
        expect(seenOf(reading, use)).toEqual({ body, atMs: observedAtMs, mark: timeMark });
        expect([reading.claim, reading.series !== undefined]).toEqual([claimOf(use), series !== null]);
      }
    }
  });

  it('tells its session to a RADIUS server as it does to a table', async () => {
    const own = uses.filter(isAccounting);
    const readings = await readingsOf('freeradius-detail', own.map(detailRecord).join(''), {
      counter: 'per-series',
    });
    expect(readings).toHaveLength(own.length);
    for (const [i, reading] of readings.entries()) {
      const use = own[i] as Use;
      const { body, observedAtMs } = observationOf(use);
      expect(reading.body).toMatchObject(body);
      expect([reading.claim, reading.observedAtMs]).toEqual([`imsi:${use.card.imsi}`, observedAtMs]);
    }
  });

  it('tells its session to an SGSN, without its network', async () => {
    const own = uses.filter(isContext);
    expect(own.length).toBeGreaterThan(500);
    const text = OSMO_HEADER + own.map(osmoRecord).join('');
    const readings = await readingsOf('osmo-sgsn', text, { counter: 'per-series' });
    expect(readings).toHaveLength(own.length);
    const ids = new Map<string, string>();
    for (const [i, reading] of readings.entries()) {
      const use = own[i] as Use;
      const { body, observedAtMs } = observationOf(use);
      const { mcc: _, mnc: __, plmn: ___, imeisvSvn: ____, sessionId, ...told } = body;
      expect(reading.body).toMatchObject(told);
      expect([reading.claim, reading.observedAtMs]).toEqual([`imsi:${use.card.imsi}`, observedAtMs]);
      const series = `${reading.series}`;
      expect(ids.get(series) ?? sessionId).toBe(sessionId);
      ids.set(series, String(sessionId));
    }
  });

  it('tells its use to a data streamer, without its place and its other side', async () => {
    const own = uses.filter(isStreamed);
    expect(own.length).toBeGreaterThan(500);
    const readings = await readingsOf('emnify-usage', own.map(streamedRecord).join(''), { unit: 'MB' });
    expect(readings).toHaveLength(own.length);
    expect(new Set(readings.map(reading => reading.recordId)).size).toBe(
      new Set(own.map(use => use.id)).size,
    );
    for (const [i, reading] of readings.entries()) {
      const use = own[i] as Use;
      const { body, observedAtMs, timeMark } = observationOf(use);
      const { peer: _, peerKind: __, durationSeconds: ___, ...told } = toldByTap(body);
      expect(seenOf(reading, use)).toMatchObject({ body: told, atMs: observedAtMs, mark: timeMark });
      expect(reading.body['plmn']).toBe(body['plmn']);
      expect(reading.claim).toBe(claimOf(use));
    }
  });

  it('tells its use to a packet gateway, whose file is of its own kind, with its network and length', async () => {
    const own = uses.filter(isBearer);
    expect(own.length).toBeGreaterThan(500);
    const file = new PgwFile(1);
    const bytes = Buffer.concat([file.head(), ...own.map(use => file.record(use)), Buffer.from(file.tail())]);
    const readings = await readingsOf('pgw-cdr', bytes, {});
    expect(readings).toHaveLength(own.length);
    expect(new Set(readings.map(reading => reading.recordId)).size).toBe(
      new Set(own.map(use => use.id)).size,
    );
    for (const [i, reading] of readings.entries()) {
      const use = own[i] as Use;
      const { body, observedAtMs, timeMark } = observationOf(use);
      const told = { ...toldByTap(body), ...networkOf(body) };
      expect(seenOf(reading, use)).toMatchObject({ body: told, atMs: observedAtMs, mark: timeMark });
      expect(reading.body['bytes']).toBe(body['bytes']);
      expect(reading.claim).toBe(`imsi:${use.card.imsi}`);
    }
  });

  it.each([
    ['wavely', isPushed, pushedRecord, ['data', 'sms', 'voice']],
    ['onomondo', isHooked, hookedRecord, ['data', 'sms']],
  ] as const)(
    'tells its use to the webhooks of %s, with its network and the other side, without its length',
    async (format, isTold, recordOf, services) => {
      const own = uses.filter(isTold);
      expect(own.length).toBeGreaterThan(500);
      expect([...new Set(own.map(use => use.service))].sort()).toEqual(services);
      const readings = await readingsOf(format, own.map(recordOf).join(''), {});
      expect(readings).toHaveLength(own.length);
      expect(new Set(readings.map(reading => reading.recordId)).size).toBe(
        new Set(own.map(use => use.id)).size,
      );
      for (const [i, reading] of readings.entries()) {
        const use = own[i] as Use;
        const { body, observedAtMs } = observationOf(use);
        const isCall = use.service !== 'data';
        const { peerKind: _, durationSeconds: __, ...whole } = toldByTap(body);
        const told = isCall && format === 'wavely' ? withoutDevice(whole) : whole;
        const network = isCall && use.direction === '' ? {} : networkOf(body);
        expect(seenOf(reading, use)).toMatchObject({ body: { ...told, ...network }, atMs: observedAtMs });
        expect(reading.claim).toBe(claimOf(use));
      }
    },
  );

  it('tells its session to a stream of connection events, without its length', async () => {
    const own = uses.filter(isConnection);
    expect(own.length).toBeGreaterThan(500);
    const readings = await readingsOf('twilio-supersim', own.map(connectionEvent).join(''), {
      counter: 'per-series',
    });
    expect(readings).toHaveLength(own.length);
    for (const [i, reading] of readings.entries()) {
      const use = own[i] as Use;
      const { durationSeconds: _, ...told } = observationOf(use).body;
      expect(reading.body).toMatchObject(told);
      expect(reading.series).toBe(`twilio-supersim/${claimOf(use)}/${use.session}`);
      expect([reading.claim, reading.observedAtMs]).toEqual([claimOf(use), observationOf(use).observedAtMs]);
    }
  });

  it('tells its use, its device and its call to a roaming partner, and its network by a code', async () => {
    const own = uses.filter(isCharged);
    const networks = new Set(own.map(tadigOf));
    expect(networks.size).toBeGreaterThan(4);
    for (const network of networks) {
      const theirs = own.filter(use => tadigOf(use) === network);
      const file = new TapFile(network, 1, plan.fromMs);
      const bytes = Buffer.concat([file.head(), ...theirs.map(use => file.record(use)), file.tail()]);
      const readings = await readingsOf('tap3', bytes, {});
      expect(readings).toHaveLength(theirs.length);
      expect(new Set(readings.map(reading => reading.recordId)).size).toBe(theirs.length);
      for (const [i, reading] of readings.entries()) {
        const use = theirs[i] as Use;
        const { body, observedAtMs, timeMark } = observationOf(use);
        const told = { body: { ...toldByTap(body), tadig: network }, atMs: observedAtMs, mark: timeMark };
        expect(seenOf(reading, use)).toMatchObject(told);
        expect(reading.claim).toBe(`imsi:${use.card.imsi}`);
      }
    }
  });
});

function withoutDevice(body: Observation['body']): Observation['body'] {
  const names = ['imei', 'tac', 'imeisvSvn', 'deviceKind'];
  return Object.fromEntries(Object.entries(body).filter(([name]) => !names.includes(name)));
}

function networkOf(body: Observation['body']): Observation['body'] {
  return Object.fromEntries(Object.entries(body).filter(([name]) => ['mcc', 'mnc', 'plmn'].includes(name)));
}

/** Without the network by its number, places, messages counted with data, the operator's mark, and what tables alone tell. */
function toldByTap(body: Observation['body']): Observation['body'] {
  const told = { ...body };
  const isMessage = told['service'] === 'sms';
  for (const name of ['mcc', 'mnc', 'plmn', 'latE6', 'lonE6', 'accuracyM', ...TABLES_ALONE])
    delete told[name];
  if (!isMessage) delete told['smsCount'];
  if (told['peerKind'] === 'operator') delete told['peerKind'];
  return told;
}

const TABLES_ALONE = [
  'cell',
  'talkCell',
  'destination',
  'application',
  'cause',
  'area',
  'account',
  'handsetAccount',
];

describe('the terms of a simulated fleet', () => {
  it('are taken by the imports, and its classes burst where the shipped catalogue says', () => {
    const terms = new SimulatedTerms(plan, cards);
    for (const card of cards) {
      const { terms: bound } = terms.stretchAt(`iccid:${card.iccid}`, plan.fromMs);
      expect(bound['class']).toBe(card.profile.id);
      expect(bound['burstBytes']).toBe(CLASSES.find(each => each.id === card.profile.id)?.burstBytes);
    }
  });
});
