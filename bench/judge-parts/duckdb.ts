/**
 * Four of the twelve rules in DuckDB: the CSV is loaded into a table with all its columns, and four windows are
 * worked out over the table in one query, as the engine sheet measured this peer (G-5, §7).
 *
 * The windows are those of `imei-change` (the last IMEI stated), `ten-minute-rate` (records of the minute and
 * of the nine before it), `day-cap` (a running sum of the day) and `wake-up` (the record before). The query
 * gives for each rule how many records met it, and sums over the times and cards of those records. A running
 * sum of amounts that are never negative passes its cap once in a day, so a day's first record above it needs
 * no window of its own. `ten-minute-rate` fires once a day, of which only the number of records that met it
 * is compared.
 */
import { DuckDBInstance } from '@duckdb/node-api';
import type { Verdict } from '../../server/src/spine/rules/judge-key.ts';
import { START_MS } from './data.ts';

export const FOUR = ['imei-change', 'ten-minute-rate', 'day-cap', 'wake-up'] as const;
const RATE = FOUR.indexOf('ten-minute-rate');

export interface FourHits {
  readonly counts: number[];
  readonly times: number[];
  readonly cards: number[];
}

export function openFour(): FourHits & { add(verdict: Verdict): void; metRate(count: number): FourHits } {
  const [counts, times, cards] = [FOUR.map(() => 0), FOUR.map(() => 0), FOUR.map(() => 0)];
  return {
    counts,
    times,
    cards,
    add({ ruleId, observedAtMs, key }) {
      const rule = FOUR.indexOf(ruleId as (typeof FOUR)[number]);
      if (rule < 0 || rule === RATE) return;
      counts[rule] = (counts[rule] as number) + 1;
      times[rule] = (times[rule] as number) + observedAtMs - START_MS;
      cards[rule] = (cards[rule] as number) + Number(key.slice(-9));
    },
    metRate(count) {
      counts[RATE] = count;
      return { counts, times, cards };
    },
  };
}

const TYPES =
  "{iccid: 'VARCHAR', imei: 'VARCHAR', mcc: 'VARCHAR', peer: 'VARCHAR', time: 'BIGINT', bytes_up: 'BIGINT', bytes_down: 'BIGINT', lat: 'INTEGER', lon: 'INTEGER'}";

const load = (path: string): string => `
  create table use as select * from read_csv('${path}', header = true, auto_detect = false, delim = ',', columns = ${TYPES})`;

const WINDOWS = `
  with uses as (select iccid, imei, time, bytes_up + bytes_down as used, time // 86400000 as day from use),
  windows as (
    select iccid, imei, time, used,
      lag(imei ignore nulls) over of_card as last_imei,
      lag(time) over of_card as last_time,
      count(*) over (partition by iccid order by time
        range between time % 60000 + 540000 preceding and current row) as recent,
      sum(used) over (partition by iccid, day order by time rows unbounded preceding) as day_used
    from uses window of_card as (partition by iccid order by time)),
  met as (
    select time - ${START_MS} as time, right(iccid, 9)::bigint as card,
      coalesce(imei <> last_imei, false) as m0,
      recent > 12 as m1,
      day_used > 40000 + right(iccid, 1)::bigint * 1000
        and day_used - used <= 40000 + right(iccid, 1)::bigint * 1000 as m2,
      imei is not null and coalesce(time - last_time > 36000000, false) as m3
    from windows)
  select ${FOUR.map((_rule, n) => `count(*) filter (m${n}) as c${n}, sum(time) filter (m${n}) as t${n}, sum(card) filter (m${n}) as k${n}`).join(', ')}
  from met`;

/** A database in memory, new for each time; `threads` null is its own choice. */
export async function judgeDuckdb(path: string, threads: number | null): Promise<FourHits> {
  const instance = await DuckDBInstance.create(
    ':memory:',
    threads === null ? {} : { threads: String(threads) },
  );
  const connection = await instance.connect();
  try {
    await connection.run(load(path));
    const [row] = (await connection.runAndReadAll(WINDOWS)).getRowObjects();
    const of = (name: string, but: boolean): number[] =>
      FOUR.map((_rule, n) => (but && n === RATE ? 0 : Number(row?.[`${name}${n}`])));
    return { counts: of('c', false), times: of('t', true), cards: of('k', true) };
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
