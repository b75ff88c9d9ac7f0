/**
 * 64-bit whole numbers: a number while it is a safe integer, a bigint beyond, never both. Every operation
 * returns undefined where CEL raises an error (overflow, division by zero), and for a number that is not whole.
 */
export type Whole = number | bigint;

interface Range {
  readonly min: bigint;
  readonly max: bigint;
}

const INT: Range = { min: -(2n ** 63n), max: 2n ** 63n - 1n };
const UINT: Range = { min: 0n, max: 2n ** 64n - 1n };
const SAFE = BigInt(Number.MAX_SAFE_INTEGER);

/** The one representation of a whole number. */
export function wholeOf(value: bigint): Whole {
  return value <= SAFE && value >= -SAFE ? Number(value) : value;
}

export function fitted(value: bigint, type: 'int' | 'uint'): Whole | undefined {
  const range = type === 'int' ? INT : UINT;
  return value < range.min || value > range.max ? undefined : wholeOf(value);
}

export function addInt(a: Whole, b: Whole): Whole | undefined {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b;
    if (Number.isSafeInteger(sum)) return sum;
  }
  return wide(a, b, 'int', (x, y) => x + y);
}

export function subtractInt(a: Whole, b: Whole): Whole | undefined {
  if (typeof a === 'number' && typeof b === 'number') {
    const difference = a - b;
    if (Number.isSafeInteger(difference)) return difference;
  }
  return wide(a, b, 'int', (x, y) => x - y);
}

export function multiplyInt(a: Whole, b: Whole): Whole | undefined {
  if (typeof a === 'number' && typeof b === 'number') {
    const product = a * b;
    if (Number.isSafeInteger(product)) return product + 0;
  }
  return wide(a, b, 'int', (x, y) => x * y);
}

/**
 * Truncates toward zero. For two safe integers the rounded quotient never reaches the next whole number:
 * the gap, 1/b, is wider than half a unit in the last place of a/b.
 */
export function divideInt(a: Whole, b: Whole): Whole | undefined {
  if (b === 0) return undefined;
  if (typeof a === 'number' && typeof b === 'number') return Math.trunc(a / b) + 0;
  return wide(a, b, 'int', (x, y) => x / y);
}

export function moduloInt(a: Whole, b: Whole): Whole | undefined {
  if (b === 0) return undefined;
  if (typeof a === 'number' && typeof b === 'number') return (a % b) + 0;
  // The smallest int modulo -1 overflows, as its division does.
  return a === INT.min && b === -1 ? undefined : wide(a, b, 'int', (x, y) => x % y);
}

export function negateInt(a: Whole): Whole | undefined {
  return subtractInt(0, a);
}

export function addUint(a: Whole, b: Whole): Whole | undefined {
  return wide(a, b, 'uint', (x, y) => x + y);
}

export function subtractUint(a: Whole, b: Whole): Whole | undefined {
  return wide(a, b, 'uint', (x, y) => x - y);
}

export function multiplyUint(a: Whole, b: Whole): Whole | undefined {
  return wide(a, b, 'uint', (x, y) => x * y);
}

export function divideUint(a: Whole, b: Whole): Whole | undefined {
  return b === 0 ? undefined : wide(a, b, 'uint', (x, y) => x / y);
}

export function moduloUint(a: Whole, b: Whole): Whole | undefined {
  return b === 0 ? undefined : wide(a, b, 'uint', (x, y) => x % y);
}

/** Truncates a double toward zero; undefined outside the type's range and for what is not a number. */
export function wholeFromDouble(value: number, type: 'int' | 'uint'): Whole | undefined {
  if (!Number.isFinite(value)) return undefined;
  // The largest int cannot be told from 2^63 in a double, so the bound itself is out (as in cel-go).
  if (type === 'int' && Math.abs(value) >= 2 ** 63) return undefined;
  return type === 'uint' && value < 0 ? undefined : fitted(BigInt(Math.trunc(value)), type);
}

export function wholeFromText(text: string, type: 'int' | 'uint'): Whole | undefined {
  const isWritten = type === 'int' ? /^[+-]?[0-9]{1,64}$/.test(text) : /^[0-9]{1,64}$/.test(text);
  return isWritten ? fitted(BigInt(text.replace(/^\+/, '')), type) : undefined;
}

function wide(
  a: Whole,
  b: Whole,
  type: 'int' | 'uint',
  operate: (x: bigint, y: bigint) => bigint,
): Whole | undefined {
  if (!isWhole(a) || !isWhole(b)) return undefined;
  return fitted(operate(BigInt(a), BigInt(b)), type);
}

function isWhole(value: Whole): boolean {
  return typeof value === 'bigint' || Number.isSafeInteger(value);
}
