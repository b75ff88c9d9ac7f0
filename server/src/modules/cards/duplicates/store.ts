import { sql } from 'kysely';
import type { Tx } from '../../../kernel/database/transaction.ts';
import { at } from '../../../kernel/database/values.ts';

/** The only SQL over duplicate_imei. */

export interface Duplicate {
  readonly duplicateId: number;
  readonly partyId: number;
  readonly imei: string;
  readonly cards: readonly string[];
  readonly places: number;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly foundMs: number;
  readonly endedMs: number | null;
  readonly maker: string;
  readonly revision: number;
}

const columns = sql`duplicate_id as "duplicateId", party_id as "partyId", imei, cards, places, first_at as "firstMs",
  last_at as "lastMs", found_at as "foundMs", ended_at as "endedMs", maker, revision`;

/** What is known of an IMEI at a party. */
export async function duplicateOf(tx: Tx, partyId: number, imei: string): Promise<Duplicate | undefined> {
  const { rows } = await sql<Duplicate>`
    select ${columns} from duplicate_imei where party_id = ${partyId} and imei = ${imei}`.execute(tx);
  return rows[0];
}

/**
 * Enters what was seen of an IMEI: anew, with a card more, or for the last time when a record spoke against it. The
 * revision that is to be told; undefined where nothing new was seen.
 */
export async function enterDuplicate(
  tx: Tx,
  seen: Omit<Duplicate, 'duplicateId' | 'maker' | 'revision'>,
): Promise<Duplicate | undefined> {
  const { partyId, imei, places, firstMs, lastMs, foundMs, endedMs } = seen;
  const ended = endedMs === null ? sql`null::timestamptz` : at(endedMs);
  const { rows } = await sql<Duplicate>`
    insert into duplicate_imei as known (party_id, imei, cards, places, first_at, last_at, found_at, ended_at)
    values (${partyId}, ${imei}, ${[...seen.cards]}::text[], ${places}, ${at(firstMs)}, ${at(lastMs)}, ${at(foundMs)}, ${ended})
    on conflict (party_id, imei) do update set
      cards = (select array_agg(distinct card order by card) from unnest(known.cards || excluded.cards) as both_of (card)),
      places = greatest(known.places, excluded.places), first_at = least(known.first_at, excluded.first_at),
      last_at = greatest(known.last_at, excluded.last_at), found_at = least(known.found_at, excluded.found_at),
      ended_at = excluded.ended_at, revision = known.revision + 1
    where known.ended_at is null and (excluded.ended_at is not null or not known.cards @> excluded.cards)
    returning ${columns}`.execute(tx);
  return rows[0];
}

/** Those that were not told as they stand, and those whose maker nobody knew when they were told; the oldest first. */
export async function duplicatesToTell(tx: Tx, limit: number): Promise<Duplicate[]> {
  const { rows } = await sql<Duplicate>`select ${columns} from duplicate_imei where told_revision < revision
    order by duplicate_id limit ${limit}`.execute(tx);
  return rows;
}

/** Those that were told while nobody knew the maker, and that nothing spoke against since. */
export async function makersWanted(tx: Tx, afterId: number, limit: number): Promise<Duplicate[]> {
  const { rows } = await sql<Duplicate>`select ${columns} from duplicate_imei
    where maker = '' and told_revision = revision and ended_at is null and duplicate_id > ${afterId}
    order by duplicate_id limit ${limit}`.execute(tx);
  return rows;
}

export async function reviseDuplicate(tx: Tx, duplicateId: number): Promise<void> {
  await sql`update duplicate_imei set revision = revision + 1
    where duplicate_id = ${duplicateId} and told_revision = revision and maker = ''`.execute(tx);
}

export async function setTold(
  tx: Tx,
  { duplicateId, revision }: Pick<Duplicate, 'duplicateId' | 'revision'>,
  maker: string,
): Promise<void> {
  await sql`update duplicate_imei set told_revision = greatest(told_revision, ${revision}), maker = ${maker}
    where duplicate_id = ${duplicateId}`.execute(tx);
}

/** The party and those above it, the nearest first. */
export async function upwards(tx: Tx, partyId: number): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`
    select c.ancestor_id as id from party_closure c where c.descendant_id = ${partyId}
    order by (select count(*) from party_closure above where above.descendant_id = c.ancestor_id) desc`.execute(
    tx,
  );
  return rows.map(row => row.id);
}
