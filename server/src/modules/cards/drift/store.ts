import { sql } from 'kysely';
import type { Tx } from '../../../kernel/database/transaction.ts';
import { at } from '../../../kernel/database/values.ts';
import type { Drift } from './compare.ts';

/** The only SQL over provider_sweep and card_drift. */

export interface Sweep {
  readonly providerId: number;
  readonly partyId: number;
  readonly mark: string | null;
  readonly begunAtMs: number | null;
  readonly cards: number;
  readonly unregistered: number;
}

/** Rows for providers that have none yet. */
export async function addSweeps(
  tx: Tx,
  providers: readonly { readonly providerId: number; readonly partyId: number }[],
  firstMs: number,
): Promise<void> {
  await sql`
    insert into provider_sweep (provider_id, party_id, next_at)
    select q.id, q.party, ${at(firstMs)} from unnest(${providers.map(each => each.providerId)}::bigint[],
      ${providers.map(each => each.partyId)}::bigint[]) q (id, party) on conflict do nothing`.execute(tx);
}

/** A sweep that is due, held by this process until the lease is over; undefined when none is. */
export async function takeSweep(tx: Tx, nowMs: number, untilMs: number): Promise<Sweep | undefined> {
  const { rows } = await sql<Sweep>`
    update provider_sweep p set leased_until = ${at(untilMs)}, begun_at = coalesce(p.begun_at, ${at(nowMs)}),
      cards = case when p.begun_at is null then 0 else p.cards end,
      unregistered = case when p.begun_at is null then 0 else p.unregistered end
    where p.provider_id = (select provider_id from provider_sweep
      where next_at <= ${at(nowMs)} and leased_until <= ${at(nowMs)} order by next_at limit 1 for update skip locked)
    returning p.provider_id as "providerId", p.party_id as "partyId", p.mark, p.begun_at as "begunAtMs", p.cards,
      p.unregistered`.execute(tx);
  return rows[0];
}

/** One page further; without a mark the sweep is done and rests until `nextMs`. */
export async function setSwept(
  tx: Tx,
  sweep: Sweep,
  page: { readonly mark: string | null; readonly cards: number; readonly unregistered: number },
  nowMs: number,
  nextMs: number,
): Promise<void> {
  const isDone = page.mark === null;
  await sql`
    update provider_sweep set mark = ${page.mark}, cards = ${sweep.cards + page.cards},
      unregistered = ${sweep.unregistered + page.unregistered}, leased_until = '-infinity', fault = null,
      begun_at = case when ${isDone} then null else begun_at end,
      done_at = case when ${isDone} then ${at(nowMs)} else done_at end,
      next_at = case when ${isDone} then ${at(nextMs)} else next_at end
    where provider_id = ${sweep.providerId}`.execute(tx);
}

/** What kept a page from being read; tried again from where it was. */
export async function setFault(tx: Tx, providerId: number, fault: string, nextMs: number): Promise<void> {
  await sql`update provider_sweep set fault = ${fault}, leased_until = '-infinity', next_at = ${at(nextMs)}
    where provider_id = ${providerId}`.execute(tx);
}

/** Brings the next comparison of a provider forward; false for one the transaction may not see. */
export async function sweepSoon(tx: Tx, providerId: number, nowMs: number): Promise<boolean> {
  const { rows } = await sql`update provider_sweep set next_at = least(next_at, ${at(nowMs)})
    where provider_id = ${providerId} returning provider_id`.execute(tx);
  return rows.length > 0;
}

/** Enters what cards of a page drift by: what is found again stays one, what is not ends. */
export async function enterDrifts(
  tx: Tx,
  sweep: Pick<Sweep, 'providerId' | 'partyId'>,
  cards: readonly string[],
  found: readonly (Drift & { readonly card: string })[],
  nowMs: number,
): Promise<void> {
  const now = at(nowMs);
  await sql`
    with found as (
      select * from unnest(${found.map(each => each.card)}::text[], ${found.map(each => each.what)}::text[],
        ${found.map(each => each.wanted)}::text[], ${found.map(each => each.reported)}::text[]) q (card, what, wanted, reported)
    ), ended as (
      update card_drift d set ended_at = ${now} where d.provider_id = ${sweep.providerId} and d.ended_at is null
        and d.card = any(${[...cards]}::text[])
        and not exists (select from found f where f.card = d.card and f.what = d.what and f.reported = d.reported)
    )
    insert into card_drift (party_id, provider_id, card, what, wanted, reported, found_at, last_found_at)
    select ${sweep.partyId}, ${sweep.providerId}, card, what, wanted, reported, ${now}, ${now} from found
    on conflict (provider_id, card, what, reported) where ended_at is null
      do update set last_found_at = excluded.last_found_at, wanted = excluded.wanted`.execute(tx);
}

export interface DriftRow {
  readonly driftId: number;
  readonly partyId: number;
  readonly providerId: number;
  readonly card: string;
  readonly what: string;
  readonly wanted: string;
  readonly reported: string;
  readonly foundAtMs: number;
  readonly lastFoundAtMs: number;
  readonly endedAtMs: number | null;
}

const columns = sql`drift_id as "driftId", party_id as "partyId", provider_id as "providerId", card, what, wanted,
  reported, found_at as "foundAtMs", last_found_at as "lastFoundAtMs", ended_at as "endedAtMs"`;

export async function untoldDrifts(tx: Tx, limit: number): Promise<DriftRow[]> {
  const { rows } = await sql<DriftRow>`select ${columns} from card_drift where told_at is null
    order by party_id, drift_id limit ${limit}`.execute(tx);
  return rows;
}

export async function setTold(tx: Tx, ids: readonly number[], atMs: number): Promise<void> {
  await sql`update card_drift set told_at = ${at(atMs)} where drift_id = any(${[...ids]}::bigint[])`.execute(
    tx,
  );
}

export async function driftsPage(
  tx: Tx,
  filter: { readonly providerId?: number | undefined; readonly isOpen: boolean },
  afterId: number,
  limit: number,
): Promise<DriftRow[]> {
  const { providerId = null, isOpen } = filter;
  const { rows } = await sql<DriftRow>`
    select ${columns} from card_drift
    where drift_id > ${afterId} and (${providerId}::bigint is null or provider_id = ${providerId})
      and (not ${isOpen} or ended_at is null)
    order by drift_id limit ${limit}`.execute(tx);
  return rows;
}

export interface SweepSeen {
  readonly providerId: number;
  readonly cards: number;
  readonly unregistered: number;
  readonly nextAtMs: number;
  readonly doneAtMs: number | null;
  readonly fault: string | null;
}

export async function sweepsPage(tx: Tx, afterId: number, limit: number): Promise<SweepSeen[]> {
  const { rows } = await sql<SweepSeen>`
    select provider_id as "providerId", cards, unregistered, next_at as "nextAtMs", done_at as "doneAtMs", fault
    from provider_sweep where provider_id > ${afterId} order by provider_id limit ${limit}`.execute(tx);
  return rows;
}
