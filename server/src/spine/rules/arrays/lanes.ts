import type { CounterMark } from '../counters.ts';
import { timeMarks } from '../rule.ts';
import type { Window } from '../window.ts';
import type { Batch, KindFields } from './columns.ts';
import type { Lane } from './lane.ts';
import { paneUnit } from './pane-lists.ts';
import type { TextNumbers } from './texts.ts';

/** Numbers of marks in a batch, in this order. */
export const counterMarks = [
  'own',
  'next',
  'first',
  'partial',
  'gap',
  'stale',
  'wrap',
  'restart',
  'negative',
] as const satisfies readonly CounterMark[];

export function counterMarkNumber(mark: CounterMark): number {
  return counterMarks.indexOf(mark);
}

interface Derived {
  lane: Lane;
  stamp: number;
}

/** What the rules of one kind read of the batch in hand, each lane worked out once for all of them. */
export class Lanes {
  readonly fields: KindFields;
  /** Nothing is read before a first `open`. */
  batch!: Batch;
  #stamp = 0;
  readonly #texts: TextNumbers;
  readonly #derived = new Map<string, Derived>();
  readonly #panes = new Map<string, { lane: Int32Array; stamp: number }>();

  constructor(fields: KindFields, texts: TextNumbers) {
    this.fields = fields;
    this.#texts = texts;
  }

  open(batch: Batch): void {
    this.batch = batch;
    this.#stamp += 1;
  }

  /** The lane of a field: a column as it stands, or one of those that judging adds. */
  field(name: string): () => Lane {
    if (name === 'atMs') return () => this.batch.atMs;
    if (name === 'timeMark') return this.#marks(name, timeMarks, () => this.batch.timeMarks);
    if (name === 'counterMark') return this.#marks(name, counterMarks, () => this.batch.counterMarks);
    const column = this.fields.column(name);
    return () => this.batch.columns[column] as Lane;
  }

  /** The panes of the records in the window, divided by the window's unit. */
  panes(window: Window, zone: string): () => Int32Array {
    const unit = paneUnit(window);
    const name = `${zone} ${window.paneName}`;
    const known = this.#panes.get(name) ?? { lane: new Int32Array(0), stamp: 0 };
    this.#panes.set(name, known);
    return () => {
      if (known.stamp === this.#stamp) return known.lane;
      if (known.lane.length < this.batch.capacity) known.lane = new Int32Array(this.batch.capacity);
      fillPanes(this.batch, window, unit, known.lane);
      known.stamp = this.#stamp;
      return known.lane;
    };
  }

  #marks(name: string, marks: readonly string[], numbers: () => Uint8Array): () => Lane {
    const ids = marks.map(mark => this.#texts.idOf(mark));
    return this.#derive(name, lane => {
      const of = numbers();
      for (let i = 0; i < this.batch.count; i += 1) lane[i] = ids[of[i] as number] as number;
    });
  }

  #derive(name: string, fill: (lane: Lane) => void): () => Lane {
    const known = this.#derived.get(name) ?? { lane: new Float64Array(0), stamp: 0 };
    this.#derived.set(name, known);
    return () => {
      if (known.stamp === this.#stamp) return known.lane;
      if (known.lane.length < this.batch.capacity) known.lane = new Float64Array(this.batch.capacity);
      fill(known.lane);
      known.stamp = this.#stamp;
      return known.lane;
    };
  }
}

/** Records come in the order of time, so a pane is asked for once for all that lie in it. */
function fillPanes({ atMs, count }: Batch, window: Window, unit: number, panes: Int32Array): void {
  let sinceMs = Number.POSITIVE_INFINITY;
  let untilMs = Number.NEGATIVE_INFINITY;
  let pane = 0;
  for (let i = 0; i < count; i += 1) {
    const ms = atMs[i] as number;
    if (ms < sinceMs || ms >= untilMs) {
      pane = window.paneOf(ms) / unit;
      sinceMs = ms;
      untilMs = window.sameUntil(ms);
    }
    panes[i] = pane;
  }
}
