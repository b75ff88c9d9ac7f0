import type { Observation } from '../../server/src/spine/observations/observation.ts';
import {
  type Counters,
  compareObservations,
  SERIES_LOOK_BACK_MS,
  takeDeltas,
} from '../../server/src/spine/rules/counters.ts';
import {
  addToTally,
  againFromMs,
  judgeKey,
  type KeyContext,
  type KeyState,
  openKey,
  reach,
  step,
  type Tally,
  tick,
} from '../../server/src/spine/rules/judge-key.ts';
import type { Rule, Terms } from '../../server/src/spine/rules/rule.ts';
import { compareStanding, type StoredFinding } from '../../server/src/spine/rules/standing.ts';
import { FieldLane } from './field-lane.ts';
import type { FactChange } from './fleet.ts';
import { trialWorld, useOfCards } from './world.ts';

/** A corridor that keeps everything in memory: what the real one must do with the database, in the plainest form. */
export interface MemoryCorridor {
  /** Takes facts and records in, in any order and more than once, and judges what they touch. */
  accept(batch: { readonly records?: readonly Observation[]; readonly facts?: readonly FactChange[] }): void;
  tick(watermarkMs: number): void;
  /** Identifiers of the findings that stand, sorted. */
  standing(): string[];
  /** Bytes by key and UTC day, sorted. */
  totals(): [string, number][];
  readonly tallies: ReadonlyMap<string, Tally>;
  readonly history: { withdrawn: number; reinstated: number; judgedAgain: number };
}

interface Finding extends StoredFinding {
  standing: StoredFinding['standing'];
  readonly observedAtMs: number;
}

interface Key {
  readonly records: Observation[];
  facts: FactChange[];
  readonly states: KeyState[];
  readonly findings: Map<string, Finding>[];
  counters: Counters;
  readonly days: Map<number, number>;
}

const DAY = 86_400_000;
const BYTES = useOfCards.counters.indexOf('bytes');

