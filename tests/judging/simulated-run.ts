import type { Plan, SimulatedCard, Use } from '@thingward/simulator';
import type { Observation } from '../../server/src/spine/observations/observation.ts';
import { ArrayJudge, type Late } from '../../server/src/spine/rules/arrays/array-judge.ts';
import { compareObservations } from '../../server/src/spine/rules/counters.ts';
import { fieldKey } from '../../server/src/spine/rules/field-key.ts';
import { judgeKey, reach, type Verdict } from '../../server/src/spine/rules/judge-key.ts';
import type { Rule } from '../../server/src/spine/rules/rule.ts';
import { type Arrivals, dayOf, ownArrivals } from './simulated-arrivals.ts';
import { observationOf } from './simulated-records.ts';
import type { SimulatedTerms } from './simulated-terms.ts';
import { trialWorld } from './world.ts';

/** A finding that stands, without its evidence: a large fleet has many. */
export type Standing = Pick<
  Verdict,
  'findingId' | 'ruleId' | 'key' | 'subjectId' | 'completedBy' | 'observedAtMs'
>;

/** Cards whose records are made and judged together; groups that share a device or a cell lie within a thousand. */
const CARDS_AT_ONCE = 5_000;

/**
 * Judges a fleet file by file in arrays, as they are received: records told again are passed over, and a key
 * for which one comes late is judged again by the reference over all that has come of it. No more records are held
 * than a day has of some thousands of cards, so that a fleet's size costs its cards' state alone.
 */
export class SimulatedRun {
  records = 0;
  toldAgain = 0;
  judgedAgain = 0;
  readonly judge: ArrayJudge;
  readonly #plan: Plan;
  readonly #cards: readonly SimulatedCard[];
  readonly #terms: SimulatedTerms;
  readonly #rules: readonly Rule[];
  readonly #arrivals: Arrivals;
  readonly #byClaim = new Map<string, number>();
  /** Cards seen under a value, for rules keyed by it; by rule and key. */
  readonly #byKey = new Map<string, Map<string, SimulatedCard | Set<SimulatedCard>>>();
  readonly #standing = new Map<string, Map<string, Standing>>();
  /** Whether the records of a card's day have come: their names are the card's, the day's and their number. */
  readonly #hasCome: Uint8Array;

  constructor(
    plan: Plan,
    cards: readonly SimulatedCard[],
    terms: SimulatedTerms,
    rules: readonly Rule[],
    arrivals: Arrivals = ownArrivals(plan),
  ) {
    this.#plan = plan;
    this.#cards = cards;
    this.#terms = terms;
    this.#rules = rules;
    this.#arrivals = arrivals;
    this.#hasCome = new Uint8Array(cards.length * plan.days);
    for (const [i, card] of cards.entries()) this.#byClaim.set(`iccid:${card.iccid}`, i);
    this.judge = new ArrayJudge({
      digest: trialWorld.digest,
      stretchAt: (subject, atMs) => terms.stretchAt(subject, atMs),
      classOf: subject => this.#classOf(subject),
      found: verdict => this.#verdicts(verdict.ruleId, verdict.key).set(verdict.findingId, bare(verdict)),
    });
    for (const rule of rules) this.judge.arm(rule);
  }

