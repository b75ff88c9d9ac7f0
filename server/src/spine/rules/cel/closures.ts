/**
 * The closures compiled expressions are made of. A closure takes the record and gives a value, or `undefined`
 * for CEL's error. Frequent shapes are one closure instead of a tree of three ("super-nodes").
 *
 * Call sites and field loads inside these functions are fast while they meet one callee and one field name.
 * The file may therefore be imported again as `closures.ts?n=7`, which gives a copy with sites of its own; it
 * keeps no state, so copies mix freely. It stays small because a copy is never freed.
 */
import type { Strict } from './checked.ts';
import { compareTexts } from './texts.ts';
import { CEL_ERROR, type CelRecord, type CelValue, type ScalarType } from './types.ts';
import { addInt, type Whole } from './whole-numbers.ts';

export type Value = (record: CelRecord) => CelValue | undefined;
export type Test = (record: CelRecord) => boolean | undefined;
/** Where an item of a list stands while a macro looks at it. */
export interface Box {
  value: CelValue | undefined;
}
/** Bounds the items macros may look at in one evaluation; running out is an error. */
export interface Meter {
  left: number;
}
type Fields = Readonly<Record<string, CelValue | undefined>>;

function load(record: CelRecord, variable: string, field: string): CelValue | undefined {
  return (record[variable] as Fields | null | undefined)?.[field];
}

/** A field declared int that holds anything else, a fraction included, is absent: the error is the same. */
function isInt(x: unknown): x is number {
  return Number.isSafeInteger(x);
}

/** A list whose items are used one by one holds texts only, or its reading is an error. */
function isTextList(x: unknown): x is readonly string[] {
  return Array.isArray(x) && x.every(item => typeof item === 'string');
}

export const intField =
  (v: string, f: string): Value =>
  r => {
    const x = load(r, v, f);
    return isInt(x) ? x : undefined;
  };
export const textField =
  (v: string, f: string): Value =>
  r => {
    const x = load(r, v, f);
    return typeof x === 'string' ? x : undefined;
  };
export const boolField =
  (v: string, f: string): Test =>
  r => {
    const x = load(r, v, f);
    return typeof x === 'boolean' ? x : undefined;
  };
export const listField =
  (v: string, f: string): Value =>
  r => {
    const x = load(r, v, f);
    return isTextList(x) ? x : undefined;
  };

export const intLess =
  (v: string, f: string, c: Whole): Test =>
  r => {
    const x = load(r, v, f);
    return isInt(x) ? x < c : undefined;
  };
export const intLessOrEqual =
  (v: string, f: string, c: Whole): Test =>
  r => {
    const x = load(r, v, f);
    return isInt(x) ? x <= c : undefined;
  };
export const intGreater =
  (v: string, f: string, c: Whole): Test =>
  r => {
    const x = load(r, v, f);
    return isInt(x) ? x > c : undefined;
  };
export const intGreaterOrEqual =
  (v: string, f: string, c: Whole): Test =>
  r => {
    const x = load(r, v, f);
    return isInt(x) ? x >= c : undefined;
  };
export const intEqual =
  (v: string, f: string, c: Whole): Test =>
  r => {
    const x = load(r, v, f);
    return isInt(x) ? x === c : undefined;
  };
export const intUnequal =
  (v: string, f: string, c: Whole): Test =>
  r => {
    const x = load(r, v, f);
    return isInt(x) ? x !== c : undefined;
  };
export const textEqual =
  (v: string, f: string, c: string): Test =>
  r => {
    const x = load(r, v, f);
    return typeof x === 'string' ? x === c : undefined;
  };
export const textUnequal =
  (v: string, f: string, c: string): Test =>
  r => {
    const x = load(r, v, f);
    return typeof x === 'string' ? x !== c : undefined;
  };
export const textStarts =
  (v: string, f: string, c: string): Test =>
  r => {
    const x = load(r, v, f);
    return typeof x === 'string' ? x.startsWith(c) : undefined;
  };
