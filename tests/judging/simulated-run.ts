import { DAY_MS, type Plan, type SimulatedCard, type Use, usesInFile, usesUpTo } from '@thingward/simulator';
import type { Observation } from '../../server/src/spine/observations/observation.ts';
import { ArrayJudge, type Late } from '../../server/src/spine/rules/arrays/array-judge.ts';
import { compareObservations } from '../../server/src/spine/rules/counters.ts';
import { fieldKey } from '../../server/src/spine/rules/field-key.ts';
import { judgeKey, reach, type Verdict } from '../../server/src/spine/rules/judge-key.ts';
import type { Rule } from '../../server/src/spine/rules/rule.ts';
import { observationOf } from './simulated-records.ts';
import type { SimulatedTerms } from './simulated-terms.ts';
import { trialWorld } from './world.ts';

/** Days of use for which the names of records are kept, so that one told again is known. */
const DAYS_KEPT = 8;

/**
 * Judges a fleet file by file in arrays, as they are received: records told again are passed over, and a key
 * for which one comes late is judged again by the reference over all that has come of it.
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
  readonly #byClaim = new Map<string, SimulatedCard>();
  /** Cards seen in a device, for rules keyed by it; by rule and key. */
  readonly #byKey = new Map<string, Map<string, Set<SimulatedCard>>>();
  readonly #standing = new Map<string, Map<string, Verdict>>();
  /** Names of records by the day of use. */
  readonly #seen = new Map<number, Set<string>>();

  constructor(plan: Plan, cards: readonly SimulatedCard[], terms: SimulatedTerms, rules: readonly Rule[]) {
    this.#plan = plan;
    this.#cards = cards;
    this.#terms = terms;
    this.#rules = rules;
    for (const card of cards) this.#byClaim.set(`iccid:${card.iccid}`, card);
    this.judge = new ArrayJudge({
      digest: trialWorld.digest,
      stretchAt: (subject, atMs) => terms.stretchAt(subject, atMs),
      classOf: subject => this.#classOf(subject),
      found: verdict => this.#verdicts(verdict.ruleId, verdict.key).set(verdict.findingId, verdict),
    });
    for (const rule of rules) this.judge.arm(rule);
  }

  /** Takes in and judges every file of the plan. */
  run(): void {
    for (let day = 0; day < this.#plan.days; day += 1) this.#takeFile(day);
  }

  /** The findings that stand. */
  *findings(): Generator<Verdict> {
    for (const verdicts of this.#standing.values()) yield* verdicts.values();
  }

  #takeFile(day: number): void {
    const records: Observation[] = [];
    this.#seen.delete(day - DAYS_KEPT);
    this.#seen.set(day, new Set());
    for (const card of this.#cards)
      for (const use of usesInFile(this.#plan, card, day)) {
        const names = this.#seen.get(Math.floor((use.atMs - this.#plan.fromMs) / DAY_MS)) ?? new Set();
        if (names.has(use.id)) {
          this.toldAgain += 1;
          continue;
        }
        names.add(use.id);
        records.push(this.#record(use));
      }
    records.sort(compareObservations);
    this.records += records.length;
    const columns = this.judge.openBatch('card-usage', records.length);
    if (columns === null) return;
    for (const record of records) columns.add(record, this.judge.slotOf(record.claim), this.judge.texts);
    this.#judgeAgain(this.judge.judge(columns), day);
  }

  #record(use: Use): Observation {
    const record = observationOf(use);
    for (const rule of this.#rules) {
      if (rule.key === 'subject') continue;
      const key = fieldKey(rule, record);
      if (key !== null) this.#cardsUnder(rule.id, key).add(use.card);
    }
    return record;
  }

  #judgeAgain(late: Late, day: number): void {
    for (const [subject, ms] of late.subjects) {
      const records = this.#recordsOf([this.#byClaim.get(subject) as SimulatedCard], day);
      for (const rule of this.#rules)
        if (rule.key === 'subject') this.#judgeKeyAgain(rule, subject, ms, records);
    }
    for (const [ruleId, keys] of late.fieldKeys) {
      const rule = this.#rules.find(each => each.id === ruleId) as Rule;
      for (const [key, ms] of keys) {
        const records = this.#recordsOf(this.#cardsUnder(ruleId, key), day);
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
    for (const verdict of verdicts) standing.set(verdict.findingId, verdict);
  }

  #recordsOf(cards: Iterable<SimulatedCard>, day: number): Observation[] {
    const uses = [...cards].flatMap(card => usesUpTo(this.#plan, card, day));
    return uses.map(observationOf).sort(compareObservations);
  }

  #classOf(subject: string): string {
    return this.#byClaim.get(subject)?.profile.id ?? '';
  }

  #cardsUnder(ruleId: string, key: string): Set<SimulatedCard> {
    let keys = this.#byKey.get(ruleId);
    if (keys === undefined) {
      keys = new Map();
      this.#byKey.set(ruleId, keys);
    }
    let cards = keys.get(key);
    if (cards === undefined) {
      cards = new Set();
      keys.set(key, cards);
    }
    return cards;
  }

  #verdicts(ruleId: string, key: string): Map<string, Verdict> {
    const name = `${ruleId} ${key}`;
    let verdicts = this.#standing.get(name);
    if (verdicts === undefined) {
      verdicts = new Map();
      this.#standing.set(name, verdicts);
    }
    return verdicts;
  }
}
