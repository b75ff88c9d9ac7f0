import { sha256 } from '../kernel/bytes.ts';
import type { Contribution } from './contribution.ts';
import { DossierJudge } from './dossier-judge.ts';
import { DossierShelf } from './dossier-shelf.ts';
import type { Fed } from './fed.ts';
import type { ArmedRule } from './findings/armed/armed-rules.ts';
import { keyOf } from './judging.ts';
import { isFieldKeyed } from './keys/field-keys.ts';
import { KeyMemory } from './keys/key-memory.ts';
import type { Dossier } from './registry/dossier.ts';
import type { Piece } from './rules/arrays/image-words.ts';
import type { KeyState, Verdict } from './rules/judge-key.ts';

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
  readonly #judge: DossierJudge;
  #versions = new Map<string, string>();
  /** Subjects whose state is that of all stored observations before the ones to come. */
  readonly #known = new Set<number>();

  constructor(contributions: readonly Contribution[]) {
    this.keys = new KeyMemory(contributions);
    this.#judge = new DossierJudge(contributions);
  }

  /** Subjects whose state is held. */
  get size(): number {
    return this.#known.size;
  }

  get sizeBytes(): number {
    return this.#judge.arrays.sizeBytes + this.keys.sizeBytes;
  }

  drop(): void {
    this.shelf.clear();
    this.keys.drop();
    this.#known.clear();
    this.#versions.clear();
    this.#judge.reset();
  }

  /** Rules that went are forgotten; for one that came every subject is to be judged from what is stored. */
  arm(rules: readonly ArmedRule[]): void {
    this.keys.arm(rules);
    const bySubject = rules.filter(each => !isFieldKeyed(each));
    const armed = new Map(bySubject.map(({ rule }) => [rule.id, rule]));
    for (const [id, version] of this.#versions) {
      if (armed.get(id)?.version === version) continue;
      this.#judge.disarm(id);
      this.#versions.delete(id);
    }
    for (const [id, rule] of armed) {
      if (this.#versions.has(id)) continue;
      this.#judge.arrays.arm(rule);
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
    for (const [ruleId, state] of states) this.#judge.arrays.replace(ruleId, key, state);
    this.#known.add(dossier.subjectId);
  }

  /** To be called when a subject must be judged from stored observations before it is known again. */
  forget(subjectId: number): void {
    this.#known.delete(subjectId);
  }

  /** Records each rule could not be evaluated on since this was asked last, by rule id. */
  takeErrors(): Map<string, number> {
    return this.#judge.takeErrors();
  }

  /** All that is remembered, as of the position called `stop`. */
  *image(stop: string): Generator<Piece> {
    yield* this.#judge.arrays.image(stop, checksum, subject => this.#known.has(subjectIdOf(subject)));
    for (const { name, bytes } of this.keys.image(`${KEYS}${stop}`, checksum))
      yield { name: `${KEYS}${name}`, bytes };
  }

  /**
   * Takes over an image of that stop after `arm`; what is wrong with it, or null. A rule it lacks makes every
   * subject unknown, or every key of its field; an image without keys leaves all of them unknown.
   */
  load(pieces: readonly Piece[], stop: string): { readonly piece: string; readonly fault: string } | null {
    const ofKeys = pieces.filter(({ name }) => name.startsWith(KEYS));
    const own = pieces.filter(each => !ofKeys.includes(each));
    const loaded = this.#judge.arrays.load(own, checksum);
    if (loaded.outcome === 'refused') return { piece: loaded.piece, fault: loaded.fault };
    if (loaded.stop !== stop) return { piece: 'subjects', fault: 'other-stop' };
    if (loaded.cold.length === 0)
      for (const subject of this.#judge.arrays.subjects) this.#known.add(subjectIdOf(subject));
    const keys = ofKeys.map(({ name, bytes }) => ({ name: name.slice(KEYS.length), bytes }));
    const fault = this.keys.load(keys, `${KEYS}${stop}`, checksum);
    return fault === null ? null : { ...fault, piece: `${KEYS}${fault.piece}` };
  }

  /** Judges what has come for subjects that are known. */
  judge(fed: readonly Fed[]): FedJudgement[] {
    this.#judge.open(fed.map(({ dossier }) => dossier));
    const lateMs = new Map<string, number>();
    for (const kind of new Set(fed.flatMap(({ records }) => records.map(record => record.kind))))
      for (const [subject, ms] of this.#judge.judge(kind, fed, () => true).subjects)
        lateMs.set(subject, Math.min(ms, lateMs.get(subject) ?? ms));
    const verdicts = Map.groupBy(this.#judge.found, verdict => verdict.key);
    return fed.map(({ dossier }) => {
      const { key } = keyOf(dossier);
      return { dossier, verdicts: verdicts.get(key) ?? [], lateMs: lateMs.get(key) ?? null };
    });
  }
}

/** Names the pieces of keys beside those of subjects, and their stop, so that neither passes for the other. */
const KEYS = 'keys: ';

const checksum = (bytes: Uint8Array): string => sha256(bytes).toString('hex');

/** Of a subject's key, as `keyOf` makes it. */
function subjectIdOf(key: string): number {
  return Number(key.slice(key.indexOf('/') + 1));
}
