import type { Canonical } from '../../kernel/canonical-json.ts';
import { isRefusal } from '../../kernel/refusal.ts';
import type { Contribution } from '../contribution.ts';
import { DossierJudge } from '../dossier-judge.ts';
import type { Fed } from '../fed.ts';
import type { ArmedRule } from '../findings/armed/armed-rules.ts';
import { keyOf } from '../judging.ts';
import type { StoredObservation } from '../observations/store.ts';
import type { Dossier } from '../registry/dossier.ts';
import type { Loaded } from '../rules/arrays/image.ts';
import type { Checksum, ImageFault, Piece } from '../rules/arrays/image-words.ts';
import type { KeyState, Verdict } from '../rules/judge-key.ts';
import { TakenIn } from '../taken-in.ts';
import {
  type FieldKey,
  fieldsOf,
  isFieldKeyed,
  isUnder,
  keyId,
  keyText,
  rulesUnder,
  valueIn,
} from './field-keys.ts';
import { knownPiece, readKnown } from './known-piece.ts';

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
  /** By `keyId`: records that judging from stored observations took in before their turn. */
  readonly takenIn = new TakenIn<string>();
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
    this.takenIn.clear();
    this.#known.clear();
    this.#crowded.clear();
    this.#rules = [];
    this.#judge.reset();
  }

  /**
   * Of the rules, those keyed by a field. One that went is forgotten; the keys of one that came are to be judged
   * from what is stored, and the state of every other rule stays.
   */
  arm(rules: readonly ArmedRule[]): void {
    const keyed = rules.filter(isFieldKeyed);
    const differ = (some: readonly ArmedRule[], others: readonly ArmedRule[]) =>
      some.filter(
        ({ rule }) => !others.some(each => each.rule.id === rule.id && each.rule.version === rule.version),
      );
    for (const { rule } of differ(this.#rules, keyed)) this.#judge.disarm(rule.id);
    const fresh = differ(keyed, this.#rules);
    this.#rules = keyed;
    for (const { rule } of fresh) this.#judge.arrays.arm(rule);
    if (fresh.length > 0) this.takenIn.clear();
    this.#forgetUnder(fresh);
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
    this.takenIn.forget(keyId(key));
    this.#known.delete(keyId(key));
    this.#crowded.set(keyId(key), untilMs);
  }

  /** To be called when a key, by `keyId`, must be judged from stored observations before it is known again. */
  forget(id: string): void {
    this.#known.delete(id);
  }

  forgetAll(): void {
    this.#known.clear();
  }

  /** Everything kept under a rule, as canonical data by key, in the order of keys; of the keys that are known. */
  freeze(ruleId: string): [string, Canonical][] {
    const kind = this.#rules.find(({ rule }) => rule.id === ruleId)?.rule.reads;
    return [...this.#judge.arrays.freezeFieldKeys(ruleId)]
      .filter(([key]) => this.#known.has(`${kind} ${key}`))
      .sort(([a], [b]) => (a < b ? -1 : 1));
  }

  /** All that is remembered, as of the position called `stop`; nothing where no rule is keyed by a field. */
  *image(stop: string, checksum: Checksum): Generator<Piece> {
    if (this.#rules.length === 0) return;
    yield knownPiece(this.#known, stop, checksum);
    // Of subjects nothing is kept here: how far a key was judged is its own.
    yield* this.#judge.arrays.image(stop, checksum, () => false);
  }

  /** Takes over an image of that stop after `arm`; what is wrong with it, or null. Under the field of a rule it lacks no key is known. */
  load(pieces: readonly Piece[], stop: string, checksum: Checksum): { piece: string; fault: string } | null {
    if (this.#rules.length === 0 || pieces.length === 0) return null;
    let known: readonly string[];
    try {
      known = readKnown(pieces, stop, checksum);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      return { piece: error.subject ?? '', fault: error.code as ImageFault };
    }
    const loaded: Loaded = this.#judge.arrays.load(pieces, checksum);
    if (loaded.outcome === 'refused') return { piece: loaded.piece, fault: loaded.fault };
    if (loaded.stop !== stop) return { piece: 'texts', fault: 'other-stop' };
    for (const id of known) this.#known.add(id);
    this.#forgetUnder(this.#rules.filter(({ rule }) => loaded.cold.includes(rule.id)));
    return null;
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

  /** Forgets the keys of the rules' fields, and those no rule is left for. */
  #forgetUnder(rules: readonly ArmedRule[]): void {
    const cold = fieldsOf(rules);
    const armed = fieldsOf(this.#rules).filter(
      each => !cold.some(({ kind, field }) => kind === each.kind && field === each.field),
    );
    for (const id of this.#known) if (!armed.some(field => isUnder(field, id))) this.#known.delete(id);
  }

  #judgeKind(kind: string, fed: readonly Fed[]): ReadonlyMap<string, ReadonlyMap<string, number>> {
    const fields = fieldsOf(this.#rules).filter(each => each.kind === kind);
    const bearsKey = (record: StoredObservation): boolean =>
      fields.some(field => valueIn(field, record) !== null);
    return this.#judge.judge(kind, fed, bearsKey).fieldKeys;
  }
}