export function openMemoryCorridor(all: readonly Rule[]): MemoryCorridor {
  const rules = all.filter(rule => rule.key === 'subject');
  const keys = new Map<string, Key>();
  const seen = new Set<string>();
  const tallies = new Map(all.map((rule): [string, Tally] => [rule.id, emptyTally()]));
  const history = { withdrawn: 0, reinstated: 0, judgedAgain: 0 };
  let watermarkMs: number | null = null;

  const keyOf = (name: string): Key => {
    let key = keys.get(name);
    if (key === undefined) {
      key = {
        records: [],
        facts: [],
        states: rules.map(openKey),
        findings: rules.map(() => new Map()),
        counters: new Map(),
        days: new Map(),
      };
      keys.set(name, key);
    }
    return key;
  };

  const contextOf = (name: string, key: Key): KeyContext => ({
    key: name,
    subject: { id: name, class: 'other' },
    boundAt: atMs => termsAt(key.facts, atMs),
    digest: trialWorld.digest,
  });

  const lanes = all
    .filter(rule => rule.key !== 'subject')
    .map(
      rule =>
        new FieldLane(
          rule,
          claim => contextOf(claim, keyOf(claim)),
          outcome => addToTally(tallies.get(rule.id) as Tally, outcome),
        ),
    );

  /** Judges new records, all after those judged, by moving the live state. */
  const judgeOn = (name: string, key: Key, fresh: readonly Observation[]): void => {
    const context = contextOf(name, key);
    for (const [i, rule] of rules.entries()) {
      const state = key.states[i] as KeyState;
      const findings = key.findings[i] as Map<string, Finding>;
      const note = (outcome: ReturnType<typeof tick>): void => {
        if (outcome === null) return;
        addToTally(tallies.get(rule.id) as Tally, outcome);
        if (outcome.kind !== 'fired') return;
        const { findingId, observedAtMs } = outcome.verdict;
        findings.set(findingId, { findingId, observedAtMs, standing: 'found' });
      };
      for (const record of fresh) {
        if (record.kind !== rule.reads) continue;
        note(tick(rule, state, record.observedAtMs - 1, context));
        note(step(rule, state, record, context));
      }
      if (watermarkMs !== null) note(tick(rule, state, watermarkMs, context));
    }
    for (const record of fresh) addDay(key, record);
  };

  /** Judges the key again from the earliest dirty moment, and replaces its state. */
  const judgeAgain = (name: string, key: Key, dirtyMs: number): void => {
    history.judgedAgain += 1;
    const context = contextOf(name, key);
    for (const [i, rule] of rules.entries()) {
      const findings = key.findings[i] as Map<string, Finding>;
      const fromMs = againFromMs(key.states[i] as KeyState, dirtyMs);
      const loadedFromMs = fromMs - reach(rule);
      const { verdicts, state } = judgeKey(rule, {
        ...context,
        observations: key.records.filter(record => record.observedAtMs >= loadedFromMs),
        ticks: watermarkMs === null ? [] : [watermarkMs],
        fromMs,
      });
      key.states[i] = state;
      const stored = [...findings.values()].filter(finding => finding.observedAtMs >= fromMs);
      const change = compareStanding(stored, verdicts);
      for (const { findingId, observedAtMs } of change.added)
        findings.set(findingId, { findingId, observedAtMs, standing: 'found' });
      for (const id of change.withdrawn) (findings.get(id) as Finding).standing = 'withdrawn';
      for (const id of change.reinstated) (findings.get(id) as Finding).standing = 'reinstated';
      history.withdrawn += change.withdrawn.length;
      history.reinstated += change.reinstated.length;
    }
    countDaysAgain(key, dirtyMs);
  };

  return {
    accept: ({ records = [], facts = [] }) => {
      const touched = new Map<string, { fresh: Observation[]; dirtyMs: number }>();
      const touch = (name: string): { fresh: Observation[]; dirtyMs: number } => {
        let entry = touched.get(name);
        if (entry === undefined) {
          entry = { fresh: [], dirtyMs: Number.POSITIVE_INFINITY };
          touched.set(name, entry);
        }
        return entry;
      };
      for (const fact of facts) {
        const key = keyOf(fact.key);
        key.facts = [...key.facts, fact].sort((a, b) => a.fromMs - b.fromMs);
        const entry = touch(fact.key);
        entry.dirtyMs = Math.min(entry.dirtyMs, fact.fromMs);
      }
      const unseen: Observation[] = [];
      for (const record of records) {
        if (seen.has(record.digest)) continue;
        seen.add(record.digest);
        unseen.push(record);
        touch(record.claim).fresh.push(record);
      }
      const dirty = new Map<string, number>();
      for (const [name, { dirtyMs }] of touched)
        if (dirtyMs < Number.POSITIVE_INFINITY) dirty.set(name, dirtyMs);
      for (const lane of lanes) lane.accept(unseen, dirty);
      for (const [name, { fresh, dirtyMs }] of touched) {
        const key = keyOf(name);
        fresh.sort(compareObservations);
        const isFirst = key.records.length === 0;
        const firstMs = fresh[0]?.observedAtMs ?? Number.POSITIVE_INFINITY;
        const isLate = firstMs <= judgedTo(key);
        key.records.push(...fresh);
        if (isFirst || (!isLate && dirtyMs === Number.POSITIVE_INFINITY)) judgeOn(name, key, fresh);
        else {
          key.records.sort(compareObservations);
          judgeAgain(name, key, Math.min(dirtyMs, firstMs));
        }
      }
    },
    tick: ms => {
      watermarkMs = Math.max(watermarkMs ?? ms, ms);
      for (const [name, key] of keys) judgeOn(name, key, []);
    },
    standing: () =>
      [...keys.values()]
        .flatMap(key => key.findings.flatMap(findings => [...findings.values()]))
        .filter(finding => finding.standing !== 'withdrawn')
        .map(finding => finding.findingId)
        .concat(lanes.flatMap(lane => lane.standing()))
        .sort(),
    totals: () =>
      [...keys]
        .flatMap(([name, key]) =>
          [...key.days].map(([day, bytes]): [string, number] => [`${name} ${day}`, bytes]),
        )
        .filter(([, bytes]) => bytes > 0)
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    tallies,
    history,
  };
}

/** The latest moment any rule has judged the key to; a record of a kind no rule reads counts too, for the totals. */
function judgedTo(key: Key): number {
  const lastMs = key.records.at(-1)?.observedAtMs ?? Number.NEGATIVE_INFINITY;
  return key.states.reduce((latest, { judgedToMs }) => Math.max(latest, judgedToMs ?? latest), lastMs);
}

function emptyTally(): Tally {
  return { judged: 0, met: 0, passedOver: 0, errors: {}, silenced: {} };
}

export function termsAt(facts: readonly FactChange[], atMs: number): Terms {
  let terms: Terms = {};
  for (const fact of facts) {
    if (fact.fromMs > atMs) break;
    terms = fact.terms;
  }
  return terms;
}

function addDay(key: Key, record: Observation): void {
  const bytes = takeDeltas(key.counters, record, useOfCards).values[BYTES] ?? 0;
  const day = Math.floor(record.observedAtMs / DAY);
  key.days.set(day, (key.days.get(day) ?? 0) + bytes);
}

/**
 * Counts every day from the dirty one on again, from records the counters may look back to. A fact of the
 * future leaves the counters where the last record put them: the next record follows that one, not the fact.
 */
function countDaysAgain(key: Key, dirtyMs: number): void {
  const lastMs = key.records.at(-1)?.observedAtMs ?? dirtyMs;
  const fromMs = Math.floor(Math.min(dirtyMs, lastMs) / DAY) * DAY;
  for (const day of key.days.keys()) if (day * DAY >= fromMs) key.days.delete(day);
  key.counters = new Map();
  for (const record of key.records) {
    if (record.observedAtMs < fromMs - SERIES_LOOK_BACK_MS) continue;
    if (record.observedAtMs < fromMs) takeDeltas(key.counters, record, useOfCards);
    else addDay(key, record);
  }
}
