import { sql } from 'kysely';
import type { Tx } from '../../../kernel/database/transaction.ts';

/** SQL that goes through subjects that somebody chose, page by page. */

/** Both absent: everybody. */
export interface ChosenSubjects {
  readonly class?: string;
  readonly references?: readonly string[];
}

const among = (chosen: ChosenSubjects) => sql`
  (${chosen.class === undefined ? sql`true` : sql`s.class = ${chosen.class}`})
  and (${chosen.references === undefined ? sql`true` : sql`s.reference = any(${[...chosen.references]}::text[])`})`;

export async function chosenPage(
  tx: Tx,
  chosen: ChosenSubjects,
  afterId: number,
  limit: number,
): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`
    select s.subject_id as id from subject s where s.subject_id > ${afterId} and ${among(chosen)}
    order by s.subject_id limit ${limit}`.execute(tx);
  return rows.map(row => row.id);
}

export async function countChosen(tx: Tx, chosen: ChosenSubjects): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*) as n from subject s where ${among(chosen)}`.execute(tx);
  return rows[0]!.n;
}

/** Those of the references that no subject bears. */
export async function unknownReferences(tx: Tx, references: readonly string[]): Promise<string[]> {
  const { rows } = await sql<{ reference: string }>`
    select r.reference from unnest(${[...references]}::text[]) as r(reference)
    where not exists (select from subject s where s.reference = r.reference) order by 1`.execute(tx);
  return rows.map(row => row.reference);
}
