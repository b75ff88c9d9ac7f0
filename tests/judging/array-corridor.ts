import type { Canonical } from '../../server/src/kernel/canonical-json.ts';
import type { Observation } from '../../server/src/spine/observations/observation.ts';
import { ArrayJudge } from '../../server/src/spine/rules/arrays/array-judge.ts';
import type { Stretch } from '../../server/src/spine/rules/arrays/bound-lanes.ts';
import { compareObservations } from '../../server/src/spine/rules/counters.ts';
import { fieldKey } from '../../server/src/spine/rules/field-key.ts';
import { judgeKey, type KeyState, reach, type Verdict } from '../../server/src/spine/rules/judge-key.ts';
import type { Rule } from '../../server/src/spine/rules/rule.ts';
import { compareStanding, type StoredFinding } from '../../server/src/spine/rules/standing.ts';
import type { FactChange } from './fleet.ts';
import { termsAt } from './memory-corridor.ts';
import { trialWorld } from './world.ts';

type Standing = StoredFinding['standing'];
interface Found {
  standing: Standing;
  readonly verdict: Verdict;
}

/**
 * A corridor whose live judging is done in arrays: what comes in order goes to the arrays, what comes late
 * or under changed facts is judged again by the reference and its state put in place.
 */
export class ArrayCorridor {
  judge: ArrayJudge;
  rules: readonly Rule[];
  readonly findings = new Map<string, Found>();
  judgedAgain = 0;
  readonly #records = new Map<string, Observation[]>();
  /** Records by rule and the key they lie under, of rules keyed by a field. */
  readonly #byFieldKey = new Map<string, Observation[]>();
  readonly #facts = new Map<string, FactChange[]>();
  readonly #terms = new Map<string, Stretch & { readonly fromMs: number }>();
  readonly #seen = new Set<string>();
  #watermarkMs: number | null = null;

  constructor(rules: readonly Rule[]) {
    this.rules = rules;
    this.judge = this.openJudge(rules);
  }

  /** A judge that has met nothing yet, with the rules armed. */
  openJudge(rules = this.rules, seed = 0): ArrayJudge {
    const judge = new ArrayJudge(
      {
        digest: trialWorld.digest,
        stretchAt: (subject, atMs) => this.#stretchAt(subject, atMs),
        classOf: () => 'other',
        found: verdict => this.findings.set(verdict.findingId, { standing: 'found', verdict }),
      },
      seed,
    );
    for (const rule of rules) judge.arm(rule);
    return judge;
  }

