/**
 * Arithmetic of civil days in an IANA zone, deterministic for one edition of the zone data.
 *
 * A day begins at the first instant whose local date is that day: where a clock change skips midnight the
 * day begins at the change, and where it repeats midnight the first one counts. Days are numbered from
 * 1970-01-01 (0), months as year × 12 + month − 1.
 */
export interface Zone {
  readonly name: string;
  /** Offset from UTC at the instant, in milliseconds; positive east of Greenwich. */
  offsetMs(atMs: number): number;
  dayOf(atMs: number): number;
  dayStartMs(day: number): number;
  monthOf(day: number): number;
  /** First day of the month. */
  monthStartDay(month: number): number;
}

const DAY_MS = 86_400_000;
const zones = new Map<string, Zone>();

/** The zone, or null when the zone data does not know the name. */
export function zoneNamed(name: string): Zone | null {
  const known = zones.get(name);
  if (known !== undefined) return known;
  const zone = openZone(name);
  if (zone !== null) zones.set(name, zone);
  return zone;
}

function openZone(name: string): Zone | null {
  const readOffset = offsetReader(name);
  if (readOffset === null) return null;
  const offsetMs = rememberOffsets(readOffset);
  const starts = new Map<number, number>();
  const dayStartMs = (day: number): number => {
    const known = starts.get(day);
    if (known !== undefined) return known;
    const start = firstInstantOf(day, offsetMs);
    starts.set(day, start);
    return start;
  };
  const dayOf = (atMs: number): number => {
    const day = Math.floor((atMs + offsetMs(atMs)) / DAY_MS);
    if (atMs >= dayStartMs(day + 1)) return day + 1;
    return atMs < dayStartMs(day) ? day - 1 : day;
  };
  return { name, offsetMs, dayOf, dayStartMs, monthOf, monthStartDay };
}

/** Reads the offset through Intl, which knows the zone data; null for an unknown zone. */
function offsetReader(name: string): ((atMs: number) => number) | null {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US-u-ca-iso8601', {
      timeZone: name,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  } catch {
    return null;
  }
  return atMs => {
    const part: Record<string, number> = {};
    for (const { type, value } of format.formatToParts(atMs)) part[type] = Number(value);
    const local = Date.UTC(
      part['year'] ?? 0,
      (part['month'] ?? 1) - 1,
      part['day'] ?? 1,
      part['hour'] ?? 0,
      part['minute'] ?? 0,
      part['second'] ?? 0,
    );
    return local - Math.floor(atMs / 1000) * 1000;
  };
}

/** Remembers each UTC day's offset; a day in which the offset changes also remembers the instant of change. */
function rememberOffsets(read: (atMs: number) => number): (atMs: number) => number {
  const days = new Map<number, { before: number; after: number; changeMs: number }>();
  return atMs => {
    const day = Math.floor(atMs / DAY_MS);
    let entry = days.get(day);
    if (entry === undefined) {
      const before = read(day * DAY_MS);
      const after = read((day + 1) * DAY_MS - 1);
      entry = { before, after, changeMs: before === after ? Infinity : changeIn(day, before, read) };
      days.set(day, entry);
    }
    return atMs < entry.changeMs ? entry.before : entry.after;
  };
}

function changeIn(day: number, before: number, read: (atMs: number) => number): number {
  let low = day * DAY_MS;
  let high = low + DAY_MS - 1;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (read(middle) === before) low = middle;
    else high = middle;
  }
  return high;
}

function firstInstantOf(day: number, offsetMs: (atMs: number) => number): number {
  const midnight = day * DAY_MS;
  const earlier = offsetMs(midnight - DAY_MS);
  const later = offsetMs(midnight + DAY_MS);
  const candidates = [midnight - earlier, midnight - later].sort((a, b) => a - b);
  for (const candidate of candidates) if (candidate + offsetMs(candidate) === midnight) return candidate;
  // Midnight does not exist: the day begins where the clock jumps over it.
  let low = candidates[0] as number;
  let high = candidates[1] as number;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (middle + offsetMs(middle) >= midnight) high = middle;
    else low = middle;
  }
  return high;
}

const months = new Map<number, number>();

function monthOf(day: number): number {
  const known = months.get(day);
  if (known !== undefined) return known;
  const date = new Date(day * DAY_MS);
  const month = date.getUTCFullYear() * 12 + date.getUTCMonth();
  months.set(day, month);
  return month;
}

function monthStartDay(month: number): number {
  return Date.UTC(Math.floor(month / 12), month % 12, 1) / DAY_MS;
}
