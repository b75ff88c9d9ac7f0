/** Characters (code points) in a text; a surrogate pair is one. */
export function textSize(text: string): number {
  let size = text.length;
  for (let i = 0; i < text.length - 1; i++) {
    if (isHigh(text.charCodeAt(i)) && isLow(text.charCodeAt(i + 1))) {
      size--;
      i++;
    }
  }
  return size;
}

/** Negative, zero or positive: the order of code points, which for surrogates is not the order of UTF-16 units. */
export function compareTexts(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return ordered(x) - ordered(y);
  }
  return a.length - b.length;
}

/** A double as cel-go writes it: the shortest digits that read back, an exponent from 1e21 and below 1e-4. */
export function doubleText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  const magnitude = Math.abs(value);
  const isPlain = magnitude === 0 || (magnitude >= 1e-4 && magnitude < 1e21);
  const text = isPlain ? String(magnitude) : magnitude.toExponential();
  const padded = text.replace(/e([+-])(\d)$/, 'e$10$2');
  return value < 0 || Object.is(value, -0) ? `-${padded}` : padded;
}

/** The double a text spells, or undefined. */
export function doubleFromText(text: string): number | undefined {
  if (/^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/.test(text)) return Number(text);
  const named = /^([+-]?)(inf|infinity|nan)$/i.exec(text);
  if (named === null) return undefined;
  if (named[2]!.toLowerCase() === 'nan') return Number.NaN;
  return named[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

export function boolFromText(text: string): boolean | undefined {
  if (['1', 't', 'T', 'true', 'TRUE', 'True'].includes(text)) return true;
  return ['0', 'f', 'F', 'false', 'FALSE', 'False'].includes(text) ? false : undefined;
}

/** Lifts surrogates above the rest of the basic plane, where the characters they spell belong. */
function ordered(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

function isHigh(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

function isLow(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}