  /** Goes on with another judge, which has loaded all but the cold rules; those are warmed from the records. */
  goOnWith(judge: ArrayJudge, cold: readonly string[]): void {
    this.judge = judge;
    this.rules = judge.rules;
    for (const rule of this.rules) {
      if (!cold.includes(rule.id)) continue;
      for (const key of rule.key === 'subject' ? this.subjects() : this.#keysOf(rule))
        judge.replace(
          rule.id,
          key,
          rule.key === 'subject' ? this.reference(rule, key).state : this.referenceUnder(rule, key).state,
        );
    }
  }

  accept(batch: { readonly records?: readonly Observation[]; readonly facts?: readonly FactChange[] }): void {
    const dirty = new Map<string, number>();
    for (const fact of batch.facts ?? []) {
      this.#facts.set(
        fact.key,
        [...(this.#facts.get(fact.key) ?? []), fact].sort((a, b) => a.fromMs - b.fromMs),
      );
      this.#terms.delete(fact.key);
      dirty.set(fact.key, Math.min(fact.fromMs, dirty.get(fact.key) ?? Number.POSITIVE_INFINITY));
    }
    const fresh = (batch.records ?? []).filter(
      record => !this.#seen.has(record.digest) && this.#note(record),
    );
    const touched = new Map<string, number>(dirty);
    const order = fresh.toSorted(compareObservations);
    for (const kind of new Set(order.map(record => record.kind))) {
      const columns = this.judge.openBatch(kind, order.length);
      if (columns === null) continue;
      for (const record of order) {
        if (record.kind !== kind || dirty.has(record.claim)) continue;
        columns.add(record, this.judge.slotOf(record.claim), this.judge.texts);
      }
      const late = this.judge.judge(columns);
      for (const [subject, ms] of late.subjects)
        touched.set(subject, Math.min(ms, touched.get(subject) ?? Number.POSITIVE_INFINITY));
      for (const [ruleId, keys] of late.fieldKeys)
        for (const [key, ms] of keys) this.#judgeFieldKeyAgain(ruleId, key, ms);
    }
    for (const record of order) {
      const ms = dirty.get(record.claim);
      if (ms !== undefined)
        touched.set(record.claim, Math.min(record.observedAtMs, touched.get(record.claim) ?? ms));
    }
    for (const [subject, ms] of touched) this.#judgeAgain(subject, ms);
    for (const subject of dirty.keys()) this.#judgeKeysOf(subject, touched.get(subject) as number);
    if (this.#watermarkMs !== null)
      this.judge.tick(this.#watermarkMs, [...new Set(order.map(each => each.claim))]);
  }

  tick(watermarkMs: number): void {
    this.#watermarkMs = Math.max(this.#watermarkMs ?? watermarkMs, watermarkMs);
    this.judge.tick(this.#watermarkMs);
  }

  standing(): string[] {
    return [...this.findings]
      .filter(([, { standing }]) => standing !== 'withdrawn')
      .map(([id]) => id)
      .sort();
  }

  /** What the reference comes to for a subject under a rule over all its records. */
  reference(rule: Rule, subject: string): { verdicts: readonly Verdict[]; state: KeyState } {
    return this.#judgeReference(rule, subject, Number.NEGATIVE_INFINITY);
  }

  /** The same for a key of a rule keyed by a field. */
  referenceUnder(
    rule: Rule,
    key: string,
    fromMs = Number.NEGATIVE_INFINITY,
  ): { verdicts: readonly Verdict[]; state: KeyState } {
    const records = this.#byFieldKey.get(`${rule.id} ${key}`) ?? [];
    return judgeKey(rule, {
      key,
      subject: { id: '', class: '' },
      boundAt: () => ({}),
      about: record => ({
        subject: { id: record.claim, class: 'other' },
        boundAt: atMs => termsAt(this.#facts.get(record.claim) ?? [], atMs),
      }),
      digest: trialWorld.digest,
      observations: records
        .toSorted(compareObservations)
        .filter(record => record.observedAtMs >= fromMs - reach(rule)),
      ticks: [],
      fromMs,
    });
  }

  subjects(): string[] {
    return [...this.#records.keys()];
  }

  /** Everything remembered, in canonical order by key. */
  frozen(): { readonly subjects: Canonical; readonly fieldKeys: Canonical } {
    const { judge, rules } = this;
    return {
      subjects: Object.fromEntries(this.subjects().map(subject => [subject, judge.freeze(subject)])),
      fieldKeys: Object.fromEntries(
        rules.map(({ id }) => [id, Object.fromEntries(judge.freezeFieldKeys(id))] as const),
      ),
    };
  }

  #keysOf(rule: Rule): string[] {
    const prefix = `${rule.id} `;
    return [...this.#byFieldKey.keys()]
      .filter(name => name.startsWith(prefix))
      .map(name => name.slice(prefix.length));
  }

  #note(record: Observation): true {
    this.#seen.add(record.digest);
    const known = this.#records.get(record.claim);
    if (known === undefined) this.#records.set(record.claim, [record]);
    else known.push(record);
    for (const rule of this.rules) {
      const key = fieldKey(rule, record);
      if (key === null) continue;
      const name = `${rule.id} ${key}`;
      const under = this.#byFieldKey.get(name);
      if (under === undefined) this.#byFieldKey.set(name, [record]);
      else under.push(record);
    }
    return true;
  }

  /** The same object while the terms are the same. */
  #stretchAt(subject: string, atMs: number): Stretch {
    const known = this.#terms.get(subject);
    if (known !== undefined && known.fromMs <= atMs && atMs < known.untilMs) return known;
    const facts = this.#facts.get(subject) ?? [];
    const next = facts.find(fact => fact.fromMs > atMs)?.fromMs ?? Number.POSITIVE_INFINITY;
    const since = facts.findLast(fact => fact.fromMs <= atMs)?.fromMs ?? Number.NEGATIVE_INFINITY;
    const stretch = { fromMs: since, untilMs: next, terms: termsAt(facts, atMs) };
    this.#terms.set(subject, stretch);
    return stretch;
  }

  #judgeReference(
    rule: Rule,
    subject: string,
    fromMs: number,
  ): { verdicts: readonly Verdict[]; state: KeyState } {
    const records = (this.#records.get(subject) ?? []).toSorted(compareObservations);
    return judgeKey(rule, {
      key: subject,
      subject: { id: subject, class: 'other' },
      boundAt: atMs => termsAt(this.#facts.get(subject) ?? [], atMs),
      digest: trialWorld.digest,
      observations: records.filter(record => record.observedAtMs >= fromMs - reach(rule)),
      ticks: this.#watermarkMs === null ? [] : [this.#watermarkMs],
      fromMs,
    });
  }

  #judgeAgain(subject: string, dirtyMs: number): void {
    this.judgedAgain += 1;
    const rules = this.rules.filter(rule => rule.key === 'subject');
    const judgedTo = rules.map(rule => this.judge.judgedToMs(rule.id, subject));
    for (const [i, rule] of rules.entries()) {
      const fromMs = Math.min(dirtyMs, judgedTo[i] ?? dirtyMs);
      const { verdicts, state } = this.#judgeReference(rule, subject, fromMs);
      this.judge.replace(rule.id, subject, state);
      this.#compare(rule, subject, fromMs, verdicts);
    }
  }

  /** A subject whose terms changed bears on every key that its records from then on lie under. */
  #judgeKeysOf(subject: string, dirtyMs: number): void {
    for (const rule of this.rules) {
      if (rule.key === 'subject') continue;
      const since = (this.#records.get(subject) ?? []).filter(record => record.observedAtMs >= dirtyMs);
      const keys = since.map(record => (record.kind === rule.reads ? fieldKey(rule, record) : null));
      for (const key of new Set(keys)) if (key !== null) this.#judgeFieldKeyAgain(rule.id, key, dirtyMs);
    }
  }

  #judgeFieldKeyAgain(ruleId: string, key: string, dirtyMs: number): void {
    const rule = this.rules.find(each => each.id === ruleId) as Rule;
    const { verdicts, state } = this.referenceUnder(rule, key, dirtyMs);
    this.judge.replace(rule.id, key, state);
    this.#compare(rule, key, dirtyMs, verdicts);
  }

  #compare(rule: Rule, key: string, fromMs: number, verdicts: readonly Verdict[]): void {
    const stored = [...this.findings.values()]
      .filter(
        ({ verdict }) => verdict.ruleId === rule.id && verdict.key === key && verdict.observedAtMs >= fromMs,
      )
      .map(({ standing, verdict }) => ({ findingId: verdict.findingId, standing }));
    const change = compareStanding(stored as StoredFinding[], verdicts);
    for (const verdict of change.added) this.findings.set(verdict.findingId, { standing: 'found', verdict });
    for (const id of change.withdrawn) (this.findings.get(id) as Found).standing = 'withdrawn';
    for (const id of change.reinstated) (this.findings.get(id) as Found).standing = 'reinstated';
  }
}
