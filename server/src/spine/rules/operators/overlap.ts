import type { Operator, OperatorState } from './operator.ts';

interface Spans extends OperatorState {
  values: string[];
  /** When each value's use ends, as far as it is known. */
  untilMs: number[];
  /** What the judged record says, and when its use began; null when it has none that lasts. */
  told: string | null;
  fromMs: number;
}

/**
 * `overlap`: with how many other values the record's span of use overlaps.
 *
 * A record says a value (a device, a cell) and how long it lasted; its span is the time that ends at the
 * record, or begins there when the rule says `anchor: start`, and counts up to the look-back's length. Spans
 * that merely touch do not overlap, and one without length overlaps nothing. Of each value only the end of its
 * use is kept, for as long as a later span can reach it; of more than `cap` other values those that end last,
 * and of equal ends those heard last. Writes `<name>`: int, the number of other values, at most `cap`, 0 for a
 * record without value or length, and `<name>Full`: true when more than `cap` other values were in reach.
 */
export function openOverlap(
  name: string,
  lookBackMs: number,
  cap: number,
  anchor: 'start' | 'end',
): Operator {
  const reachMs = reachOf(anchor, lookBackMs);
  return {
    outputs: { [name]: 'int', [`${name}Full`]: 'bool' },
    lookBackMs,
    mostEntries: 2 * (cap + 3),
    open: (): Spans => ({ values: [], untilMs: [], told: null, fromMs: 0 }),
    take: (state, atMs, [value, lastsMs]) => {
      const spans = state as Spans;
      spans.told = null;
      if (value === undefined || typeof lastsMs !== 'number' || lastsMs < 0) return false;
      const length = Math.min(lastsMs, lookBackMs);
      if (length === 0) return true;
      spans.told = String(value);
      spans.fromMs = anchor === 'end' ? atMs - length : atMs;
      forget(spans, atMs - reachMs);
      hear(spans, spans.told, spans.fromMs + length);
      if (spans.values.length > cap + 2) forgetFirst(spans);
      return true;
    },
    show: (state, atMs, taken, view) => {
      const spans = state as Spans;
      forget(spans, atMs - reachMs);
      const value = taken ? spans.told : null;
      const others = spans.values.filter(other => other !== value).length;
      view[`${name}Full`] = others > cap;
      view[name] = value === null ? 0 : Math.min(cap, reaching(spans, value));
    },
  };
}

/** How long after its end a span may still be reached by a later record's. */
export function reachOf(anchor: 'start' | 'end', lookBackMs: number): number {
  return anchor === 'end' ? lookBackMs : 0;
}

/** Other values whose use reaches into the judged record's. */
function reaching({ values, untilMs, fromMs }: Spans, value: string): number {
  let others = 0;
  for (const [i, other] of values.entries())
    if (other !== value && (untilMs[i] as number) > fromMs) others += 1;
  return others;
}

/** The value heard last stands at the end, with the later of its ends. */
function hear(spans: Spans, value: string, untilMs: number): void {
  const known = spans.values.indexOf(value);
  const before = known < 0 ? untilMs : (spans.untilMs[known] as number);
  if (known >= 0) forgetAt(spans, known);
  spans.values.push(value);
  spans.untilMs.push(Math.max(before, untilMs));
}

function forget(spans: Spans, untilMs: number): void {
  for (let i = spans.values.length - 1; i >= 0; i -= 1)
    if ((spans.untilMs[i] as number) <= untilMs) forgetAt(spans, i);
}

/** The one that ends first; of equal ends the one heard first. */
function forgetFirst(spans: Spans): void {
  let first = 0;
  for (let i = 1; i < spans.values.length; i += 1)
    if ((spans.untilMs[i] as number) < (spans.untilMs[first] as number)) first = i;
  forgetAt(spans, first);
}

function forgetAt(spans: Spans, i: number): void {
  spans.values.splice(i, 1);
  spans.untilMs.splice(i, 1);
}
