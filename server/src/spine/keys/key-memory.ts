import { sha256 } from '../../kernel/bytes.ts';
import { randomId } from '../../kernel/ids.ts';
import type { Contribution } from '../contribution.ts';
import type { Fed } from '../fed.ts';
import type { ArmedRule } from '../findings/armed/armed-rules.ts';
import { keyOf } from '../judging.ts';
import type { Dossier } from '../registry/dossier.ts';
import { ArrayJudge } from '../rules/arrays/array-judge.ts';
import { compareObservations } from '../rules/counters.ts';
import type { KeyState, Verdict } from '../rules/judge-key.ts';
import { TermsAtHand } from '../terms-at-hand.ts';
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
  #judge: ArrayJudge;
  #rules: readonly ArmedRule[] = [];
  /** Keys whose state is that of all stored observations before the ones to come. */
  readonly #known = new Set<string>();
  /** Keys that were crowded, and until when they are not looked at again. */
  readonly #crowded = new Map<string, number>();
  readonly #terms: TermsAtHand;
  #found: Verdict[] = [];

  constructor(contributions: readonly Contribution[]) {
    this.#terms = new TermsAtHand(contributions);
    this.#judge = this.#open();
  }

  /** Keys whose state is held. */
  get size(): number {
    return this.#known.size;
  }

  get sizeBytes(): number {
    return this.#judge.sizeBytes;
  }

  drop(): void {
    this.#known.clear();
    this.#crowded.clear();
    this.#rules = [];
    this.#judge = this.#open();
  }

  /** Of the rules, those keyed by a field; when they are not the same as before, every key is unknown. */
  arm(rules: readonly ArmedRule[]): void {
    const keyed = rules.filter(isFieldKeyed);
    const named = (each: readonly ArmedRule[]) => each.map(({ rule }) => `${rule.id}@${rule.version}`).join();
    if (named(keyed) === named(this.#rules)) return;
    this.drop();
    this.#rules = keyed;
    for (const { rule } of keyed) this.#judge.arm(rule);
  }

  knows(key: FieldKey): boolean {
    return this.#known.has(keyId(key));
  }

  /** Takes over the states that judging from stored observations came to, one for each rule of the key. */
  remember(key: FieldKey, states: ReadonlyMap<string, KeyState>): void {
    if (states.size !== rulesUnder(this.#rules, key).length) return;
    for (const [ruleId, state] of states) this.#judge.replace(ruleId, keyText(key), state);
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
    for (const dossier of changed) this.#judge.forgetTerms(keyOf(dossier).key);
    this.#terms.open(fed.map(({ dossier }) => dossier));
    this.#found = [];
    const late = new Set<string>();
    const kinds = new Map(this.#rules.map(({ rule }) => [rule.id, rule.reads]));
    for (const kind of new Set(kinds.values()))
      for (const [ruleId, keys] of this.#judgeKind(kind, fed))
        for (const key of keys.keys()) late.add(`${kinds.get(ruleId)} ${key}`);
    return { verdicts: Map.groupBy(this.#found, each => `${kinds.get(each.ruleId)} ${each.key}`), late };
  }

  #judgeKind(kind: string, fed: readonly Fed[]): ReadonlyMap<string, ReadonlyMap<string, number>> {
    const fields = fieldsOf(this.#rules).filter(each => each.kind === kind);
    const entries = fed.flatMap(({ dossier, records }) =>
      records
        .filter(record => fields.some(field => valueIn(field, record) !== null))
        .map(record => ({ dossier, record })),
    );
    const batch = this.#judge.openBatch(kind, entries.length);
    if (batch === null) return new Map();
    entries.sort((a, b) => compareObservations(a.record, b.record));
    for (const { dossier, record } of entries)
      batch.add(record, this.#judge.slotOf(keyOf(dossier).key), this.#judge.texts);
    return this.#judge.judge(batch).fieldKeys;
  }

  #open(): ArrayJudge {
    return new ArrayJudge(
      {
        digest: text => sha256(text).toString('hex'),
        stretchAt: (subject, atMs) => this.#terms.stretchAt(subject, atMs),
        classOf: subject => this.#terms.classOf(subject),
        partyOf: subject => this.#terms.partyOf(subject),
        found: verdict => {
          this.#found.push(verdict);
        },
      },
      Number.parseInt(randomId().slice(0, 8), 16) | 0,
    );
  }
}
