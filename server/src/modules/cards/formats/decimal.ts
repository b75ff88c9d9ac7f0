export type DecimalFault =
  | 'number-unreadable'
  | 'number-not-integral'
  | 'number-negative'
  | 'number-too-large';

/** Exact as they are. */
const FEW_DIGITS = /^\d{1,15}$/;

/**
 * A decimal text times a whole factor, exactly (C-19): `0.002803` MB is 2,803 bytes. What does not come out
 * whole is a fault rather than rounded, and so are a sign, an exponent and a thousands separator.
 */
export function exactly(
  text: string,
  factor: bigint,
): { readonly value: number } | { readonly fault: DecimalFault } {
  if (factor === 1n && FEW_DIGITS.test(text)) return { value: Number(text) };
  const found = /^(-?)(\d{1,30})(?:\.(\d{1,30}))?$/.exec(text.trim());
  if (found === null) return { fault: 'number-unreadable' };
  const [, sign, whole = '', fraction = ''] = found;
  const scaled = BigInt(whole + fraction) * factor;
  const unit = 10n ** BigInt(fraction.length);
  if (scaled % unit !== 0n) return { fault: 'number-not-integral' };
  const value = scaled / unit;
  if (sign === '-' && value !== 0n) return { fault: 'number-negative' };
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) return { fault: 'number-too-large' };
  return { value: Number(value) };
}

/** Bytes in one unit of a source's volumes (cards.md §3.0). */
export const UNIT_BYTES = { B: 1n, kB: 1_000n, KiB: 1_024n, MB: 1_000_000n, MiB: 1_048_576n } as const;

/**
 * A decimal text times a unit, rounded to the nearest whole byte, as text: decimals of 2^20 bytes are seldom whole.
 * What is no such number is given back as it is, for whoever reads it to refuse.
 */
export function wholeBytes(text: string, unitBytes: bigint): string {
  const found = /^(\d{1,15})(?:\.(\d{1,15}))?$/.exec(text);
  if (found === null) return text;
  const [, whole = '', fraction = ''] = found;
  const scale = 10n ** BigInt(fraction.length);
  return String((BigInt(whole + fraction) * unitBytes + scale / 2n) / scale);
}
