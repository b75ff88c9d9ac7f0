import { sql } from 'kysely';
import type { Tx } from '../../../kernel/database/transaction.ts';
import { at } from '../../../kernel/database/values.ts';
import type { Days, Shortfall } from './compare.ts';

/** The only SQL over source_poll and feed_shortfall. */

export interface PollSettings {
  readonly providerId: number;
  readonly everyMs: number;
  readonly graceMs: number;
  /** How many days are compared in each round. */
  readonly dayCount: number;
  readonly leastBytes: number;
  /** The first UTC day that is compared. */
  readonly sinceDay: string;
}

export interface Poll extends PollSettings {
  readonly sourceId: number;
  readonly partyId: number;
  /** The days of the round under way; null before its first page was written. */
  readonly firstDay: string | null;
  readonly lastDay: string | null;
  readonly mark: number;
  readonly cards: number;
  readonly uncounted: number;
  readonly nextAtMs: number;
  readonly leasedUntilMs: number;
  readonly doneAtMs: number | null;
  readonly doneDay: string | null;
  readonly fault: string | null;
}

const day = (column: string) => sql`to_char(${sql.ref(column)}, 'YYYY-MM-DD')`;
const columns = sql`
  p.source_id as "sourceId", p.party_id as "partyId", p.provider_id as "providerId", p.every_ms as "everyMs",
  p.grace_ms as "graceMs", p.day_count as "dayCount", p.least_bytes as "leastBytes", ${day('p.since_day')} as "sinceDay",
  ${day('p.first_day')} as "firstDay", ${day('p.last_day')} as "lastDay", p.mark, p.cards, p.uncounted,
  p.next_at as "nextAtMs", p.leased_until as "leasedUntilMs", p.done_at as "doneAtMs", ${day('p.done_day')} as "doneDay",
  p.fault`;

/** Sets how a source is held against a provider; a round under way is begun anew. */
export async function putPoll(
  tx: Tx,
  poll: PollSettings & { readonly sourceId: number; readonly partyId: number; readonly setBy: string },
  nowMs: number,
): Promise<void> {
  await sql`
    insert into source_poll (source_id, party_id, provider_id, every_ms, grace_ms, day_count, least_bytes, since_day,
      set_by, next_at)
    values (${poll.sourceId}, ${poll.partyId}, ${poll.providerId}, ${poll.everyMs}, ${poll.graceMs}, ${poll.dayCount},
      ${poll.leastBytes}, ${poll.sinceDay}::text::date, ${poll.setBy}, ${at(nowMs)})
    on conflict (source_id) do update set provider_id = excluded.provider_id, every_ms = excluded.every_ms,
      grace_ms = excluded.grace_ms, day_count = excluded.day_count, least_bytes = excluded.least_bytes,
      since_day = excluded.since_day, set_by = excluded.set_by, next_at = excluded.next_at,
      leased_until = '-infinity', first_day = null, last_day = null, mark = 0`.execute(tx);
}

/** False where there was none. */
export async function endPoll(tx: Tx, sourceId: number): Promise<boolean> {
  const { rows } =
    await sql`delete from source_poll where source_id = ${sourceId} returning source_id`.execute(tx);
  return rows.length > 0;
}

/** Brings the next round of a source forward; false for one that has none or that the transaction may not see. */
export async function pollSoon(tx: Tx, sourceId: number, nowMs: number): Promise<boolean> {
  const { rows } = await sql`update source_poll set next_at = least(next_at, ${at(nowMs)})
    where source_id = ${sourceId} returning source_id`.execute(tx);
  return rows.length > 0;
}

export async function pollOf(tx: Tx, sourceId: number): Promise<Poll | undefined> {
  const { rows } =
    await sql<Poll>`select ${columns} from source_poll p where p.source_id = ${sourceId}`.execute(tx);
  return rows[0];
}

export async function pollsPage(
  tx: Tx,
  afterId: number,
  limit: number,
): Promise<(Poll & { readonly openShortfalls: number })[]> {
  const { rows } = await sql<Poll & { openShortfalls: number }>`
    select ${columns}, (select count(*) from feed_shortfall s where s.source_id = p.source_id and s.ended_at is null)
      as "openShortfalls"
    from source_poll p where p.source_id > ${afterId} order by p.source_id limit ${limit}`.execute(tx);
  return rows;
}

/** A poll that is due, held by this process until the lease is over; undefined when none is. */
export async function takePoll(tx: Tx, nowMs: number, untilMs: number): Promise<Poll | undefined> {
  const { rows } = await sql<Poll>`
    update source_poll p set leased_until = ${at(untilMs)}
    where p.source_id = (select source_id from source_poll
      where next_at <= ${at(nowMs)} and leased_until <= ${at(nowMs)} order by next_at limit 1 for update skip locked)
    returning ${columns}`.execute(tx);
  return rows[0];
}

/** Locks the poll for writing; false when the lease ran out and another has it, or it was set anew or ended meanwhile. */
export async function isStillHeld(tx: Tx, { sourceId, leasedUntilMs }: Poll): Promise<boolean> {
  const { rows } = await sql`select 1 from source_poll
    where source_id = ${sourceId} and leased_until = ${at(leasedUntilMs)} for update`.execute(tx);
  return rows.length > 0;
}

