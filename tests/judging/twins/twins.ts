import { lengthMs, panesOf } from './panes.ts';

/**
 * The eight operators once more, as queries of DuckDB (E-12): what each shows for every record, written from
 * its definition and sharing no code with judging.
 *
 * A twin reads a relation with a row for each record of the one kind: `key`, `ord` (its place in the order of
 * judging among the records of its key), `at_ms`, and whatever columns its expressions name. It gives a row
 * for each record: `key`, `ord`, and the outputs by their names in `state`, integers as doubles, null for
 * absent.
 */
export interface TwinState {
  readonly name: string;
  readonly operator: string;
  readonly zone: string;
  readonly window?: string;
  readonly lookBack?: string;
  readonly per?: string;
  readonly cap?: number;
  readonly anchor?: 'start' | 'end';
  /** SQL over the relation's columns: which records are taken in, and the values they bring. */
  readonly when?: string;
  readonly of?: string;
  readonly lastsMs?: string;
  readonly latE6?: string;
  readonly lonE6?: string;
  readonly accuracyM?: string;
}

type Twin = (state: TwinState, from: string) => string;

const SAFE = Number.MAX_SAFE_INTEGER;
/** Mean radius of the Earth in metres (IUGG, R1). */
const EARTH_M = 6_371_009;

/** Records that are taken in and say the value, with it as `value`. */
const taken = (state: TwinState, value = 'true'): string =>
  `(select *, ${value} as value from placed where coalesce(${state.when ?? 'true'}, false) and (${value}) is not null)`;

/** A sum that stays within the safe integers; for amounts of one sign. */
const bounded = (sum: string): string =>
  `greatest(least(coalesce(${sum}, 0)::hugeint, ${SAFE}::hugeint), -${SAFE}::hugeint)`;

/** Every record `r` with the taken records `o` of its window, itself included. */
function overWindow(state: TwinState, from: string, value: string, outputs: string): string {
  const panes = panesOf(state.window ?? '', state.zone, from);
  return `with ${panes.placed}
    select r.key, r.ord, ${outputs}
    from placed r left join ${taken(state, value)} o
      on o.key = r.key and o.ord <= r.ord and ${panes.isWithin('o', 'r')}
    group by r.key, r.ord`;
}

/** `count`: the records of the window. */
const count: Twin = (state, from) =>
  overWindow(state, from, 'true', `count(o.ord)::double as "${state.name}"`);

/** `sum`: the sum over the window, and whether it stands at the end of the safe integers. */
const sum: Twin = (state, from) => {
  const total = bounded('sum(o.value::hugeint)');
  return overWindow(
    state,
    from,
    state.of ?? '',
    `${total}::double as "${state.name}", abs(${total}) = ${SAFE} as "${state.name}Full"`,
  );
};

/** `rate`: ⌊amount of the window × per ÷ length⌋, within the safe integers. */
const rate: Twin = (state, from) => {
  const product = `(${bounded('sum(o.value::hugeint)')} * ${lengthMs(state.per ?? '')})`;
  const length = lengthMs(state.window ?? '');
  const floored = `(${product} - ((${product} % ${length}) + ${length}) % ${length}) // ${length}`;
  return overWindow(state, from, state.of ?? '1', `${bounded(floored)}::double as "${state.name}"`);
};

/** `distinct`: how many different values the window held, up to the cap, and whether there were more. */
const distinct: Twin = (state, from) =>
  overWindow(
    state,
    from,
    `(${state.of})::varchar`,
    `least(count(distinct o.value), ${state.cap})::double as "${state.name}",
     count(distinct o.value) > ${state.cap} as "${state.name}Full"`,
  );

/** `change`: each value beside the last one stated before it and not too long ago; the changes of the window. */
const change: Twin = (state, from) => {
  const panes = panesOf(state.window ?? '', state.zone, from);
  const { name } = state;
  return `with ${panes.placed},
    said as (
      select *, lag(value) over in_order as last_value, at_ms - lag(at_ms) over in_order as ago_ms
      from ${taken(state, `(${state.of})::varchar`)} window in_order as (partition by key order by ord)),
    told as (select *, case when ago_ms <= ${lengthMs(state.lookBack ?? '')} then last_value end as before from said)
    select r.key, r.ord,
      coalesce(any_value(t.before <> t.value), false) as "${name}", any_value(t.before) as "${name}Before",
      (select count(*) from told c where c.key = r.key and c.ord <= r.ord and c.before <> c.value
        and ${panes.isWithin('c', 'r')})::double as "${name}Count"
    from placed r left join told t on t.key = r.key and t.ord = r.ord
    group by r.key, r.ord, r.day, r.pane`;
};

