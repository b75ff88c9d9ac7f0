import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { type TestDatabase, testDatabase } from '../../../kernel/database/test-database.ts';
import { type RootKeyFile, rootKeyFile } from '../../../kernel/seal/root-keys.ts';
import { settableClock } from '../../../kernel/time.ts';
import { type PersonalDataRules, readPersonalDataRules } from '../catalogue.ts';
import type { Hand } from '../model.ts';
import type { VaultDoors } from '../vault.ts';

/** Text that a scene puts into the vault and that must be found nowhere else. */
export const SECRETS = [
  'Anzhelika Skryabina',
  '11010519491231002X',
  'skryabina@private.example',
  '+8613800138000',
];

export interface PrivacyScene extends VaultDoors {
  readonly db: TestDatabase;
  readonly clock: ReturnType<typeof settableClock>;
  readonly keyPath: string;
  readonly rootKeys: RootKeyFile;
  readonly editions: readonly PersonalDataRules[];
  readonly partyId: number;
  readonly otherPartyId: number;
  hand(actor?: string): Hand;
  /** Everything that lies in the database, as text. */
  dump(): Promise<string>;
  /** Acts staged so far with their entries. */
  acts(): Promise<Array<{ act: string; object: string; entry: string }>>;
  close(): Promise<void>;
}

export const RULES_TEXT = `
urn: urn:test:personal-data
version: '1'
title: { en: Test, zh: 测试 }
inForce: { from: 2020-01-01T00:00:00+08:00, to: null }
standing: house
source: [{ title: test }]
verifiedForDays: 365
personsPerReaderDay: 3
remedy:
  channel: { en: Appeal here, zh: 在此申诉 }
  documents: [{ en: Identity document, zh: 身份证件 }]
authorityReportHours: 24
informants: { acknowledgeDays: 7, answerDays: 90, perPeerHour: 3, perHour: 50 }
credit:
  appealDays: 15
  classes:
    minor: { repairableMonths: 0, endsMonths: 3 }
    general: { repairableMonths: 3, endsMonths: 12 }
    serious: { repairableMonths: 12, endsMonths: 36 }
`;

export async function privacyScene(): Promise<PrivacyScene> {
  const db = await testDatabase();
  const folder = mkdtempSync(join(tmpdir(), 'vault-'));
  const keyPath = join(folder, 'vault.keys');
  const clock = settableClock(Date.now());
  const raw = db.rawPool({ role: 'owner', max: 1 });
  const party = async (parent: number | null, name: string): Promise<number> => {
    const made = await sql<{ id: number }>`
      select found_party(${parent}::bigint, 'operator', ${name}, ${name}, now()) as id`.execute(db.corridor);
    return made.rows[0]!.id;
  };
  const root = await party(null, 'root');
  const [partyId, otherPartyId] = [await party(root, 'mine'), await party(root, 'theirs')];
  return {
    db,
    database: db.database,
    clock,
    keyPath,
    rootKeys: rootKeyFile(keyPath),
    editions: [readPersonalDataRules(RULES_TEXT, 'test')],
    partyId,
    otherPartyId,
    hand: (actor = 'person/officer') => ({ partyId, actor, atMs: clock.now() }),
    dump: async () => {
      const { rows } = await raw.query<{ name: string }>(
        `select format('%I', c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
         where n.nspname in ('thingward', 'thingward_auth') and c.relkind = 'r'`,
      );
      const texts: string[] = [];
      for (const { name } of rows) {
        const all = await raw.query<{ row: string }>(`select t::text as row from thingward.${name} t`);
        texts.push(...all.rows.map(each => each.row));
      }
      return texts.join('\n');
    },
    acts: async () => {
      const { rows } = await raw.query<{ act: string; object: string; entry: Buffer }>(
        'select act, object, entry from thingward.ledger_stage order by stage_id',
      );
      return rows.map(row => ({ ...row, entry: row.entry.toString('utf8') }));
    },
    close: async () => {
      await db.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Numbers that a resident identity card may bear, one after the other. */
export function cardNumber(n: number): string {
  const body = `110105194912${String(10 + (n % 20))}${String(100 + n)}`;
  const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
  const sum = weights.reduce((total, weight, i) => total + weight * Number(body[i]), 0);
  return body + '10X98765432'[sum % 11];
}