export const textIn2 =
  (v: string, f: string, c: string, d: string): Test =>
  r => {
    const x = load(r, v, f);
    return typeof x === 'string' ? x === c || x === d : undefined;
  };
export const textIn3 =
  (v: string, f: string, c: string, d: string, e: string): Test =>
  r => {
    const x = load(r, v, f);
    return typeof x === 'string' ? x === c || x === d || x === e : undefined;
  };
export const textInSet =
  (v: string, f: string, set: ReadonlySet<CelValue>): Test =>
  r => {
    const x = load(r, v, f);
    return typeof x === 'string' ? set.has(x) : undefined;
  };
export const intInSet =
  (v: string, f: string, set: ReadonlySet<CelValue>): Test =>
  r => {
    const x = load(r, v, f);
    return isInt(x) ? set.has(x) : undefined;
  };
export const textInField =
  (v: string, f: string, w: string, g: string): Test =>
  r => {
    const x = load(r, v, f);
    const list = load(r, w, g);
    return typeof x === 'string' && Array.isArray(list) ? list.includes(x) : undefined;
  };
export const textEqualField =
  (v: string, f: string, w: string, g: string): Test =>
  r => {
    const x = load(r, v, f);
    const y = load(r, w, g);
    return typeof x === 'string' && typeof y === 'string' ? x === y : undefined;
  };
export const intLessField =
  (v: string, f: string, w: string, g: string): Test =>
  r => {
    const x = load(r, v, f);
    const y = load(r, w, g);
    return isInt(x) && isInt(y) ? x < y : undefined;
  };
export const intGreaterField =
  (v: string, f: string, w: string, g: string): Test =>
  r => {
    const x = load(r, v, f);
    const y = load(r, w, g);
    return isInt(x) && isInt(y) ? x > y : undefined;
  };

export const hasInt =
  (v: string, f: string): Test =>
  r =>
    isInt(load(r, v, f));
export const hasText =
  (v: string, f: string): Test =>
  r =>
    typeof load(r, v, f) === 'string';
export const hasBool =
  (v: string, f: string): Test =>
  r =>
    typeof load(r, v, f) === 'boolean';
export const hasList =
  (v: string, f: string): Test =>
  r =>
    Array.isArray(load(r, v, f));

export const constant =
  (c: CelValue): Value =>
  () =>
    c;
export const local =
  (box: Box): Value =>
  () =>
    box.value;
export const scalar =
  (name: string, declared: ScalarType): Value =>
  r => {
    const x = r[name] as CelValue | undefined;
    if (declared === 'int') return isInt(x) ? x : undefined;
    if (declared === 'uint') return isInt(x) && x >= 0 ? x : undefined;
    if (declared === 'double') return typeof x === 'number' ? x : undefined;
    if (declared === 'string-list') return isTextList(x) ? x : undefined;
    return typeof x === (declared === 'bool' ? 'boolean' : 'string') ? x : undefined;
  };

/** False decides an `and` and true an `or` whatever errs on the other side; otherwise an error stays one. */
export const and2 =
  (a: Test, b: Test): Test =>
  r => {
    const x = a(r);
    if (x === false) return false;
    const y = b(r);
    return y === false || x === true ? y : undefined;
  };
export const and3 =
  (a: Test, b: Test, c: Test): Test =>
  r => {
    const x = a(r);
    if (x === false) return false;
    const y = b(r);
    if (y === false) return false;
    const z = c(r);
    return z === false || (x === true && y === true) ? z : undefined;
  };
export const and4 =
  (a: Test, b: Test, c: Test, d: Test): Test =>
  r => {
    const x = a(r);
    if (x === false) return false;
    const y = b(r);
    if (y === false) return false;
    const z = c(r);
    if (z === false) return false;
    const w = d(r);
    return w === false || (x === true && y === true && z === true) ? w : undefined;
  };
