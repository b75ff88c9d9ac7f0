import { type RawBuilder, sql } from 'kysely';
import type { Tx } from '../../../kernel/database/transaction.ts';
import { at } from '../../../kernel/database/values.ts';

/**
 * The only SQL over card_life and card_move. Every write asks for a move and no more: a trigger decides, records
 * what was done or refused, and lets a refused row be as it was.
 */

/** What a move may set besides the state; null takes it away. */
export interface MoveSets {
  readonly batchId?: number | null;
  readonly holderId?: number | null;
  readonly sellerId?: number | null;
  readonly industryClass?: string;
  readonly scenario?: string;
  readonly deviceType?: string;
  readonly channel?: string | null;
  readonly nonDirectedMb?: number;
  /** From the database's clock on. */
  readonly testDays?: number | null;
}

export interface AskedMove {
  readonly act: string;
  /** Null where the act changes no state. */
  readonly to: string | null;
  readonly sets: MoveSets;
}

/** Names the act and the actor to the gate, for the transaction. */
async function nameMove(tx: Tx, act: string, actor: string): Promise<void> {
  await sql`select set_config('thingward.act', ${act}, true), set_config('thingward.actor', ${actor}, true)`.execute(
    tx,
  );
}

/** Asks for a move of cards that have a life; answers those that came through it. */
export async function askMove(
  tx: Tx,
  actor: string,
  { act, to, sets }: AskedMove,
  cardIds: readonly number[],
): Promise<number[]> {
  await nameMove(tx, act, actor);
  const changes: RawBuilder<unknown>[] = [to === null ? sql`state = l.state` : sql`state = ${to}`];
  const set = (column: string, value: number | string | null | undefined): void => {
    if (value !== undefined) changes.push(sql`${sql.ref(column)} = ${value}`);
  };
  set('batch_id', sets.batchId);
  set('holder_id', sets.holderId);
  set('seller_id', sets.sellerId);
  set('industry_class', sets.industryClass);
  set('scenario', sets.scenario);
  set('device_type', sets.deviceType);
  set('channel', sets.channel);
  set('non_directed_mb', sets.nonDirectedMb);
  if (sets.testDays === null) changes.push(sql`test_until = null`);
  else if (sets.testDays !== undefined)
    changes.push(sql`test_until = clock_timestamp() + make_interval(days => ${sets.testDays}::int)`);
  const { rows } = await sql<{ id: number }>`
    with mine as (select card_id from card_life where card_id = any(${cardIds}::bigint[]) order by card_id for update)
    update card_life l set ${sql.join(changes)} from mine where l.card_id = mine.card_id
    returning l.card_id as id`.execute(tx);
  return rows.map(row => row.id);
}

/** Asks for a card's first state; answers those that were taken in. */
export async function askFirst(
  tx: Tx,
  actor: string,
  one: {
    readonly act: string;
    readonly to: string;
    readonly batchId: number | null;
    readonly holderId?: number | null;
  },
  cards: readonly { readonly cardId: number; readonly partyId: number }[],
): Promise<number[]> {
  await nameMove(tx, one.act, actor);
  const { rows } = await sql<{ id: number }>`
    insert into card_life (card_id, party_id, state, batch_id, holder_id)
    select q.card_id, q.party_id, ${one.to}, ${one.batchId}::bigint, ${one.holderId ?? null}::bigint
    from unnest(${cards.map(each => each.cardId)}::bigint[], ${cards.map(each => each.partyId)}::bigint[]) q (card_id, party_id)
    order by q.card_id on conflict (card_id) do nothing returning card_id as id`.execute(tx);
  return rows.map(row => row.id);
}

/** Why a card may not be in use as it stands, by a code of the gate; null when it may, or has no life. */
export async function activityFault(tx: Tx, cardId: number): Promise<string | null> {
  const { rows } = await sql<{
    fault: string | null;
  }>`select card_activity_fault(${cardId}) as fault`.execute(tx);
  return rows[0]!.fault;
}

/** What this transaction was refused, by card; the last refusal of each. */
export async function refusedHere(tx: Tx, cardIds: readonly number[]): Promise<Map<number, string>> {
  const { rows } = await sql<{ cardId: number; code: string }>`
    select distinct on (card_id) card_id as "cardId", code from card_move
    where xid = pg_current_xact_id() and outcome = 'refused' and card_id = any(${cardIds}::bigint[])
    order by card_id, move_id desc`.execute(tx);
  return new Map(rows.map(row => [row.cardId, row.code]));
}

export interface LifeRow {
  readonly cardId: number;
  readonly partyId: number;
  readonly state: string;
  readonly batchId: number | null;
  readonly sellerId: number | null;
  readonly holderId: number | null;
  readonly industryClass: string | null;
  readonly scenario: string | null;
  readonly deviceType: string | null;
  readonly channel: string | null;
  readonly nonDirectedMb: number;
  readonly testUntilMs: number | null;
  readonly changedAtMs: number;
}

const lifeColumns = sql`card_id as "cardId", party_id as "partyId", state, batch_id as "batchId", seller_id as "sellerId",
  holder_id as "holderId", industry_class as "industryClass", scenario, device_type as "deviceType", channel,
  non_directed_mb as "nonDirectedMb", test_until as "testUntilMs", changed_at as "changedAtMs"`;

