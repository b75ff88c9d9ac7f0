import { FOREVER_MS } from '../../kernel/database/values.ts';
import type { BasisStretch } from './terms-basis/store.ts';

export { type BasisStretch, lockBasis, noteBasis } from './terms-basis/store.ts';

/** The earliest moment at which two bases differ, `-FOREVER_MS` for since ever; null when they are the same. */
export function firstDifferenceMs(
  before: readonly BasisStretch[],
  now: readonly BasisStretch[],
): number | null {
  const moments = [...before, ...now].map(({ fromMs }) => fromMs ?? -FOREVER_MS).sort((a, b) => a - b);
  const differs = (ms: number): boolean => digestAt(before, ms) !== digestAt(now, ms);
  return moments.find(differs) ?? null;
}

function digestAt(stretches: readonly BasisStretch[], ms: number): string | undefined {
  return stretches.findLast(({ fromMs }) => fromMs === null || fromMs <= ms)?.digest;
}