export const or2 =
  (a: Test, b: Test): Test =>
  r => {
    const x = a(r);
    if (x === true) return true;
    const y = b(r);
    return y === true || x === false ? y : undefined;
  };
export const or3 =
  (a: Test, b: Test, c: Test): Test =>
  r => {
    const x = a(r);
    if (x === true) return true;
    const y = b(r);
    if (y === true) return true;
    const z = c(r);
    return z === true || (x === false && y === false) ? z : undefined;
  };
/** `has(x.f) && test` where the test errs only for want of x.f: absence is false. */
export const orFalse =
  (a: Test): Test =>
  r => {
    const x = a(r);
    return x === undefined ? false : x;
  };
/** `!has(x.f) || test` where the test errs only for want of x.f: absence is true. */
export const orTrue =
  (a: Test): Test =>
  r => {
    const x = a(r);
    return x === undefined ? true : x;
  };
export const not =
  (a: Test): Test =>
  r => {
    const x = a(r);
    return x === undefined ? undefined : !x;
  };
export const choose =
  (when: Test, then: Value, otherwise: Value): Value =>
  r => {
    const x = when(r);
    return x === undefined ? undefined : x ? then(r) : otherwise(r);
  };

export const apply1 =
  (apply: Strict, a: Value): Value =>
  r => {
    const x = a(r);
    return x === undefined ? undefined : apply(x, null, null);
  };
export const apply2 =
  (apply: Strict, a: Value, b: Value): Value =>
  r => {
    const x = a(r);
    if (x === undefined) return undefined;
    const y = b(r);
    return y === undefined ? undefined : apply(x, y, null);
  };
export const sumInts =
  (a: Value, b: Value): Value =>
  r => {
    const x = a(r) as Whole | undefined;
    const y = b(r) as Whole | undefined;
    if (x === undefined || y === undefined) return undefined;
    if (typeof x === 'number' && typeof y === 'number') {
      const sum = x + y;
      if (sum <= 9007199254740991 && sum >= -9007199254740991) return sum;
    }
    return addInt(x, y);
  };

/** Numbers compare exactly in any mix of number and bigint; so do bools, false first. */
export const less =
  (a: Value, b: Value): Test =>
  r => {
    const x = a(r) as Whole | undefined;
    const y = b(r) as Whole | undefined;
    return x === undefined || y === undefined ? undefined : x < y;
  };
export const lessOrEqual =
  (a: Value, b: Value): Test =>
  r => {
    const x = a(r) as Whole | undefined;
    const y = b(r) as Whole | undefined;
    return x === undefined || y === undefined ? undefined : x <= y;
  };
export const textLess =
  (a: Value, b: Value): Test =>
  r => {
    const x = a(r) as string | undefined;
    const y = b(r) as string | undefined;
    return x === undefined || y === undefined ? undefined : compareTexts(x, y) < 0;
  };
export const textLessOrEqual =
  (a: Value, b: Value): Test =>
  r => {
    const x = a(r) as string | undefined;
    const y = b(r) as string | undefined;
    return x === undefined || y === undefined ? undefined : compareTexts(x, y) <= 0;
  };
export const equal =
  (a: Value, b: Value): Test =>
  r => {
    const x = a(r);
    const y = b(r);
    return x === undefined || y === undefined ? undefined : x === y;
  };
export const unequal =
  (a: Value, b: Value): Test =>
  r => {
    const x = a(r);
    const y = b(r);
    return x === undefined || y === undefined ? undefined : x !== y;
  };

/** The whole program; an error becomes the third outcome's public name. */
export const whole =
  (a: Value): ((record: CelRecord) => CelValue | typeof CEL_ERROR) =>
  r => {
    const x = a(r);
    return x === undefined ? CEL_ERROR : x;
  };
export const wholeMetered =
  (a: Value, meter: Meter, limit: number): Value =>
  r => {
    meter.left = limit;
    return a(r);
  };
export const isTrue =
  (a: Value): ((record: CelRecord) => boolean) =>
  r =>
    a(r) === true;
