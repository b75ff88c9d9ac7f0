import { sql } from 'kysely';
import type { Tx } from '../../../../kernel/database/transaction.ts';
import { at } from '../../../../kernel/database/values.ts';

/** The only SQL over critical_mark and critical_trait. */

/** `unmark-asked` changes nothing until another person makes it `unmarked`. */
export type MarkDeed = 'marked' | 'unmark-asked' | 'unmarked';

export interface Mark {
  readonly markId: number;
  readonly partyId: number;
  readonly subjectId: number;
  readonly deed: MarkDeed;
  readonly why: string;
  readonly actor: string;
  readonly atMs: number;
  /** Until when a request waits for another person; null for every other deed. */
  readonly expiresAtMs: number | null;
}

/** The database holds the subject with it, so that a mark and an order come one after the other. */
export async function insertMark(tx: Tx, mark: Omit<Mark, 'markId'>): Promise<void> {
  await sql`
    insert into critical_mark (party_id, subject_id, deed, why, actor, at, expires_at)
    values (${mark.partyId}, ${mark.subjectId}, ${mark.deed}, ${mark.why}, ${mark.actor}, ${at(mark.atMs)},
      ${mark.expiresAtMs === null ? sql`null` : at(mark.expiresAtMs)})`.execute(tx);
}

/** Whether each of the persons holds a role that orders, and one of them leads. */
export async function leadsAmong(tx: Tx, partyId: number, labels: readonly string[]): Promise<boolean> {
  const { rows } = await sql<{ leads: boolean | null }>`
    select leads_among(${partyId}, ${labels}::text[]) as leads`.execute(tx);
  return rows[0]?.leads === true;
}

/** The newest first. */
export async function marksOf(tx: Tx, subjectId: number, limit: number): Promise<Mark[]> {
  const { rows } = await sql<Mark>`
    select mark_id as "markId", party_id as "partyId", subject_id as "subjectId", deed, why, actor, at as "atMs",
      expires_at as "expiresAtMs"
    from critical_mark where subject_id = ${subjectId} order by mark_id desc limit ${limit}`.execute(tx);
  return rows;
}

/** Whether anything changed. */
export async function replaceTraits(
  tx: Tx,
  traits: readonly { readonly trait: string; readonly name: string }[],
): Promise<boolean> {
  const [kinds, names] = [traits.map(each => each.trait), traits.map(each => each.name)];
  const gone = await sql`
    delete from critical_trait where (trait, name) not in (select * from unnest(${kinds}::text[], ${names}::text[]))
    returning 1`.execute(tx);
  const come = await sql`
    insert into critical_trait (trait, name) select * from unnest(${kinds}::text[], ${names}::text[])
    on conflict do nothing returning 1`.execute(tx);
  return gone.rows.length + come.rows.length > 0;
}
