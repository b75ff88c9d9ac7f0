/**
 * The loops that expressions over lanes are made of: CEL's three-valued operators, record by record, NaN for
 * the error (langdef.md, "Evaluation"; "Logical operators"). An int result beyond the safe integers is left
 * NaN and named in `doubts`, for it may still be an int of CEL: it is evaluated exactly elsewhere.
 *
 * Nothing in a loop calls, and what counts it is a whole number by `| 0`: so the engine checks arrays once before the
 * loop and never asks whether the count leaves 31 bits.
 */
import { type Lane, NONE } from './lane.ts';

const MOST = Number.MAX_SAFE_INTEGER;

/** A loop over one lane into another, records `from` up to before `to`. */
export type Kernel1 = (a: Lane, out: Lane, from: number, to: number, limit: number) => void;

/** A loop over two lanes into a third, records `from` up to before `to`. */
export type Kernel2 = (a: Lane, b: Lane, out: Lane, from: number, to: number, doubts: number[]) => void;

export const add: Kernel2 = (a, b, out, from, to, doubts) => {
  let isDoubtful = false;
  const end = to | 0;
  for (let i = from | 0; i < end; i = (i + 1) | 0) {
    const value = (a[i] as number) + (b[i] as number);
    out[i] = value;
    if (value > MOST || value < -MOST) isDoubtful = true;
  }
  if (isDoubtful) noteDoubts(out, from, to, doubts);
};

export const subtract: Kernel2 = (a, b, out, from, to, doubts) => {
  let isDoubtful = false;
  const end = to | 0;
  for (let i = from | 0; i < end; i = (i + 1) | 0) {
    const value = (a[i] as number) - (b[i] as number);
    out[i] = value;
    if (value > MOST || value < -MOST) isDoubtful = true;
  }
  if (isDoubtful) noteDoubts(out, from, to, doubts);
};

export const multiply: Kernel2 = (a, b, out, from, to, doubts) => {
  let isDoubtful = false;
  const end = to | 0;
  for (let i = from | 0; i < end; i = (i + 1) | 0) {
    const value = (a[i] as number) * (b[i] as number) + 0;
    out[i] = value;
    if (value > MOST || value < -MOST) isDoubtful = true;
  }
  if (isDoubtful) noteDoubts(out, from, to, doubts);
};

export const divide: Kernel2 = (a, b, out, from, to) => {
  const end = to | 0;
  for (let i = from | 0; i < end; i = (i + 1) | 0) {
    const divisor = b[i] as number;
    out[i] = divisor === 0 ? NONE : Math.trunc((a[i] as number) / divisor) + 0;
  }
};

/** A number modulo 0 is NaN of itself. */
export const modulo: Kernel2 = (a, b, out, from, to) => {
  const end = to | 0;
  for (let i = from | 0; i < end; i = (i + 1) | 0) out[i] = ((a[i] as number) % (b[i] as number)) + 0;
};

export const less: Kernel2 = (a, b, out, from, to) => {
  const end = to | 0;
  for (let i = from | 0; i < end; i = (i + 1) | 0) {
    const x = a[i] as number;
    const y = b[i] as number;
    const no = x - x + (y - y);
    out[i] = x < y ? 1 : no;
  }
};

export const lessOrEqual: Kernel2 = (a, b, out, from, to) => {
  const end = to | 0;
  for (let i = from | 0; i < end; i = (i + 1) | 0) {
    const x = a[i] as number;
    const y = b[i] as number;
    const no = x - x + (y - y);
    out[i] = x <= y ? 1 : no;
  }
};

/** Of ints, against one number for all. */
export const above: Kernel1 = (a, out, from, to, limit) => {
  const end = to | 0;
  for (let i = from | 0; i < end; i = (i + 1) | 0) {
    const value = a[i] as number;
    // 0 of a number, NaN of what is none.
    const no = value - value;
    out[i] = value > limit ? 1 : no;
  }
};