/** `absence`: the time since the last record taken in before this one, and whether the silence was long enough. */
const absence: Twin = (state, from) => {
  const gap = `case when r.at_ms - o.at_ms <= ${lengthMs(state.lookBack ?? '')} then r.at_ms - o.at_ms end`;
  const windowMs = lengthMs(state.window ?? '');
  return `with placed as (select * from ${from}), heard as (select * from ${taken(state)})
    select r.key, r.ord, (${gap})::double as "${state.name}Ms",
      coalesce(case when exists (select 1 from heard h where h.key = r.key and h.ord = r.ord)
        then ${gap} > ${windowMs} else ${gap} >= ${windowMs} end, false) as "${state.name}"
    from placed r asof left join heard o on o.key = r.key and o.ord < r.ord`;
};

/**
 * Of an absence, the silences themselves: `key`, `since_ms` and `due_ms` of every stretch without a record
 * taken in that is provable by the watermark.
 */
export const silences = (state: TwinState, from: string, watermarkMs: number): string =>
  `with placed as (select * from ${from}), moments as (select distinct key, at_ms from ${taken(state)}),
    gaps as (select key, at_ms, lead(at_ms, 1, ${Number.MAX_SAFE_INTEGER}) over (partition by key order by at_ms) as next_ms from moments)
    select key, at_ms::double as since_ms, (at_ms + ${lengthMs(state.window ?? '')})::double as due_ms from gaps
    where at_ms + ${lengthMs(state.window ?? '')} < next_ms and at_ms + ${lengthMs(state.window ?? '')} <=
      greatest(${watermarkMs}, (select max(p.at_ms) - 1 from placed p where p.key = gaps.key))`;

/** `overlap`: other values whose use, up to its latest end, reaches into the record's. */
const overlap: Twin = (state, from) => {
  const lookBackMs = lengthMs(state.lookBack ?? '');
  const [start, end, reachMs] =
    state.anchor === 'start' ? ['at_ms', 'at_ms + lasts', 0] : ['at_ms - lasts', 'at_ms', lookBackMs];
  return `with placed as (select * from ${from}),
    spans as (
      select key, ord, at_ms, value, ${start} as from_ms, ${end} as to_ms
      from (select * replace (least(lasts, ${lookBackMs}) as lasts)
        from (select *, (${state.lastsMs}) as lasts from ${taken(state, `(${state.of})::varchar`)}) where lasts > 0)),
    ends as (
      select r.key, r.ord, o.value, max(o.to_ms) as to_ms
      from placed r join spans o on o.key = r.key and o.ord < r.ord and o.to_ms > r.at_ms - ${reachMs}
      group by all)
    select r.key, r.ord,
      least(${state.cap}, count(e.value) filter (e.value <> s.value and e.to_ms > s.from_ms))::double as "${state.name}",
      count(e.value) filter (s.value is null or e.value <> s.value) > ${state.cap} as "${state.name}Full"
    from placed r left join spans s on s.key = r.key and s.ord = r.ord left join ends e on e.key = r.key and e.ord = r.ord
    group by r.key, r.ord`;
};

/**
 * `travel`: the great circle from the last place not too long ago, by haversine, less both radii of accuracy.
 *
 * Two libraries' sines may differ in the last bit, so `apart` tells the length before it is rounded down and
 * `slack` how far apart two right answers may be: most near the antipodes.
 */
const travel: Twin = (state, from) => {
  const half = (a: string, b: string): string => `pow(sin(radians((${b} - ${a}) / 1e6) / 2), 2)`;
  const h = `${half('o.lat', 'r.lat')} + cos(radians(o.lat / 1e6)) * cos(radians(r.lat / 1e6)) * ${half('o.lon', 'r.lon')}`;
  return `with placed as (select * from ${from}),
    places as (
      select key, ord, at_ms, lat, lon, greatest(coalesce(radius, 0), 0) as radius
      from (select *, (${state.latE6})::double as lat, (${state.lonE6})::double as lon, (${state.accuracyM ?? 'null'})::double as radius
        from ${taken(state)}) where lat is not null and lon is not null),
    moves as (
      select r.key, r.ord, greatest(1000, r.at_ms - o.at_ms) as took_ms, r.radius + o.radius as radii, least(1, ${h}) as h
      from places r asof join places o on o.key = r.key and o.ord < r.ord
      where r.at_ms - o.at_ms <= ${lengthMs(state.lookBack ?? '')}),
    lengths as (
      select *, 2 * ${EARTH_M} * asin(sqrt(h)) - radii as apart,
        1e-6 + 1e-15 * ${2 * EARTH_M} / sqrt(greatest(1 - h, 1e-15)) as slack from moves)
    select p.key, p.ord, metres as "${state.name}M",
      (metres::bigint * 3600 // took_ms)::double as "${state.name}Kmh",
      apart, slack, took_ms::double as took_ms
    from placed p left join (select *, greatest(0, floor(apart)) as metres from lengths) l on l.key = p.key and l.ord = p.ord`;
};

const twins: Readonly<Record<string, Twin>> = {
  count,
  sum,
  distinct,
  change,
  rate,
  absence,
  overlap,
  travel,
};

/** The query that tells, for every record of the relation, what the operator shows. */
export function twinOf(state: TwinState, from: string): string {
  const twin = twins[state.operator];
  if (twin === undefined) throw new Error(`no twin of ${state.operator}`);
  return twin(state, from);
}
