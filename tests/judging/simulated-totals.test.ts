import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  cardsOf,
  FLEET_FORMATS,
  type FleetFormat,
  type Plan,
  receivedMs,
  type ScoredFinding,
  scoreOf,
  truthOf,
  USUAL_FROM_MS,
  usesUpTo,
  writeFleet,
} from '@thingward/simulator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cardUsage } from '../../server/src/modules/cards/model.ts';
import { recordDigest } from '../../server/src/spine/observations/digest.ts';
import type { Cut, Observation, Reading } from '../../server/src/spine/observations/observation.ts';
import { place } from '../../server/src/spine/observations/placing.ts';
import { plainProfile, type SourceProfile } from '../../server/src/spine/observations/source-profile.ts';
import { compareObservations, deltasOf } from '../../server/src/spine/rules/counters.ts';
import { fieldKey } from '../../server/src/spine/rules/field-key.ts';
import { judgeKey } from '../../server/src/spine/rules/judge-key.ts';
import type { Rule } from '../../server/src/spine/rules/rule.ts';
import { SimulatedTerms, shippedCards } from './simulated-terms.ts';
import { packIds, shippedRule, trialWorld } from './world.ts';

/** Whatever format a fleet is told in, use comes to what the simulator knows, and its misuse is found (C-19, E-07). */
const plan: Plan = { seed: 11, cards: 150, days: 6, fromMs: USUAL_FROM_MS };
const cards = cardsOf(plan);
const BYTES = cardUsage.counters.indexOf('bytes');
const rules = packIds.map(shippedRule);
const terms = new SimulatedTerms(plan, cards);
const classOf = new Map(cards.map(card => [`iccid:${card.iccid}`, card.profile.id]));

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'totals-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Octets of each card in the records that tell their own share. */
const ownShares = new Map(
  cards.map((card): [string, number] => {
    const uses = usesUpTo(plan, card, plan.days - 1).filter(use => use.session === '');
    return [
      card.iccid,
      uses.reduce((sum, use) => sum + Math.max(0, use.bytesUp) + Math.max(0, use.bytesDown), 0),
    ];
  }),
);
const byClaim = new Map(
  cards.flatMap(({ iccid, imsi, msisdn }): [string, string][] => [
    [`iccid:${iccid}`, iccid],
    [`imsi:${imsi}`, iccid],
    [`msisdn:${msisdn}`, iccid],
  ]),
);

interface Told {
  /** By card, in no order and each once. */
  readonly observations: ReadonlyMap<string, readonly Observation[]>;
  readonly records: number;
}

/** The files of a fleet as the intake takes them: every record read, one that comes again known again. */
async function toldAs(format: FleetFormat): Promise<Told> {
  const home = join(folder, format);
  const { sources, usage, records } = await writeFleet(home, plan, format);
  const observations = new Map<string, Observation[]>();
  const seen = new Set<string>();
  let cuts = 0;
  for (const { file, source } of usage) {
    const sourceId = sources.findIndex(each => each.name === source) + 1;
    const own = JSON.parse(readFileSync(join(home, `${source}.profile.json`), 'utf8')) as object;
    const profile: SourceProfile = { ...plainProfile, ...own };
    for await (const cut of cutsOf(sources[sourceId - 1]?.format ?? '', join(home, file), profile)) {
      cuts += 1;
      if ('unread' in cut.outcome) throw new Error(`${file}: ${JSON.stringify(cut.outcome.unread)}`);
      const { reading } = cut.outcome;
      const digest = recordDigest(sourceId, reading.recordId, cut.raw).toString('hex');
      const iccid = byClaim.get(reading.claim);
      if (iccid === undefined) throw new Error(`${file}: ${reading.claim} is no card of the fleet`);
      if (seen.has(digest)) continue;
      seen.add(digest);
      const record = observed(reading, digest, sourceId, receiptOf(file));
      observations.set(iccid, [...(observations.get(iccid) ?? []), { ...record, claim: `iccid:${iccid}` }]);
    }
  }
  expect(cuts).toBe(records);
  return { observations, records };
}