export const below: Kernel1 = (a, out, from, to, limit) => {
  const end = to | 0;
  for (let i = from | 0; i < end; i = (i + 1) | 0) {
    const value = a[i] as number;
    const no = value - value;
    out[i] = value < limit ? 1 : no;
  }
};

export const equal: Kernel2 = (a, b, out, from, to) => {
  const end = to | 0;
  for (let i = from | 0; i < end; i = (i + 1) | 0) {
    const x = a[i] as number;
    const y = b[i] as number;
    out[i] = x === y ? 1 : Number.isNaN(x + y) ? NONE : 0;
  }
};

export const textEqual: Kernel2 = (a, b, out, from, to) => {
  const end = to | 0;
  for (let i = from | 0; i < end; i = (i + 1) | 0) {
    const x = a[i] as number;
    const y = b[i] as number;
    out[i] = x > 0 && y > 0 ? (x === y ? 1 : 0) : NONE;
  }
};

/** False wins over an error, whichever side it is on. */
export const and: Kernel2 = (a, b, out, from, to) => {
  const end = to | 0;
  for (let i = from | 0; i < end; i = (i + 1) | 0) {
    const x = a[i] as number;
    const y = b[i] as number;
    out[i] = x === 0 || y === 0 ? 0 : x * y;
  }
};

/** True wins over an error, whichever side it is on. */
export const or: Kernel2 = (a, b, out, from, to) => {
  const end = to | 0;
  for (let i = from | 0; i < end; i = (i + 1) | 0) {
    const x = a[i] as number;
    const y = b[i] as number;
    out[i] = x === 1 || y === 1 ? 1 : x + y;
  }
};

export function not(a: Lane, out: Lane, from: number, to: number): void {
  const end = to | 0;
  for (let i = from | 0; i < end; i = (i + 1) | 0) out[i] = 1 - (a[i] as number);
}

/** Of ints and bools. */
export function has(a: Lane, out: Lane, from: number, to: number): void {
  const end = to | 0;
  for (let i = from | 0; i < end; i = (i + 1) | 0) out[i] = Number.isNaN(a[i] as number) ? 0 : 1;
}

export function hasText(a: Lane, out: Lane, from: number, to: number): void {
  const end = to | 0;
  for (let i = from | 0; i < end; i = (i + 1) | 0) out[i] = (a[i] as number) > 0 ? 1 : 0;
}

export function choose(
  when: Lane,
  then: Lane,
  otherwise: Lane,
  out: Lane,
  [from, to]: readonly [number, number],
): void {
  const end = to | 0;
  for (let i = from | 0; i < end; i = (i + 1) | 0) {
    const asked = when[i] as number;
    out[i] = asked === 1 ? (then[i] as number) : asked === 0 ? (otherwise[i] as number) : NONE;
  }
}

/** Whether a text is among a few, all by number. */
export function textAmong(a: Lane, few: readonly number[], out: Lane, from: number, to: number): void {
  const set = new Set(few);
  const end = to | 0;
  for (let i = from | 0; i < end; i = (i + 1) | 0) {
    const text = a[i] as number;
    out[i] = text > 0 ? (set.has(text) ? 1 : 0) : NONE;
  }
}

export function intAmong(a: Lane, few: readonly number[], out: Lane, from: number, to: number): void {
  const set = new Set(few);
  const end = to | 0;
  for (let i = from | 0; i < end; i = (i + 1) | 0) {
    const value = a[i] as number;
    out[i] = Number.isNaN(value) ? NONE : set.has(value) ? 1 : 0;
  }
}

/** Apart from the loops, which the engine makes fast only while nothing in them calls. */
function noteDoubts(out: Lane, from: number, to: number, doubts: number[]): void {
  for (let i = from; i < to; i += 1) {
    if (Math.abs(out[i] as number) <= MOST || Number.isNaN(out[i] as number)) continue;
    out[i] = NONE;
    doubts.push(i);
  }
}