/** One page further in the round of these days. */
export async function setPolled(
  tx: Tx,
  poll: Poll,
  days: Days,
  page: { readonly mark: number; readonly cards: number; readonly uncounted: number },
): Promise<void> {
  await sql`
    update source_poll set first_day = ${days.first}::text::date, last_day = ${days.last}::text::date,
      mark = ${page.mark}, cards = ${page.cards}, uncounted = ${page.uncounted}, leased_until = '-infinity', fault = null
    where source_id = ${poll.sourceId}`.execute(tx);
}

/** The round is done and rests until `nextMs`; without days there was nothing to compare. */
export async function restPoll(
  tx: Tx,
  poll: Poll,
  days: Days | null,
  nowMs: number,
  nextMs: number,
): Promise<void> {
  const done = days === null ? sql`` : sql`done_at = ${at(nowMs)}, done_day = ${days.last}::text::date,`;
  await sql`
    update source_poll set ${done} next_at = ${at(nextMs)}, first_day = null, last_day = null, mark = 0,
      leased_until = '-infinity', fault = null
    where source_id = ${poll.sourceId}`.execute(tx);
}

/** What kept a page from being read; tried again from where it was, unless somebody else has it. */
export async function setFault(tx: Tx, poll: Poll, fault: string, nextMs: number): Promise<void> {
  if (!(await isStillHeld(tx, poll))) return;
  await sql`update source_poll set fault = ${fault}, leased_until = '-infinity', next_at = ${at(nextMs)}
    where source_id = ${poll.sourceId}`.execute(tx);
}

/** Enters what some cards lack on some days: what is found again stays one, what is not ends. */
export async function enterShortfalls(
  tx: Tx,
  { sourceId, partyId, providerId }: Poll,
  compared: { readonly cards: readonly string[]; readonly days: Days },
  found: readonly (Shortfall & { readonly card: string })[],
  nowMs: number,
): Promise<void> {
  const now = at(nowMs);
  const { cards, days } = compared;
  await sql`
    with found as (
      select q.card, q.day::date as day, q.counted, q.received
      from unnest(${found.map(each => each.card)}::text[], ${found.map(each => each.day)}::text[],
        ${found.map(each => each.counted)}::bigint[], ${found.map(each => each.received)}::bigint[])
        q (card, day, counted, received)
    ), ended as (
      update feed_shortfall s set ended_at = ${now} where s.source_id = ${sourceId} and s.ended_at is null
        and s.card = any(${[...cards]}::text[])
        and s.day between ${days.first}::text::date and ${days.last}::text::date
        and not exists (select from found f where f.card = s.card and f.day = s.day)
    )
    insert into feed_shortfall (party_id, source_id, provider_id, card, day, counted_bytes, received_bytes, found_at,
      last_found_at)
    select ${partyId}, ${sourceId}, ${providerId}, card, day, counted, received, ${now}, ${now} from found
    on conflict (source_id, card, day) where ended_at is null do update set last_found_at = excluded.last_found_at,
      counted_bytes = excluded.counted_bytes, received_bytes = excluded.received_bytes`.execute(tx);
}

/** A day of a source of which nobody was told yet that something is missing. */
export interface Untold {
  readonly partyId: number;
  readonly sourceId: number;
  readonly providerId: number;
  readonly day: string;
  readonly foundAtMs: number;
}

export async function untoldDays(tx: Tx, limit: number): Promise<Untold[]> {
  const { rows } = await sql<Untold>`
    select party_id as "partyId", source_id as "sourceId", min(provider_id) as "providerId", ${day('day')} as day,
      min(found_at) as "foundAtMs"
    from feed_shortfall where told_at is null group by party_id, source_id, feed_shortfall.day
    order by party_id, source_id, feed_shortfall.day limit ${limit}`.execute(tx);
  return rows;
}

export async function setDayTold(tx: Tx, { sourceId, day }: Untold, atMs: number): Promise<void> {
  await sql`update feed_shortfall set told_at = ${at(atMs)}
    where source_id = ${sourceId} and day = ${day}::text::date and told_at is null`.execute(tx);
}

export interface ShortfallRow {
  readonly shortfallId: number;
  readonly sourceId: number;
  readonly providerId: number;
  readonly card: string;
  readonly day: string;
  readonly countedBytes: number;
  readonly receivedBytes: number;
  readonly foundAtMs: number;
  readonly lastFoundAtMs: number;
  readonly endedAtMs: number | null;
}

export async function shortfallsPage(
  tx: Tx,
  filter: { readonly sourceId?: number | undefined; readonly isOpen: boolean },
  afterId: number,
  limit: number,
): Promise<ShortfallRow[]> {
  const { sourceId = null, isOpen } = filter;
  const { rows } = await sql<ShortfallRow>`
    select shortfall_id as "shortfallId", source_id as "sourceId", provider_id as "providerId", card,
      ${day('day')} as day, counted_bytes as "countedBytes", received_bytes as "receivedBytes",
      found_at as "foundAtMs", last_found_at as "lastFoundAtMs", ended_at as "endedAtMs"
    from feed_shortfall
    where shortfall_id > ${afterId} and (${sourceId}::bigint is null or source_id = ${sourceId})
      and (not ${isOpen} or ended_at is null)
    order by shortfall_id limit ${limit}`.execute(tx);
  return rows;
}
