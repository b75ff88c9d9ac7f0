import { sha256 } from '../kernel/bytes.ts';
import { randomId } from '../kernel/ids.ts';
import type { Contribution } from './contribution.ts';
import { DossierShelf } from './dossier-shelf.ts';
import type { Fed } from './fed.ts';
import type { ArmedRule } from './findings/armed/armed-rules.ts';
import { keyOf } from './judging.ts';
import { isFieldKeyed } from './keys/field-keys.ts';
import { KeyMemory } from './keys/key-memory.ts';
import type { Dossier } from './registry/dossier.ts';
import { ArrayJudge } from './rules/arrays/array-judge.ts';
import type { Piece } from './rules/arrays/image-words.ts';
import type { KeyState, Verdict } from './rules/judge-key.ts';
import { TermsAtHand } from './terms-at-hand.ts';

/** What a batch came to for one subject; null when a record came late and it must be judged from there again. */
export interface FedJudgement {
  readonly dossier: Dossier;
  readonly verdicts: readonly Verdict[];
  readonly lateMs: number | null;
}

/**
 * What judging remembers between commits: the state of every subject judged in this process, under every armed
 * rule keyed by the subject. It is only an accelerator. A subject it does not know is judged from stored observations, which give
 * the state to go on with; and after any commit that failed or whose answer was lost all of it is dropped
 * (design, "Judging, exactly" 1, 3).
 */
export class LiveMemory {
  readonly shelf = new DossierShelf();
  /** The same for the keys of rules keyed by a field. */
  readonly keys: KeyMemory;
  #judge: ArrayJudge;
  #versions = new Map<string, string>();
  /** Subjects whose state is that of all stored observations before the ones to come. */
  readonly #known = new Set<number>();
  readonly #terms: TermsAtHand;
  #found: Verdict[] = [];
  readonly #told = new Map<string, number>();

  constructor(contributions: readonly Contribution[]) {
    this.#terms = new TermsAtHand(contributions);
    this.keys = new KeyMemory(contributions);
    this.#judge = this.#open();
  }

  /** Subjects whose state is held. */
  get size(): number {
    return this.#known.size;
  }

  get sizeBytes(): number {
    return this.#judge.sizeBytes + this.keys.sizeBytes;
  }

  drop(): void {
    this.shelf.clear();
    this.keys.drop();
    this.#known.clear();
    this.#versions.clear();
    this.#told.clear();
    this.#judge = this.#open();
  }

  /** Rules that went are forgotten; for one that came every subject is to be judged from what is stored. */
  arm(rules: readonly ArmedRule[]): void {
    this.keys.arm(rules);
    const bySubject = rules.filter(each => !isFieldKeyed(each));
    const armed = new Map(bySubject.map(({ rule }) => [rule.id, rule]));
    for (const [id, version] of this.#versions) {
      if (armed.get(id)?.version === version) continue;
      this.#judge.disarm(id);
      this.#told.delete(id);
      this.#versions.delete(id);
    }
    for (const [id, rule] of armed) {
      if (this.#versions.has(id)) continue;
      this.#judge.arm(rule);
      this.#versions.set(id, rule.version);
      this.#known.clear();
    }
  }

  knows(subjectId: number): boolean {
    return this.#known.has(subjectId);
  }

  /** Takes over the states that judging from stored observations came to, one for each armed rule. */
  remember(dossier: Dossier, states: ReadonlyMap<string, KeyState>): void {
    if (states.size !== this.#versions.size) return;
    const { key } = keyOf(dossier);
    for (const [ruleId, state] of states) this.#judge.replace(ruleId, key, state);
    this.#known.add(dossier.subjectId);
  }

  /** To be called when a subject must be judged from stored observations before it is known again. */
  forget(subjectId: number): void {
    this.#known.delete(subjectId);
  }

  /** Records each rule could not be evaluated on since this was asked last, by rule id. */
  takeErrors(): Map<string, number> {
    const errors = new Map<string, number>();
    for (const id of this.#versions.keys()) {
      const counts = this.#judge.arrayOf(id)?.tally.errors.values() ?? [];
      const all = [...counts].reduce((sum, count) => sum + count, 0);
      const told = this.#told.get(id) ?? 0;
      if (all > told) errors.set(id, all - told);
      this.#told.set(id, all);
    }
    return errors;
  }

  /** All that is remembered, as of the position called `stop`. */
  image(stop: string): Generator<Piece> {
    return this.#judge.image(stop, checksum, subject => this.#known.has(subjectIdOf(subject)));
  }

  /** Takes over an image of that stop after `arm`; what is wrong with it, or null. A rule it lacks makes every subject unknown. */
  load(pieces: readonly Piece[], stop: string): { readonly piece: string; readonly fault: string } | null {
    const loaded = this.#judge.load(pieces, checksum);
    if (loaded.outcome === 'refused') return { piece: loaded.piece, fault: loaded.fault };
    if (loaded.stop !== stop) return { piece: 'subjects', fault: 'other-stop' };
    if (loaded.cold.length === 0)
      for (const subject of this.#judge.subjects) this.#known.add(subjectIdOf(subject));
    return null;
  }

  /** Judges what has come for subjects that are known. */
  judge(fed: readonly Fed[]): FedJudgement[] {
    this.#terms.open(fed.map(({ dossier }) => dossier));
    this.#found = [];
    const lateMs = new Map<string, number>();
    for (const kind of new Set(fed.flatMap(({ records }) => records.map(record => record.kind))))
      for (const [subject, ms] of this.#judgeKind(kind, fed))
        lateMs.set(subject, Math.min(ms, lateMs.get(subject) ?? ms));
    const verdicts = new Map<string, Verdict[]>();
    for (const verdict of this.#found) {
      const known = verdicts.get(verdict.key);
      if (known === undefined) verdicts.set(verdict.key, [verdict]);
      else known.push(verdict);
    }
    return fed.map(({ dossier }) => {
      const { key } = keyOf(dossier);
      return { dossier, verdicts: verdicts.get(key) ?? [], lateMs: lateMs.get(key) ?? null };
    });
  }

  #judgeKind(kind: string, fed: readonly Fed[]): ReadonlyMap<string, number> {
    const entries = fed.flatMap(({ dossier, records }) =>
      records.filter(record => record.kind === kind).map(record => ({ dossier, record })),
    );
    const batch = this.#judge.openBatch(kind, entries.length);
    if (batch === null) return new Map();
    entries.sort((a, b) => a.record.observedAtMs - b.record.observedAtMs);
    for (const { dossier, record } of entries)
      batch.add(record, this.#judge.slotOf(keyOf(dossier).key), this.#judge.texts);
    return this.#judge.judge(batch).subjects;
  }

  #open(): ArrayJudge {
    return new ArrayJudge(
      {
        digest: text => sha256(text).toString('hex'),
        stretchAt: (subject, atMs) => this.#terms.stretchAt(subject, atMs),
        classOf: subject => this.#terms.classOf(subject),
        found: verdict => {
          this.#found.push(verdict);
        },
      },
      Number.parseInt(randomId().slice(0, 8), 16) | 0,
    );
  }
}

const checksum = (bytes: Uint8Array): string => sha256(bytes).toString('hex');

/** Of a subject's key, as `keyOf` makes it. */
function subjectIdOf(key: string): number {
  return Number(key.slice(key.indexOf('/') + 1));
}
