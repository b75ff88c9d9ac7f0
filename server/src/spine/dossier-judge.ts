import { sha256 } from '../kernel/bytes.ts';
import { randomId } from '../kernel/ids.ts';
import type { Contribution } from './contribution.ts';
import type { Fed } from './fed.ts';
import { keyOf } from './judging.ts';
import type { StoredObservation } from './observations/store.ts';
import type { Dossier } from './registry/dossier.ts';
import { ArrayJudge, type Late } from './rules/arrays/array-judge.ts';
import { compareObservations } from './rules/counters.ts';
import type { Verdict } from './rules/judge-key.ts';
import { TermsAtHand } from './terms-at-hand.ts';

/** Judging in arrays over dossiers: subjects go by the name `keyOf` gives them, under the terms their facts give. */
export class DossierJudge {
  readonly #terms: TermsAtHand;
  #arrays: ArrayJudge;
  #found: Verdict[] = [];
  /** Errors of each rule that were told already. */
  readonly #told = new Map<string, number>();

  constructor(contributions: readonly Contribution[]) {
    this.#terms = new TermsAtHand(contributions);
    this.#arrays = this.#open();
  }

  get arrays(): ArrayJudge {
    return this.#arrays;
  }

  /** Forgets every rule and all that is remembered under it. */
  reset(): void {
    this.#told.clear();
    this.#arrays = this.#open();
  }

  disarm(ruleId: string): void {
    this.#arrays.disarm(ruleId);
    this.#told.delete(ruleId);
  }

  /** Hands in the subjects of the records to come. */
  open(dossiers: readonly Dossier[]): void {
    this.#terms.open(dossiers);
    this.#found = [];
  }

  /** Judges the records of a kind, as far as they are wanted, in the order of judging. */
  judge(kind: string, fed: readonly Fed[], isWanted: (record: StoredObservation) => boolean): Late {
    const entries = fed.flatMap(({ dossier, records }) =>
      records
        .filter(record => record.kind === kind && isWanted(record))
        .map(record => ({ record, subject: keyOf(dossier).key })),
    );
    const batch = this.#arrays.openBatch(kind, entries.length);
    if (batch === null) return { subjects: new Map(), fieldKeys: new Map() };
    entries.sort((a, b) => compareObservations(a.record, b.record));
    for (const { record, subject } of entries)
      batch.add(record, this.#arrays.slotOf(subject), this.#arrays.texts);
    return this.#arrays.judge(batch);
  }

  /** What was found since `open`. */
  get found(): readonly Verdict[] {
    return this.#found;
  }

  /** Records each rule could not be evaluated on since this was asked last, by rule id. */
  takeErrors(): Map<string, number> {
    const errors = new Map<string, number>();
    for (const { id } of this.#arrays.rules) {
      const counts = this.#arrays.arrayOf(id)?.tally.errors.values() ?? [];
      const all = [...counts].reduce((sum, count) => sum + count, 0);
      const told = this.#told.get(id) ?? 0;
      if (all > told) errors.set(id, all - told);
      this.#told.set(id, all);
    }
    return errors;
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
      // Nobody who sends texts may foresee where they lie.
      Number.parseInt(randomId().slice(0, 8), 16) | 0,
    );
  }
}
