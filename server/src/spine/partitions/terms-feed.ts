import type { Stretch } from '../rules/arrays/bound-lanes.ts';
import { longer } from '../rules/arrays/texts.ts';
import type { Terms } from '../rules/rule.ts';

/** Asked of the owner, who alone knows the registry. */
export interface TermsDoors {
  /** The same object while the terms are the same; asked from the beginning of time, stretch after stretch. */
  stretchAt(subject: string, atMs: number): Stretch;
  classOf(subject: string): string;
}

/** What is in force for subjects over all time: sets of terms once, then by number. */
export interface NewTerms {
  /** Whether everything told before is to be forgotten. */
  readonly isAnew: boolean;
  /** Numbered on from those told before. */
  readonly sets: readonly Terms[];
  readonly classes: readonly string[];
  /** Subjects by the number they are sent by, each with its class and how many stretches it has. */
  readonly subjects: readonly number[];
  readonly classOf: readonly number[];
  readonly counts: readonly number[];
  /** Stretches of all subjects, one after the other: since when, and the set's number. */
  readonly fromMs: readonly number[];
  readonly setOf: readonly number[];
}

/** Sets of terms a partition holds before those out of use are forgotten. */
const MOST_SETS = 65_536;
const MOST_STRETCHES = 10_000;

interface Draft {
  isAnew: boolean;
  readonly sets: Terms[];
  readonly classes: string[];
  readonly subjects: number[];
  readonly classOf: number[];
  readonly counts: number[];
  readonly fromMs: number[];
  readonly setOf: number[];
}

const emptyDraft = (isAnew: boolean): Draft => ({
  isAnew,
  sets: [],
  classes: [],
  subjects: [],
  classOf: [],
  counts: [],
  fromMs: [],
  setOf: [],
});

/** The owner's side: tells a partition what is in force for a subject when it first needs it, and after a change. */
export class TermsFeed {
  readonly #doors: TermsDoors;
  /** By the subject's slot of the owner: 1 where the partition knows what is in force. */
  #told = new Uint8Array(256);
  #known = 0;
  /** Slots told once and not any more true. */
  readonly #stale = new Set<number>();
  #sets = new Map<Terms, number>();
  #classes = new Map<string, number>();
  #draft = emptyDraft(false);

  constructor(doors: TermsDoors) {
    this.#doors = doors;
  }

  /** To be called before the first subject of a taking: forgets what is out of use. */
  begin(): void {
    if (this.#sets.size > MOST_SETS && this.#sets.size > 2 * this.#known) this.#startAnew();
  }

  /** Makes sure that what is taken next tells the subject. */
  tell(slot: number, subject: string, number: number): void {
    if (slot >= this.#told.length) this.#told = longer(this.#told, Uint8Array, slot + 1);
    if (this.#told[slot] === 1) return;
    this.#told[slot] = 1;
    this.#known += 1;
    this.#stale.delete(slot);
    const draft = this.#draft;
    draft.subjects.push(number);
    draft.classOf.push(numberIn(this.#classes, this.#doors.classOf(subject), draft.classes));
    draft.counts.push(this.#tellStretches(subject, draft));
  }

  isTold(slot: number): boolean {
    return this.#told[slot] === 1;
  }

  /** To be told when what is in force for the subject may have changed. */
  forget(slot: number): void {
    if (this.#told[slot] !== 1) return;
    this.#told[slot] = 0;
    this.#known -= 1;
    this.#stale.add(slot);
  }

  get stale(): Iterable<number> {
    return [...this.#stale];
  }

  take(): NewTerms {
    const draft = this.#draft;
    this.#draft = emptyDraft(false);
    return draft;
  }

  #tellStretches(subject: string, draft: Draft): number {
    let fromMs = Number.NEGATIVE_INFINITY;
    for (let count = 1; count <= MOST_STRETCHES; count += 1) {
      const { terms, untilMs } = this.#doors.stretchAt(subject, fromMs);
      draft.fromMs.push(fromMs);
      draft.setOf.push(numberIn(this.#sets, terms, draft.sets));
      if (untilMs === Number.POSITIVE_INFINITY) return count;
      if (!(untilMs > fromMs)) throw new RangeError('terms: a stretch ends before it begins');
      fromMs = untilMs;
    }
    throw new RangeError('terms: a subject has too many stretches');
  }

  #startAnew(): void {
    for (let slot = 0; slot < this.#told.length; slot += 1) if (this.#told[slot] === 1) this.forget(slot);
    this.#sets = new Map();
    this.#classes = new Map();
    this.#draft = emptyDraft(true);
  }
}

function numberIn<Item>(numbers: Map<Item, number>, item: Item, fresh: Item[]): number {
  let number = numbers.get(item);
  if (number === undefined) {
    number = numbers.size;
    numbers.set(item, number);
    fresh.push(item);
  }
  return number;
}

interface Schedule {
  readonly fromMs: readonly number[];
  readonly setOf: readonly number[];
}

/** The partition's side: answers from what it was told. */
export class TermsTold {
  #sets: Terms[] = [];
  #classes: string[] = [];
  /** By slot: the class, and the set of a subject that has one for all time; each with 1 added. */
  #classOf = new Int32Array(256);
  #single = new Int32Array(256);
  readonly #schedules = new Map<number, Schedule>();

  /** `ownSlot` turns the numbers sent into slots; `forget` is told every slot whose terms may have changed. */
  hear(news: NewTerms, ownSlot: (number: number) => number, forget: (slot: number) => void): void {
    if (news.isAnew) {
      this.#sets = [];
      this.#classes = [];
      this.#schedules.clear();
      this.#single.fill(0);
    }
    for (const set of news.sets) this.#sets.push(set);
    for (const name of news.classes) this.#classes.push(name);
    let at = 0;
    for (let n = 0; n < news.subjects.length; n += 1) {
      const slot = ownSlot(news.subjects[n] as number);
      const count = news.counts[n] as number;
      this.#hold(slot);
      this.#classOf[slot] = (news.classOf[n] as number) + 1;
      this.#single[slot] = count === 1 ? (news.setOf[at] as number) + 1 : 0;
      if (count === 1) this.#schedules.delete(slot);
      else
        this.#schedules.set(slot, {
          fromMs: news.fromMs.slice(at, at + count),
          setOf: news.setOf.slice(at, at + count),
        });
      at += count;
      forget(slot);
    }
  }

  stretchAt(slot: number, atMs: number): Stretch {
    const single = this.#single[slot] ?? 0;
    if (single !== 0) return { terms: this.#sets[single - 1] as Terms, untilMs: Number.POSITIVE_INFINITY };
    const schedule = this.#schedules.get(slot);
    if (schedule === undefined) throw new RangeError('a subject is judged whose terms were not told');
    const { fromMs, setOf } = schedule;
    let n = fromMs.length - 1;
    while ((fromMs[n] as number) > atMs) n -= 1;
    return {
      terms: this.#sets[setOf[n] as number] as Terms,
      untilMs: fromMs[n + 1] ?? Number.POSITIVE_INFINITY,
    };
  }

  classOf(slot: number): string {
    return this.#classes[(this.#classOf[slot] ?? 0) - 1] ?? '';
  }

  #hold(slot: number): void {
    if (slot < this.#single.length) return;
    this.#single = longer(this.#single, Int32Array, slot + 1);
    this.#classOf = longer(this.#classOf, Int32Array, slot + 1);
  }
}
