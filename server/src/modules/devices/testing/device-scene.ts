import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import type { TestDatabase } from '../../../kernel/database/test-database.ts';
import type { Database } from '../../../kernel/database/transaction.ts';
import { silentLog } from '../../../kernel/log.ts';
import { rootKeyFile } from '../../../kernel/seal/root-keys.ts';
import { settableClock } from '../../../kernel/time.ts';
import {
  type Authority,
  type AuthorityDesk,
  type Doer,
  installAuthority,
  requestAuthority,
} from '../authorities/authorities.ts';
import { keyRing } from '../authorities/key-ring.ts';
import { readProfiles } from '../authorities/profiles.ts';
import { type Certificate, issueCertificate } from '../certificates/issue.ts';
import { tellWhatIsDue } from '../crl/round.ts';
import { registerDevice } from '../devices.ts';
import type { KeyStoreName, TokenSettings } from '../signing/key.ts';
import { openSigning } from '../signing/signing.ts';
import type { KeyType } from '../x509/algorithms.ts';
import { deviceRequest, type TestRoot, testRoot } from './test-root.ts';

export const NOW_MS = Date.UTC(2026, 10, 26, 12);
const CATALOGUE = new URL(
  '../../../../../content/catalogues/certificate-profiles/devices.yaml',
  import.meta.url,
);
export const PROFILES = readProfiles(new Map([['devices', readFileSync(CATALOGUE, 'utf8')]]));

const files = new WeakMap<TestDatabase, string>();

/** One file of root keys for one database: another would be a loss. */
export function keysOf(db: TestDatabase): string {
  const known = files.get(db) ?? join(mkdtempSync(join(tmpdir(), 'tw-keys-')), 'authority.keys');
  files.set(db, known);
  return known;
}

export interface DeviceScene {
  readonly desk: AuthorityDesk;
  readonly clock: ReturnType<typeof settableClock>;
  readonly root: TestRoot;
  readonly doer: Doer;
  readonly authority: Authority;
  /** The same desk over another way into the database, one that breaks. */
  over(database: Database): AuthorityDesk;
  issue(serial: string): Promise<Certificate>;
  /** What the round of the house does. */
  tell(desk?: AuthorityDesk): Promise<void>;
  close(): Promise<void>;
}

export interface SceneChoice {
  readonly shards?: number;
  readonly store?: KeyStoreName;
  readonly keyType?: KeyType;
  readonly token?: TokenSettings;
  readonly baseUrl?: string;
  readonly nowMs?: number;
}

export async function party(db: TestDatabase, name: string): Promise<Doer> {
  const { rows } = await sql<{ id: number }>`
    select found_party(null, 'operator', ${name}, ${name}, now()) as id`.execute(db.corridor);
  return { partyId: rows[0]?.id as number, label: 'person/one' };
}

/** A party with an authority under a root of its own, which it does not hold. */
export async function deviceScene(
  db: TestDatabase,
  name: string,
  choice: SceneChoice = {},
): Promise<DeviceScene> {
  const {
    shards = 1,
    store = 'sealed',
    keyType = 'ec-p256',
    baseUrl = 'http://pki.example',
    nowMs = NOW_MS,
  } = choice;
  const clock = settableClock(nowMs);
  const token = choice.token ?? null;
  const keys = keyRing(openSigning(1, token), rootKeyFile(keysOf(db)), token !== null);
  const desk: AuthorityDesk = { database: db.database, clock, keys, profiles: PROFILES };
  const doer = await party(db, name);
  const root = testRoot(nowMs);
  const asked = { name: 'issuing', organization: 'Test', store, keyType, shards, baseUrl };
  const { authorityId, request } = await requestAuthority(desk, doer, asked);
  const given = { certificate: root.certify(request), above: [root.certificate] };
  const authority = await installAuthority(desk, doer, authorityId, given);
  return {
    desk,
    clock,
    root,
    doer,
    authority,
    over: database => ({ ...desk, database }),
    issue: async serial => {
      await registerDevice(desk, doer, { product: 'meter-3', serial });
      const device = `meter-3:${serial}`;
      const { der } = deviceRequest([['commonName', device]]);
      return await issueCertificate(desk, doer, { device, authorityId, profile: 'device', request: der });
    },
    tell: async (told = desk) => {
      await tellWhatIsDue(told, silentLog);
    },
    close: () => keys.close(),
  };
}
