import { sql } from 'kysely';
import { cardSourceCatalogues } from '../../server/src/content.ts';
import { type TestDatabase, testDatabase } from '../../server/src/kernel/database/test-database.ts';
import type { Database } from '../../server/src/kernel/database/transaction.ts';
import { systemClock } from '../../server/src/kernel/time.ts';
import { readCardCatalogue } from '../../server/src/modules/cards/source/catalogues.ts';
import { shelveCatalogues } from '../../server/src/modules/cards/source/shelve.ts';
import { stateIdentity } from '../../server/src/spine/registry/identity.ts';

/** The catalogues as they ship, on a database's shelf. */
export function shelveShipped(database: Database): Promise<void> {
  const catalogues = [...cardSourceCatalogues()].map(([name, text]) => readCardCatalogue(text, name));
  return shelveCatalogues({ database, clock: systemClock }, catalogues);
}

/** A migrated database with the shelf in it. */
export async function gateDatabase(): Promise<TestDatabase> {
  const db = await testDatabase();
  await shelveShipped(db.database);
  return db;
}

/** What whoever verifies identities would state: the vault's part, as the corridor. */
export function verified(
  database: Database,
  subjectId: number,
  over: {
    key?: number;
    person?: 'natural' | 'unit';
    untilMs?: number;
    outcome?: 'verified' | 'failed' | 'withdrawn';
  } = {},
): Promise<number> {
  const { key = subjectId, person = 'unit', untilMs = Date.UTC(2999, 0, 1), outcome = 'verified' } = over;
  return database.corridor(tx =>
    stateIdentity(
      tx,
      {
        ...{ subjectId, outcome, person, untilMs },
        identityKey: outcome === 'verified' ? Buffer.alloc(32, key % 256) : null,
        method: 'in-person',
        evidence: 'verification/1',
        statedBy: 'vault',
      },
      systemClock.now(),
    ),
  );
}

/** The cards' states, by number. */
export async function statesOf(db: TestDatabase, ids: readonly number[]): Promise<string[]> {
  const { rows } = await sql<{ state: string }>`
    select coalesce(l.state, 'none') as state from unnest(${ids}::bigint[]) with ordinality q (id, n)
    left join card_life l on l.card_id = q.id order by n`.execute(db.owner);
  return rows.map(row => row.state);
}

export const PASSED_HOLDER = {
  documentsComplete: true,
  usageConfirmed: true,
  creditEntry: false,
  formerViolations: 0,
  cardsWanted: 10,
  monthsInBusiness: 60,
  sensitiveRegion: false,
};
export const PASSED_SELLER = {
  realNameDutyStated: true,
  penaltiesStated: true,
  documentsComplete: true,
  creditEntry: false,
  formerViolations: 0,
  sellsOnline: false,
};
