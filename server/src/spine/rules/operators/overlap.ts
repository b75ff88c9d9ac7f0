import type { Operator, OperatorState } from './operator.ts';

interface Spans extends OperatorState {
  values: string[];
  fromMs: number[];
  toMs: number[];
  atMs: number[];
}

/**
 * `overlap`: with how many other values the record's span of use overlaps.
 *
 * A record says a value (a device, a cell) and how long it lasted; its span is the time that ends at the
 * record, or begins there when the rule says `anchor: start`. Spans that merely touch do not overlap. It is compared with the last
 * `cap` records within the look-back that had both. Writes `<name>`: int, the number of distinct other
 * values whose span overlaps, 0 for a record without value or length, and `<name>Full`: true when the
 * look-back held more records than `cap`.
 */
export function openOverlap(
  name: string,
  lookBackMs: number,
  cap: number,
  anchor: 'start' | 'end',
): Operator {
  return {
    outputs: { [name]: 'int', [`${name}Full`]: 'bool' },
    lookBackMs,
    mostEntries: 4 * (cap + 2),
    open: (): Spans => ({ values: [], fromMs: [], toMs: [], atMs: [] }),
    take: (state, atMs, [value, lastsMs]) => {
      const spans = state as Spans;
      if (value === undefined || typeof lastsMs !== 'number' || lastsMs < 0) return false;
      spans.values.push(String(value));
      spans.fromMs.push(anchor === 'end' ? atMs - lastsMs : atMs);
      spans.toMs.push(anchor === 'end' ? atMs : atMs + lastsMs);
      spans.atMs.push(atMs);
      if (spans.atMs.length > cap + 2) forgetFirst(spans, spans.atMs.length - cap - 2);
      return true;
    },
    show: (state, atMs, taken, view) => {
      const spans = state as Spans;
      let gone = 0;
      while (gone < spans.atMs.length && atMs - (spans.atMs[gone] as number) > lookBackMs) gone += 1;
      forgetFirst(spans, gone);
      const judged = spans.atMs.length - 1;
      const isJudged = taken && judged >= 0;
      view[`${name}Full`] = spans.atMs.length - (isJudged ? 1 : 0) > cap;
      view[name] = isJudged ? overlapping(spans, judged, Math.max(0, judged - cap)) : 0;
    },
  };
}

function overlapping(spans: Spans, judged: number, first: number): number {
  const value = spans.values[judged];
  const from = spans.fromMs[judged] as number;
  const to = spans.toMs[judged] as number;
  const others = new Set<string>();
  for (let i = first; i < judged; i += 1) {
    const other = spans.values[i] as string;
    if (other === value) continue;
    const overlapMs = Math.min(to, spans.toMs[i] as number) - Math.max(from, spans.fromMs[i] as number);
    if (overlapMs > 0) others.add(other);
  }
  return others.size;
}

function forgetFirst(spans: Spans, count: number): void {
  if (count === 0) return;
  spans.values.splice(0, count);
  spans.fromMs.splice(0, count);
  spans.toMs.splice(0, count);
  spans.atMs.splice(0, count);
}
