import { sha256 } from '../kernel/bytes.ts';
import type { Canonical } from '../kernel/canonical-json.ts';
import type { Contribution } from './contribution.ts';
import { DossierJudge } from './dossier-judge.ts';
import type { Fed } from './fed.ts';
import type { ArmedRule } from './findings/armed/armed-rules.ts';
import { keyOf } from './judging.ts';
import type { Dossier } from './registry/dossier.ts';
import type { Piece } from './rules/arrays/image-words.ts';
import type { KeyState, Verdict } from './rules/judge-key.ts';

/** What a batch came to, by the names `keyOf` gives subjects. */
export interface SubjectsJudged {
  readonly verdicts: readonly Verdict[];
  /** Subjects a record came too late for, from when. */
  readonly late: ReadonlyMap<string, number>;
}

/** What came of loading an image; after a refusal the judge must be reset. */
export type SubjectsLoaded =
  | { readonly outcome: 'loaded' /** By name. */; readonly known: readonly string[] }
  | { readonly outcome: 'refused'; readonly piece: string; readonly fault: string };

/**
 * Judges subjects in arrays under the rules keyed by them, in this thread or in others. Calls take effect in the
 * order they are made. Where threads judge, each rejects with `partition-lost` once a thread was lost, until `reset`.
 */
export interface SubjectJudge {
  arm(armed: ArmedRule): Promise<void>;
  disarm(ruleId: string): Promise<void>;
  /** Puts the states that judging from stored observations came to in place, by rule id. */
  replace(dossier: Dossier, states: ReadonlyMap<string, KeyState>): Promise<void>;
  judge(fed: readonly Fed[]): Promise<SubjectsJudged>;
  /** Records each rule could not be evaluated on since this was asked last, by rule id. */
  takeErrors(): Promise<Map<string, number>>;
  /** What is remembered of the subjects named, as of the position called `stop`. */
  image(stop: string, known: readonly string[]): AsyncGenerator<Piece>;
  /** Takes over an image of that stop after `arm`. A rule it lacks, or other partitions than ours, leave nobody known. */
  load(pieces: readonly Piece[], stop: string): Promise<SubjectsLoaded>;
  /** Everything kept of a subject, by name, as canonical data. */
  freeze(subject: string): Promise<Canonical>;
  /** Forgets every rule and all that is remembered under it. */
  reset(): Promise<void>;
}

export const checksum = (bytes: Uint8Array): string => sha256(bytes).toString('hex');

/** Names the pieces of each of several partitions. */
export function partName(part: number, parts: number): string {
  return `part ${part}/${parts}: `;
}

export function isOfPart(piece: Piece): boolean {
  return piece.name.startsWith('part ');
}

/** Judges in this thread. */
export class JudgeHere implements SubjectJudge {
  readonly #judge: DossierJudge;

  constructor(contributions: readonly Contribution[]) {
    this.#judge = new DossierJudge(contributions);
  }

  async arm({ rule }: ArmedRule): Promise<void> {
    this.#judge.arrays.arm(rule);
  }

  async disarm(ruleId: string): Promise<void> {
    this.#judge.disarm(ruleId);
  }

  async replace(dossier: Dossier, states: ReadonlyMap<string, KeyState>): Promise<void> {
    const { key } = keyOf(dossier);
    for (const [ruleId, state] of states) this.#judge.arrays.replace(ruleId, key, state);
  }

  async judge(fed: readonly Fed[]): Promise<SubjectsJudged> {
    this.#judge.open(fed.map(({ dossier }) => dossier));
    const late = new Map<string, number>();
    for (const kind of kindsIn(fed)) addLate(late, this.#judge.judge(kind, fed, () => true).subjects);
    return { verdicts: this.#judge.found, late };
  }

  async takeErrors(): Promise<Map<string, number>> {
    return this.#judge.takeErrors();
  }

  async *image(stop: string, known: readonly string[]): AsyncGenerator<Piece> {
    const kept = new Set(known);
    yield* this.#judge.arrays.image(stop, checksum, subject => kept.has(subject));
  }

  async load(pieces: readonly Piece[], stop: string): Promise<SubjectsLoaded> {
    if (pieces.some(isOfPart)) return { outcome: 'loaded', known: [] };
    const loaded = this.#judge.arrays.load(pieces, checksum);
    if (loaded.outcome === 'refused') return loaded;
    if (loaded.stop !== stop) return { outcome: 'refused', piece: 'subjects', fault: 'other-stop' };
    return { outcome: 'loaded', known: loaded.cold.length > 0 ? [] : [...this.#judge.arrays.subjects] };
  }

  async freeze(subject: string): Promise<Canonical> {
    return this.#judge.arrays.freeze(subject);
  }

  async reset(): Promise<void> {
    this.#judge.reset();
  }
}

export function kindsIn(fed: readonly Fed[]): Set<string> {
  return new Set(fed.flatMap(({ records }) => records.map(record => record.kind)));
}

export function addLate(late: Map<string, number>, more: ReadonlyMap<string, number>): void {
  for (const [subject, ms] of more) late.set(subject, Math.min(ms, late.get(subject) ?? ms));
}
