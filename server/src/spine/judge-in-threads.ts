import type { Canonical } from '../kernel/canonical-json.ts';
import { randomId } from '../kernel/ids.ts';
import { type Contribution, worldOf } from './contribution.ts';
import type { Fed } from './fed.ts';
import type { ArmedRule } from './findings/armed/armed-rules.ts';
import { keyOf } from './judging.ts';
import { PartitionedJudge } from './partitions/partitioned-judge.ts';
import type { Dossier } from './registry/dossier.ts';
import type { Piece } from './rules/arrays/image-words.ts';
import { compareObservations } from './rules/counters.ts';
import type { KeyState, Verdict } from './rules/judge-key.ts';
import {
  addLate,
  kindsIn,
  partName,
  type SubjectJudge,
  type SubjectsJudged,
  type SubjectsLoaded,
} from './subject-judge.ts';
import { TermsAtHand } from './terms-at-hand.ts';

/** Bound of a thread's heap, in MiB, unless another is asked for; what is remembered lies outside it. */
const HEAP_MIB = 1_024;

export interface ThreadPlan {
  readonly threads: number;
  /** Bound of a thread's heap, in MiB. */
  readonly heapMiB?: number;
}

/**
 * Judges subjects in threads, each in the thread of its partition. Threads are opened when the first rule is
 * armed and ended by `reset`, so whoever does not own the partition of the database holds none.
 */
export class JudgeInThreads implements SubjectJudge {
  readonly #contributions: readonly Contribution[];
  readonly #threads: number;
  readonly #heapMiB: number;
  readonly #terms: TermsAtHand;
  #judge: PartitionedJudge | null = null;
  /** Errors of each rule that were told already. */
  readonly #told = new Map<string, number>();

  constructor(contributions: readonly Contribution[], { threads, heapMiB }: ThreadPlan) {
    this.#contributions = contributions;
    this.#threads = threads;
    this.#heapMiB = heapMiB ?? HEAP_MIB;
    this.#terms = new TermsAtHand(contributions);
  }

  /** Records judged by each thread since it was opened, in the order of partitions. */
  get judgedBy(): readonly number[] {
    return this.#judge?.judgedBy ?? [];
  }

  async arm({ rule, text }: ArmedRule): Promise<void> {
    await this.#open().arm({ id: rule.id, text });
  }

  async disarm(ruleId: string): Promise<void> {
    this.#told.delete(ruleId);
    await this.#open().disarm(ruleId);
  }

  async replace(dossier: Dossier, states: ReadonlyMap<string, KeyState>): Promise<void> {
    const { key } = keyOf(dossier);
    this.#terms.open([dossier]);
    const judge = this.#open();
    await Promise.all([...states].map(([ruleId, state]) => judge.replace(ruleId, key, state)));
  }

  async judge(fed: readonly Fed[]): Promise<SubjectsJudged> {
    this.#terms.open(fed.map(({ dossier }) => dossier));
    const verdicts: Verdict[] = [];
    const late = new Map<string, number>();
    for (const kind of kindsIn(fed)) {
      const judged = await this.#judgeKind(kind, fed);
      for (const verdict of judged.verdicts) verdicts.push(verdict);
      addLate(late, judged.late);
    }
    return { verdicts, late };
  }

  async takeErrors(): Promise<Map<string, number>> {
    const errors = new Map<string, number>();
    for (const [id, tally] of await this.#open().tallies()) {
      const all = [...tally.errors.values()].reduce((sum, count) => sum + count, 0);
      const told = this.#told.get(id) ?? 0;
      if (all > told) errors.set(id, all - told);
      this.#told.set(id, all);
    }
    return errors;
  }

  async *image(stop: string, known: readonly string[]): AsyncGenerator<Piece> {
    const judge = this.#open();
    const parts = Map.groupBy(known, subject => judge.partitionOf(subject));
    for (let part = 0; part < this.#threads; part += 1) {
      const own = partName(part, this.#threads);
      for (const { name, bytes } of await judge.image(part, `${own}${stop}`, parts.get(part) ?? []))
        yield { name: `${own}${name}`, bytes };
    }
  }

  async load(pieces: readonly Piece[], stop: string): Promise<SubjectsLoaded> {
    const known: string[] = [];
    if (!pieces.some(({ name }) => name.startsWith(partName(0, this.#threads))))
      return { outcome: 'loaded', known };
    for (let part = 0; part < this.#threads; part += 1) {
      const own = partName(part, this.#threads);
      const ours = pieces
        .filter(({ name }) => name.startsWith(own))
        .map(({ name, bytes }) => ({ name: name.slice(own.length), bytes }));
      const { loaded, subjects } = await this.#open().load(part, ours);
      if (loaded.outcome === 'refused') return { ...loaded, piece: `${own}${loaded.piece}` };
      if (loaded.stop !== `${own}${stop}`)
        return { outcome: 'refused', piece: `${own}subjects`, fault: 'other-stop' };
      if (loaded.cold.length === 0) for (const subject of subjects) known.push(subject);
    }
    return { outcome: 'loaded', known };
  }

  freeze(subject: string): Promise<Canonical> {
    return this.#open().freeze(subject);
  }

  async reset(): Promise<void> {
    const judge = this.#judge;
    this.#judge = null;
    this.#told.clear();
    await judge?.close();
  }

  async #judgeKind(kind: string, fed: readonly Fed[]): Promise<SubjectsJudged> {
    const judge = this.#open();
    const entries = fed.flatMap(({ dossier, records }) =>
      records.filter(record => record.kind === kind).map(record => ({ record, subject: keyOf(dossier).key })),
    );
    const batch = judge.openBatch(kind, entries.length);
    if (batch === null) return { verdicts: [], late: new Map() };
    entries.sort((a, b) => compareObservations(a.record, b.record));
    for (const { record, subject } of entries) batch.add(record, judge.slotOf(subject), judge.texts);
    const { verdicts, late } = await judge.judge(batch);
    return { verdicts, late: late.subjects };
  }

  #open(): PartitionedJudge {
    this.#judge ??= new PartitionedJudge({
      partitions: this.#threads,
      world: worldOf(this.#contributions),
      doors: this.#terms,
      // Nobody who sends texts may foresee where they lie.
      seed: Number.parseInt(randomId().slice(0, 8), 16) | 0,
      heapMiB: this.#heapMiB,
    });
    return this.#judge;
  }
}
