import type { Canonical } from '../kernel/canonical-json.ts';
import type { Contribution } from './contribution.ts';
import { DossierShelf } from './dossier-shelf.ts';
import type { Fed } from './fed.ts';
import type { ArmedRule } from './findings/armed/armed-rules.ts';
import { JudgeInThreads, type ThreadPlan } from './judge-in-threads.ts';
import { keyOf } from './judging.ts';
import { isFieldKeyed } from './keys/field-keys.ts';
import { KeyMemory } from './keys/key-memory.ts';
import { LinkShelf } from './keys/link-shelf.ts';
import type { Dossier } from './registry/dossier.ts';
import type { Piece } from './rules/arrays/image-words.ts';
import type { KeyState, Verdict } from './rules/judge-key.ts';
import { checksum, JudgeHere, type SubjectJudge } from './subject-judge.ts';
import { TakenIn } from './taken-in.ts';

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
  readonly links = new LinkShelf();
  /** By subject: records that judging from stored observations took in before their turn. */
  readonly takenIn = new TakenIn<number>();
  /** The same for the keys of rules keyed by a field. */
  readonly keys: KeyMemory;
  readonly #judge: SubjectJudge;
  #versions = new Map<string, string>();
  /** Subjects whose state is that of all stored observations before the ones to come. */
  readonly #known = new Set<number>();

  /** With more than one thread, subjects are judged in threads of their own; keys of fields always in this one. */
  constructor(contributions: readonly Contribution[], plan: ThreadPlan = { threads: 1 }) {
    this.keys = new KeyMemory(contributions);
    this.#judge = plan.threads > 1 ? new JudgeInThreads(contributions, plan) : new JudgeHere(contributions);
  }

  /** Subjects whose state is held. */
  get size(): number {
    return this.#known.size;
  }

  /** Records judged by each thread since it was opened, in the order of partitions; empty where this one judges. */
  get judgedBy(): readonly number[] {
    return this.#judge instanceof JudgeInThreads ? this.#judge.judgedBy : [];
  }

  /** Forgets everything, and ends threads; also one that was lost. */
  async drop(): Promise<void> {
    this.shelf.clear();
    this.links.clear();
    this.keys.drop();
    this.takenIn.clear();
    this.#known.clear();
    this.#versions.clear();
    await this.#judge.reset();
  }

  /** Rules that went are forgotten; for one that came every subject is to be judged from what is stored. */
  async arm(rules: readonly ArmedRule[]): Promise<void> {
    this.keys.arm(rules);
    const bySubject = rules.filter(each => !isFieldKeyed(each));
    const armed = new Map(bySubject.map(each => [each.rule.id, each]));
    for (const [id, version] of this.#versions) {
      if (armed.get(id)?.rule.version === version) continue;
      await this.#judge.disarm(id);
      this.#versions.delete(id);
    }
    for (const [id, each] of armed) {
      if (this.#versions.has(id)) continue;
      await this.#judge.arm(each);
      this.#versions.set(id, each.rule.version);
      this.takenIn.clear();
      this.#known.clear();
    }
  }

  knows(subjectId: number): boolean {
    return this.#known.has(subjectId);
  }

  /** Takes over the states that judging from stored observations came to, one for each armed rule. */
  async remember(dossier: Dossier, states: ReadonlyMap<string, KeyState>): Promise<void> {
    if (states.size !== this.#versions.size) return;
    await this.#judge.replace(dossier, states);
    this.#known.add(dossier.subjectId);
  }

  /** To be called when a subject must be judged from stored observations before it is known again. */
  forget(subjectId: number): void {
    this.#known.delete(subjectId);
  }

  /** Records each rule could not be evaluated on since this was asked last, by rule id. */
  takeErrors(): Promise<Map<string, number>> {
    return this.#judge.takeErrors();
  }

  /** Everything kept of the subjects that are known, as canonical data by name, in the order of names. */
  async freeze(): Promise<[string, Canonical][]> {
    const names = [...this.#known].map(nameOf).sort();
    return Promise.all(names.map(async name => [name, await this.#judge.freeze(name)]));
  }

  /** All that is remembered, as of the position called `stop`. */
  async *image(stop: string): AsyncGenerator<Piece> {
    yield* this.#judge.image(stop, [...this.#known].map(nameOf));
    for (const { name, bytes } of this.keys.image(`${KEYS}${stop}`, checksum))
      yield { name: `${KEYS}${name}`, bytes };
  }

  /**
   * Takes over an image of that stop after `arm`; what is wrong with it, or null. A rule it lacks makes every
   * subject unknown, or every key of its field; an image without keys leaves all of them unknown.
   */
  async load(
    pieces: readonly Piece[],
    stop: string,
  ): Promise<{ readonly piece: string; readonly fault: string } | null> {
    const ofKeys = pieces.filter(({ name }) => name.startsWith(KEYS));
    const own = pieces.filter(each => !ofKeys.includes(each));
    const loaded = await this.#judge.load(own, stop);
    if (loaded.outcome === 'refused') return { piece: loaded.piece, fault: loaded.fault };
    for (const subject of loaded.known) this.#known.add(subjectIdOf(subject));
    const keys = ofKeys.map(({ name, bytes }) => ({ name: name.slice(KEYS.length), bytes }));
    const fault = this.keys.load(keys, `${KEYS}${stop}`, checksum);
    return fault === null ? null : { ...fault, piece: `${KEYS}${fault.piece}` };
  }

  /** Judges what has come for subjects that are known. */
  async judge(fed: readonly Fed[]): Promise<FedJudgement[]> {
    const { verdicts: found, late } = await this.#judge.judge(fed);
    const verdicts = Map.groupBy(found, verdict => verdict.key);
    return fed.map(({ dossier }) => {
      const { key } = keyOf(dossier);
      return { dossier, verdicts: verdicts.get(key) ?? [], lateMs: late.get(key) ?? null };
    });
  }
}

/** Names the pieces of keys beside those of subjects, and their stop, so that neither passes for the other. */
const KEYS = 'keys: ';

function nameOf(subjectId: number): string {
  return keyOf({ subjectId, class: null }).key;
}

/** Of a subject's key, as `keyOf` makes it. */
function subjectIdOf(key: string): number {
  return Number(key.slice(key.indexOf('/') + 1));
}
