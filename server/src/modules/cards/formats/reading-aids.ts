import type { FileReport, RecordFormat } from '../../../spine/observations/format.ts';
import type { Cut, Reading, Unread } from '../../../spine/observations/observation.ts';
import { plainProfile, type SourceProfile } from '../../../spine/observations/source-profile.ts';

/** For tests: everything a format makes of some bytes, fed in slices of `slice` bytes. */
export interface Whole {
  readonly cuts: Cut[];
  readonly readings: Reading[];
  readonly unread: Unread[];
  readonly report: FileReport;
}

export async function readWhole(
  format: RecordFormat,
  bytes: Uint8Array,
  profile: Partial<SourceProfile> = {},
  slice = 1_000,
): Promise<Whole> {
  const reader = format.read(inSlices(bytes, slice), { ...plainProfile, ...profile });
  const cuts: Cut[] = [];
  for (;;) {
    const next = await reader.next();
    if (next.done === true) return { cuts, ...parted(cuts), report: next.value };
    cuts.push(next.value);
  }
}

function parted(cuts: readonly Cut[]): { readings: Reading[]; unread: Unread[] } {
  const readings: Reading[] = [];
  const unread: Unread[] = [];
  for (const { outcome } of cuts) {
    if ('reading' in outcome) readings.push(outcome.reading);
    else unread.push(outcome.unread);
  }
  return { readings, unread };
}

async function* inSlices(bytes: Uint8Array, slice: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += slice) yield bytes.subarray(at, at + slice);
}

/** Everything about what was read, as text that tells -0 from 0, absent from undefined, and one byte from another. */
export function written({ cuts, report }: Whole): string {
  const base64 = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('base64');
  const rows = cuts.map(({ raw, frame, ...rest }) => [
    { raw: base64(raw), before: base64(frame?.before), after: base64(frame?.after), ...rest },
  ]);
  return JSON.stringify([rows, report], (_key, value: unknown) => {
    if (value === undefined) return 'undefined';
    return Object.is(value, -0) ? '-0' : value;
  });
}
