/** How a twin says which records lie in the window that ends at another. */
export interface PaneSql {
  /** CTEs that give every record its civil `day` and the beginning of its pane as `pane`; the last is `placed`. */
  readonly placed: string;
  /** True when the record `o` lies in the window that ends with `r`; order apart. */
  isWithin(o: string, r: string): string;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The length a duration says, read anew: judging has a reader of its own. */
export function lengthMs(text: string): number {
  const unit = { m: MINUTE, h: HOUR, d: DAY }[text.slice(-1)] ?? Number.NaN;
  return Number(text.slice(0, -1)) * unit;
}

/**
 * The panes of a window over the relation `from` (key, ord, at_ms, …), by DuckDB's own zone data.
 *
 * A civil day begins at the first minute whose local date it is: the hours around every record are looked at
 * for the dates they have, then the minutes before the first hour of each date. So a midnight that the clock
 * skips or shows twice needs no case of its own.
 */
export function panesOf(window: string, zone: string, from: string): PaneSql {
  const paneMs = paneLengthOf(window);
  const local = (ms: string): string => `timezone('${zone}', make_timestamptz(${ms} * 1000))::date`;
  const placed = `
    records as (select * from ${from}),
    hours as (
      select distinct (at_ms // ${HOUR} - back) * ${HOUR} as ms from records, range(-1, 50) as each(back)),
    dates as (select ${local('ms')} as day, min(ms) as ms from hours group by 1),
    minutes as (select day, ms - ago * ${MINUTE} as ms from dates, range(0, 240) as each(ago)),
    days as (select day, min(ms) as start_ms from minutes where ${local('ms')} = day group by day),
    placed as (
      select r.*, d.day, ${paneMs === null ? 'd.start_ms' : `d.start_ms + (r.at_ms - d.start_ms) // ${paneMs} * ${paneMs}`} as pane
      from records r asof join days d on r.at_ms >= d.start_ms)`;
  return { placed, isWithin: (o, r) => within(window, paneMs, o, r) };
}

/** Null for windows of civil days and months. */
function paneLengthOf(window: string): number | null {
  if (window.endsWith('m')) return MINUTE;
  if (!window.endsWith('h') || window === 'month') return null;
  return lengthMs(window) < 10 * HOUR ? 5 * MINUTE : HOUR;
}

function within(window: string, paneMs: number | null, o: string, r: string): string {
  if (window === 'day') return `${o}.day = ${r}.day`;
  if (window === 'month') return `date_trunc('month', ${o}.day) = date_trunc('month', ${r}.day)`;
  if (paneMs === null) return `date_diff('day', ${o}.day, ${r}.day) < ${lengthMs(window) / DAY}`;
  return `${r}.pane - ${o}.pane <= ${lengthMs(window) - paneMs}`;
}
