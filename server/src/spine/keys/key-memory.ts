import type { Contribution } from '../contribution.ts';
import { DossierJudge } from '../dossier-judge.ts';
import type { Fed } from '../fed.ts';
import type { ArmedRule } from '../findings/armed/armed-rules.ts';
import { keyOf } from '../judging.ts';
import type { StoredObservation } from '../observations/store.ts';
import type { Dossier } from '../registry/dossier.ts';
import type { KeyState, Verdict } from '../rules/judge-key.ts';
import { type FieldKey, fieldsOf, isFieldKeyed, keyId, keyText, rulesUnder, valueIn } from './field-keys.ts';

/** What a batch came to, by `keyId`; for a key that is not known it means nothing. */
export interface KeysJudged {
  readonly verdicts: ReadonlyMap<string, readonly Verdict[]>;
  /** Keys a record came too late for. */
  readonly late: ReadonlySet<string>;
}

/**
 * What judging remembers of the keys of rules keyed by a field: a second stage with state of its own, for a key's
 * records are those of many subjects. Only an accelerator, as `LiveMemory` is.
 */
export class KeyMemory {
  readonly #judge: DossierJudge;
  #rules: readonly ArmedRule[] = [];
  /** Keys whose state is that of all stored observations before the ones to come. */
  readonly #known = new Set<string>();
  /** Keys that were crowded, and until when they are not looked at again. */
  readonly #crowded = new Map<string, number>();

  constructor(contributions: readonly Contribution[]) {
    this.#judge = new DossierJudge(contributions);
  }

  /** Keys whose state is held. */
  get size(): number {
    return this.#known.size;
  }

  get sizeBytes(): number {
    return this.#judge.arrays.sizeBytes;
  }

  drop(): void {
    this.#known.clear();
    this.#crowded.clear();
    this.#rules = [];
    this.#judge.reset();
  }

  /** Of the rules, those keyed by a field; when they are not the same as before, every key is unknown. */
  arm(rules: readonly ArmedRule[]): void {
    const keyed = rules.filter(isFieldKeyed);
    const named = (each: readonly ArmedRule[]) => each.map(({ rule }) => `${rule.id}@${rule.version}`).join();
    if (named(keyed) === named(this.#rules)) return;
    this.drop();
    this.#rules = keyed;
    for (const { rule } of keyed) this.#judge.arrays.arm(rule);
  }

  knows(key: FieldKey): boolean {
    return this.#known.has(keyId(key));
  }

  /** Takes over the states that judging from stored observations came to, one for each rule of the key. */
  remember(key: FieldKey, states: ReadonlyMap<string, KeyState>): void {
    if (states.size !== rulesUnder(this.#rules, key).length) return;
    for (const [ruleId, state] of states) this.#judge.arrays.replace(ruleId, keyText(key), state);
    this.#known.add(keyId(key));
  }

  /** Knows a key under which nothing was stored before the records to come. */
  begin(key: FieldKey): void {
    this.#known.add(keyId(key));
  }

  /** Notes that a key was crowded and is to be left alone until then. */
  leave(key: FieldKey, untilMs: number): void {
    this.#known.delete(keyId(key));
    this.#crowded.set(keyId(key), untilMs);
  }

  isLeft(key: FieldKey, nowMs: number): boolean {
    const untilMs = this.#crowded.get(keyId(key));
    if (untilMs === undefined) return false;
    if (nowMs < untilMs) return true;
    this.#crowded.delete(keyId(key));
    return false;
  }

  /** Judges what has come; `changed` are subjects whose terms may be others than before. */
  judge(fed: readonly Fed[], changed: readonly Dossier[]): KeysJudged {
    for (const dossier of changed) this.#judge.arrays.forgetTerms(keyOf(dossier).key);
    this.#judge.open(fed.map(({ dossier }) => dossier));
    const late = new Set<string>();
    const kinds = new Map(this.#rules.map(({ rule }) => [rule.id, rule.reads]));
    for (const kind of new Set(kinds.values()))
      for (const [ruleId, keys] of this.#judgeKind(kind, fed))
        for (const key of keys.keys()) late.add(`${kinds.get(ruleId)} ${key}`);
    return {
      verdicts: Map.groupBy(this.#judge.found, each => `${kinds.get(each.ruleId)} ${each.key}`),
      late,
    };
  }

  /** Records each rule could not be evaluated on since this was asked last, by rule id. */
  takeErrors(): Map<string, number> {
    return this.#judge.takeErrors();
  }

  #judgeKind(kind: string, fed: readonly Fed[]): ReadonlyMap<string, ReadonlyMap<string, number>> {
    const fields = fieldsOf(this.#rules).filter(each => each.kind === kind);
    const bearsKey = (record: StoredObservation): boolean =>
      fields.some(field => valueIn(field, record) !== null);
    return this.#judge.judge(kind, fed, bearsKey).fieldKeys;
  }
}
