import { sql } from 'kysely';
import type { Database } from '../../../kernel/database/transaction.ts';

/** A party for tests, with its place in the tree; returns its id. */
export function makeParty(database: Database, parentId: number | null = null): Promise<number> {
  return database.corridor(async tx => {
    const { rows } = await sql<{ id: number }>`
      insert into party (parent_id, kind, name_en, name_zh) values (${parentId}, 'operator', 'Test', '测试')
      returning party_id as id`.execute(tx);
    const id = rows[0]!.id;
    await sql`insert into party_closure values (${id}, ${id})`.execute(tx);
    if (parentId !== null)
      await sql`insert into party_closure select ancestor_id, ${id} from party_closure where descendant_id = ${parentId}`.execute(
        tx,
      );
    return id;
  });
}
