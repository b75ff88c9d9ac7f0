import { readFileSync } from 'node:fs';
import { sql } from 'kysely';
import { hex, sha256 } from '../../../kernel/bytes.ts';
import type { Database } from '../../../kernel/database/transaction.ts';
import { silentLog } from '../../../kernel/log.ts';
import { settableClock, systemClock } from '../../../kernel/time.ts';
import { type Opened, type OpenFinding, openFor } from '../../cases/open.ts';
import { readClockCatalogue } from '../../clocks/catalogue.ts';
import { record } from '../../findings/findings.ts';
import { makeParty } from '../../observations/testing/make-party.ts';
import type { MeasureDesk, MeasureWorks, Traffic, TrafficPort } from '../ports.ts';
import { putProvider } from '../providers/store.ts';

export const QUIET_MS = 600_000;
export const DUE_MS = 3_600_000;

const CATALOGUE = new URL('../../../../../content/catalogues/clocks/cards.yaml', import.meta.url);

/** What the feed of observations says, as a test sets it. */
export interface SetTraffic extends TrafficPort {
  watermarkMs: number | null;
  readonly accepted: number[];
  readonly refused: number[];
}

/** A party with a card, a provider to order from, and rules armed; time stands still until moved. */
export interface Scene {
  readonly partyId: number;
  readonly subjectId: number;
  readonly iccid: string;
  readonly clock: ReturnType<typeof settableClock>;
  readonly traffic: SetTraffic;
  readonly works: MeasureWorks;
  finding(name: string, change?: Partial<OpenFinding>): OpenFinding;
  /** Records a finding and opens its case as judging does, in one transaction of the database given. */
  raise(finding: OpenFinding, database?: Database): Promise<Opened | null>;
}

/** What a scene orders from: a module's measures and adapters, and the provider's address. */
export type OtherSide = Pick<MeasureDesk, 'kinds' | 'adapters'> & { readonly url: string };

/** No measure, no provider: for what happens before one is ordered. */
export const nobody: OtherSide = { url: 'http://127.0.0.1:9', kinds: [], adapters: {} };

let cards = 0;

export async function makeScene(database: Database, side: OtherSide = nobody): Promise<Scene> {
  cards += 1;
  const iccid = `8986000${String(systemClock.now() % 1_000_000).padStart(6, '0')}${String(cards).padStart(6, '0')}`;
  const partyId = await makeParty(database);
  const clock = settableClock(systemClock.now());
  const subjectId = await makeCard(database, partyId, iccid);
  const settings = { url: side.url, dueMs: DUE_MS, quietMs: QUIET_MS };
  await database.corridor(tx =>
    putProvider(tx, { partyId, name: 'carrier', adapter: 'simulated-provider', settings }),
  );
  const traffic = setTraffic();
  const works: MeasureWorks = {
    database,
    clock,
    log: silentLog,
    catalogues: [readClockCatalogue(readFileSync(CATALOGUE, 'utf8'), 'cards.yaml')],
    kinds: side.kinds,
    adapters: side.adapters,
    traffic,
    referenceOf: async (tx, id) => {
      const { rows } = await sql<{
        r: string;
      }>`select reference as r from subject where subject_id = ${id}`.execute(tx);
      return rows[0]!.r;
    },
    changed: () => {},
  };
  const finding = (name: string, change: Partial<OpenFinding> = {}): OpenFinding => ({
    findingId: hex(sha256(`${subjectId} ${name}`)),
    partyId,
    ruleId: 'card-in-another-device',
    ruleVersion: '0123456789abcdef',
    subjectId,
    subjectKind: 'card',
    key: `iccid:${iccid}`,
    completedBy: hex(sha256(name)),
    observedAtMs: clock.now() - 1_000,
    judgedAtMs: clock.now(),
    severity: 'high',
    historical: false,
    evidence: { device: 'another' },
    ...change,
  });
  const raise = (found: OpenFinding, through: Database = database): Promise<Opened | null> =>
    through.corridor(async tx => {
      const occasion = { atMs: clock.now(), actor: 'corridor', reason: 'judged' };
      await record(tx, [found], [], [], occasion);
      return await openFor(tx, works, found, occasion);
    });
  return { partyId, subjectId, iccid, clock, traffic, works, finding, raise };
}

function setTraffic(): SetTraffic {
  const accepted: number[] = [];
  const refused: number[] = [];
  const port: SetTraffic = {
    watermarkMs: null,
    accepted,
    refused,
    trafficSince: async (_tx, _subjectId, afterMs): Promise<Traffic> => {
      const carried = accepted.filter(ms => ms > afterMs);
      const turned = refused.filter(ms => ms > afterMs);
      return {
        accepted: carried.length,
        lastAcceptedMs: carried.length === 0 ? null : Math.max(...carried),
        refused: turned.length,
        lastRefusedMs: turned.length === 0 ? null : Math.max(...turned),
      };
    },
    watermarkOf: async () => port.watermarkMs,
  };
  return port;
}

function makeCard(database: Database, partyId: number, iccid: string): Promise<number> {
  return database.corridor(async tx => {
    await sql`
      insert into rule_version (rule_id, version, text, armed_at, armed_by)
      values ('card-in-another-device', '0123456789abcdef', 'id: card-in-another-device', now(), 'test')
      on conflict do nothing`.execute(tx);
    const { rows } = await sql<{ id: number }>`
      insert into subject (party_id, kind, reference) values (${partyId}, 'card', ${iccid})
      returning subject_id as id`.execute(tx);
    return rows[0]!.id;
  });
}