export async function livesOf(tx: Tx, cardIds: readonly number[]): Promise<LifeRow[]> {
  const { rows } = await sql<LifeRow>`
    select ${lifeColumns} from card_life where card_id = any(${cardIds}::bigint[]) order by card_id`.execute(
    tx,
  );
  return rows;
}

export async function livesPage(
  tx: Tx,
  filter: {
    state?: string | undefined;
    batch?: number | undefined;
    holder?: number | undefined;
    seller?: number | undefined;
  },
  afterId: number,
  limit: number,
): Promise<LifeRow[]> {
  const where = [sql`card_id > ${afterId}`];
  if (filter.state !== undefined) where.push(sql`state = ${filter.state}`);
  if (filter.batch !== undefined) where.push(sql`batch_id = ${filter.batch}`);
  if (filter.holder !== undefined) where.push(sql`holder_id = ${filter.holder}`);
  if (filter.seller !== undefined) where.push(sql`seller_id = ${filter.seller}`);
  const { rows } = await sql<LifeRow>`
    select ${lifeColumns} from card_life where ${sql.join(where, sql` and `)} order by card_id limit ${limit}`.execute(
    tx,
  );
  return rows;
}

/** Cards of a batch that are in a state, or all of them, by id. */
export async function cardsOfBatch(tx: Tx, batchId: number, most: number): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`
    select card_id as id from card_life where batch_id = ${batchId} order by card_id limit ${most}`.execute(
    tx,
  );
  return rows.map(row => row.id);
}

/** How many cards of each batch are in each state. */
export async function countsByBatch(
  tx: Tx,
  batchIds: readonly number[],
): Promise<Map<number, Record<string, number>>> {
  const { rows } = await sql<{ batchId: number; state: string; n: number }>`
    select batch_id as "batchId", state, count(*)::int as n from card_life
    where batch_id = any(${batchIds}::bigint[]) group by 1, 2 order by 1, 2`.execute(tx);
  const counts = new Map<number, Record<string, number>>();
  for (const { batchId, state, n } of rows) counts.set(batchId, { ...counts.get(batchId), [state]: n });
  return counts;
}

export interface MoveRow {
  readonly moveId: number;
  readonly cardId: number;
  readonly act: string | null;
  readonly from: string | null;
  readonly to: string;
  readonly outcome: 'done' | 'refused';
  readonly code: string | null;
  readonly actor: string;
  readonly atMs: number;
}

/** The newest first. */
export async function movesPage(
  tx: Tx,
  filter: { cardId?: number | undefined; outcome?: string | undefined },
  beforeId: number | null,
  limit: number,
): Promise<MoveRow[]> {
  const where = [beforeId === null ? sql`true` : sql`move_id < ${beforeId}`];
  if (filter.cardId !== undefined) where.push(sql`card_id = ${filter.cardId}`);
  if (filter.outcome !== undefined) where.push(sql`outcome = ${filter.outcome}`);
  const { rows } = await sql<MoveRow>`
    select move_id as "moveId", card_id as "cardId", act, from_state as from, to_state as to, outcome, code, actor, at as "atMs"
    from card_move where ${sql.join(where, sql` and `)} order by move_id desc limit ${limit}`.execute(tx);
  return rows;
}

/** Refused moves since a moment of cards that one of these holds or sells, or of these cards. */
export async function refusedMoves(
  tx: Tx,
  subjectIds: readonly number[],
  sinceMs: number,
  most: number,
): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from (select 1 from card_move where outcome = 'refused' and at >= ${at(sinceMs)}
      and (card_id = any(${subjectIds}::bigint[]) or holder_id = any(${subjectIds}::bigint[]) or seller_id = any(${subjectIds}::bigint[]))
      limit ${most}) counted`.execute(tx);
  return rows[0]!.n;
}

/** Cards that somebody holds or sells and that were not ended, at most so many. */
export async function cardsOf(
  tx: Tx,
  subjectId: number,
  as: 'holder' | 'seller',
  most: number,
): Promise<number[]> {
  const column = as === 'holder' ? sql`holder_id` : sql`seller_id`;
  const { rows } = await sql<{ id: number }>`
    select card_id as id from card_life where ${column} = ${subjectId} order by card_id limit ${most}`.execute(
    tx,
  );
  return rows.map(row => row.id);
}

/** Cards whose test is over by the database's clock. */
export async function testsOver(tx: Tx, limit: number): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`
    select card_id as id from card_life where state = 'test' and test_until <= clock_timestamp()
    order by card_id limit ${limit} for update skip locked`.execute(tx);
  return rows.map(row => row.id);
}

/** Moves of a period that were done, with what the card's life says now, subjects by number; after one (C-54). */
export async function movesWithin(
  tx: Tx,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
  afterId: number,
  limit: number,
): Promise<Array<{ readonly id: number } & Readonly<Record<string, string | number | null>>>> {
  const { rows } = await sql<{ id: number } & Record<string, string | number | null>>`
    select m.move_id as id, m.move_id as move, m.party_id as party, m.at, m.card_id as card, m.act,
      m.from_state as from, m.to_state as to, m.holder_id as holder, m.seller_id as seller, l.industry_class as "industryClass", l.scenario, l.device_type as "deviceType", l.channel
    from card_move m left join card_life l on l.card_id = m.card_id
    where m.move_id > ${afterId} and m.outcome = 'done' and m.at >= ${at(fromMs)} and m.at < ${at(toMs)}
    order by m.move_id limit ${limit}`.execute(tx);
  return rows;
}