async function* cutsOf(format: string, path: string, profile: SourceProfile): AsyncGenerator<Cut> {
  const reader = shippedCards.formats.find(each => each.name === format);
  if (reader === undefined) throw new Error(`no format ${format}`);
  expect(reader.checkProfile(profile)).toEqual([]);
  yield* reader.read(
    (async function* () {
      yield readFileSync(path);
    })(),
    profile,
  );
}

/** Files bear the day that they are of. */
function receiptOf(file: string): number {
  const [date = ''] = /\d{4}-\d{2}-\d{2}/.exec(file) ?? [];
  return receivedMs(plan, (Date.parse(`${date}T00:00:00+08:00`) - plan.fromMs) / 86_400_000);
}

function observed(reading: Reading, digest: string, sourceId: number, receiptMs: number): Observation {
  const { observedAtMs, timeMark } = place(reading, receiptMs);
  const { kind, claim, body, series = null } = reading;
  return { digest, sourceId, partyId: 1, chunkId: 1, kind, claim, observedAtMs, timeMark, series, body };
}

/** What each card's records add up to. */
function totalsOf({ observations }: Told, ofSeries: 'all' | 'own'): Map<string, number> {
  const totals = cards.map(({ iccid }): [string, number] => {
    const records = [...(observations.get(iccid) ?? [])].sort(compareObservations);
    let bytes = 0;
    for (const { record, deltas } of deltasOf(records, cardUsage))
      if (ofSeries === 'all' || record.series === null) bytes += deltas.values[BYTES] ?? 0;
    return [iccid, bytes];
  });
  return new Map(totals);
}

/** What the shipped rules find in all that was told, by the reference. */
function findingsIn({ observations }: Told): ScoredFinding[] {
  const all = [...observations.values()].map(records => [...records].sort(compareObservations));
  return rules.flatMap(rule => {
    const byKey = rule.key === 'subject' ? all : underKeys(rule, all.flat());
    return byKey.flatMap(records => foundUnder(rule, records));
  });
}

function underKeys(rule: Rule, records: readonly Observation[]): Observation[][] {
  const sorted = [...records].sort(compareObservations);
  const groups = Map.groupBy(sorted, record => fieldKey(rule, record));
  groups.delete(null);
  return [...groups.values()];
}

function foundUnder(rule: Rule, observations: readonly Observation[]): ScoredFinding[] {
  const [first] = observations;
  if (first === undefined) return [];
  const about = (claim: string) => ({
    subject: { id: claim, class: classOf.get(claim) ?? '' },
    boundAt: (atMs: number) => terms.stretchAt(claim, atMs).terms,
  });
  const whose =
    rule.key === 'subject'
      ? { key: first.claim, ...about(first.claim) }
      : {
          key: fieldKey(rule, first) ?? '',
          ...{ subject: { id: '', class: '' }, boundAt: () => ({}) },
          about: (record: Observation) => about(record.claim),
        };
  const { verdicts } = judgeKey(rule, {
    ...whose,
    ...{ digest: trialWorld.digest, observations, ticks: [], fromMs: 0 },
  });
  return verdicts.map(({ ruleId, subjectId, observedAtMs }) => ({
    ruleId,
    card: subjectId.slice('iccid:'.length),
    atMs: observedAtMs,
  }));
}

let known: Map<string, number>;
beforeAll(async () => {
  const told = await toldAs('csv');
  expect(totalsOf(told, 'own')).toEqual(ownShares);
  known = totalsOf(told, 'all');
});

describe.each(FLEET_FORMATS.filter(format => format !== 'csv'))('a fleet told as %s', format => {
  it('comes to what every card used, and shows its misuse and nothing else', async () => {
    const told = await toldAs(format);
    expect(told.records).toBeGreaterThan(1_000);
    expect(totalsOf(told, 'all')).toEqual(known);
    const { detection, planted, missed, alarms } = scoreOf(truthOf(plan, cards, format), findingsIn(told));
    expect({ missed, alarms, detection }).toEqual({ missed: [], alarms: [], detection: 1 });
    expect(planted).toBeGreaterThan(12);
  }, 120_000);
});