  /** Takes in and judges every file of the plan. */
  run(): void {
    for (let day = 0; day < this.#plan.days; day += 1)
      for (let from = 0; from < this.#cards.length; from += CARDS_AT_ONCE) this.#takeFile(day, from);
  }

  /** The findings that stand. */
  *findings(): Generator<Standing> {
    for (const verdicts of this.#standing.values()) yield* verdicts.values();
  }

  #takeFile(fileDay: number, from: number): void {
    const to = Math.min(this.#cards.length, from + CARDS_AT_ONCE);
    /** What comes, and what comes after it although it happened before. */
    const batches: [Observation[], Observation[]] = [[], []];
    for (let at = from; at < to; at += 1) {
      const card = this.#cards[at] as SimulatedCard;
      const byDay = Map.groupBy(this.#arrivals.inFile(card, fileDay), dayOf);
      for (const [day, uses] of byDay) this.#takeDay(at, day, uses, batches);
    }
    const late = batches.map(records => this.#judgeBatch(records));
    this.#judgeAgain(merged(late), fileDay);
  }

  #takeDay(at: number, day: number, uses: readonly Use[], batches: [Observation[], Observation[]]): void {
    const place = at * this.#plan.days + day;
    if (this.#hasCome[place] === 1) {
      this.toldAgain += uses.length;
      return;
    }
    this.#hasCome[place] = 1;
    const isReversed = this.#arrivals.isReversed(this.#cards[at] as SimulatedCard, day);
    const first = isReversed ? Math.floor(uses.length / 2) : 0;
    for (const [i, use] of uses.entries()) batches[i < first ? 1 : 0].push(this.#record(use));
  }

  #judgeBatch(records: Observation[]): Late | null {
    this.records += records.length;
    records.sort(compareObservations);
    const columns = records.length === 0 ? null : this.judge.openBatch('card-usage', records.length);
    if (columns === null) return null;
    for (const record of records) columns.add(record, this.judge.slotOf(record.claim), this.judge.texts);
    return this.judge.judge(columns);
  }

  #record(use: Use): Observation {
    const record = observationOf(use);
    for (const rule of this.#rules) {
      if (rule.key === 'subject') continue;
      const key = fieldKey(rule, record);
      if (key !== null) this.#noteUnder(rule.id, key, use.card);
    }
    return record;
  }

  #judgeAgain(late: Late, fileDay: number): void {
    for (const [subject, ms] of late.subjects) {
      const card = this.#cards[this.#byClaim.get(subject) as number] as SimulatedCard;
      const records = this.#recordsOf([card], fileDay);
      for (const rule of this.#rules)
        if (rule.key === 'subject') this.#judgeKeyAgain(rule, subject, ms, records);
    }
    for (const [ruleId, keys] of late.fieldKeys) {
      const rule = this.#rules.find(each => each.id === ruleId) as Rule;
      for (const [key, ms] of keys) {
        const records = this.#recordsOf(this.#cardsUnder(ruleId, key), fileDay);
        const under = records.filter(record => fieldKey(rule, record) === key);
        this.#judgeKeyAgain(rule, key, ms, under);
      }
    }
  }

  #judgeKeyAgain(rule: Rule, key: string, lateMs: number, records: readonly Observation[]): void {
    this.judgedAgain += 1;
    const fromMs = Math.min(lateMs, this.judge.judgedToMs(rule.id, key) ?? lateMs);
    const about = (claim: string) => ({
      subject: { id: claim, class: this.#classOf(claim) },
      boundAt: (atMs: number) => this.#terms.stretchAt(claim, atMs).terms,
    });
    const { verdicts, state } = judgeKey(rule, {
      key,
      ...(rule.key === 'subject'
        ? about(key)
        : { subject: { id: '', class: '' }, boundAt: () => ({}), about: record => about(record.claim) }),
      digest: trialWorld.digest,
      observations: records.filter(record => record.observedAtMs >= fromMs - reach(rule)),
      ticks: [],
      fromMs,
    });
    this.judge.replace(rule.id, key, state);
    const standing = this.#verdicts(rule.id, key);
    for (const [id, verdict] of standing) if (verdict.observedAtMs >= fromMs) standing.delete(id);
    for (const verdict of verdicts) standing.set(verdict.findingId, bare(verdict));
  }

  #recordsOf(cards: Iterable<SimulatedCard>, fileDay: number): Observation[] {
    const uses = [...cards].flatMap(card => this.#arrivals.upTo(card, fileDay));
    return uses.map(observationOf).sort(compareObservations);
  }

  #classOf(subject: string): string {
    return this.#cards[this.#byClaim.get(subject) ?? -1]?.profile.id ?? '';
  }

  #noteUnder(ruleId: string, key: string, card: SimulatedCard): void {
    const keys = this.#byKey.get(ruleId) ?? new Map<string, SimulatedCard | Set<SimulatedCard>>();
    this.#byKey.set(ruleId, keys);
    const known = keys.get(key);
    if (known instanceof Set) known.add(card);
    else if (known === undefined) keys.set(key, card);
    else if (known !== card) keys.set(key, new Set([known, card]));
  }

  #cardsUnder(ruleId: string, key: string): Iterable<SimulatedCard> {
    const known = this.#byKey.get(ruleId)?.get(key);
    if (known === undefined) return [];
    return known instanceof Set ? known : [known];
  }

  #verdicts(ruleId: string, key: string): Map<string, Standing> {
    const name = `${ruleId} ${key}`;
    let verdicts = this.#standing.get(name);
    if (verdicts === undefined) {
      verdicts = new Map();
      this.#standing.set(name, verdicts);
    }
    return verdicts;
  }
}

function bare({ findingId, ruleId, key, subjectId, completedBy, observedAtMs }: Verdict): Standing {
  return { findingId, ruleId, key, subjectId, completedBy, observedAtMs };
}

/** What is late of several batches, each from its earliest moment. */
function merged(lates: readonly (Late | null)[]): Late {
  const subjects = new Map<string, number>();
  const fieldKeys = new Map<string, Map<string, number>>();
  const earlier = (into: Map<string, number>, name: string, ms: number): void => {
    into.set(name, Math.min(ms, into.get(name) ?? ms));
  };
  for (const late of lates) {
    if (late === null) continue;
    for (const [subject, ms] of late.subjects) earlier(subjects, subject, ms);
    for (const [ruleId, keys] of late.fieldKeys) {
      const into = fieldKeys.get(ruleId) ?? new Map<string, number>();
      fieldKeys.set(ruleId, into);
      for (const [key, ms] of keys) earlier(into, key, ms);
    }
  }
  return { subjects, fieldKeys };
}
