import { readFileSync } from 'node:fs';
import { sql } from 'kysely';
import type { TestDatabase } from '../../../../kernel/database/test-database.ts';
import { DAY_MS, rfc3339, settableClock } from '../../../../kernel/time.ts';
import type { Terms } from '../../../../spine/contribution.ts';
import { loadDossiers } from '../../../../spine/registry/dossier.ts';
import { registerRows } from '../../../../spine/registry/register.ts';
import { CARD, CONTRACT, known, named, under } from '../../imports/registration.ts';
import { boundAt } from '../../restrictions.ts';
import type { Clauses } from '../clauses.ts';
import type { Doer, SaleDoors } from '../contracts.ts';
import { readSaleRules } from '../sale-rules.ts';

export const NOW_MS = Date.parse('2026-03-01T00:00:00Z');
export const ICCIDS = ['8986001234567890123', '8986001234567890131', '8986001234567890149'] as const;

/** A contract with nothing missing: two functions, 500 MB, two countries and one network of a third. */
export const WHOLE: Clauses = {
  buyer: 'Meters Ltd.',
  seller: 'Carrier',
  channel: 'direct',
  class: 'metering',
  scenario: 'remote reading',
  deviceType: 'meter',
  functions: ['sms', 'general-data'],
  capBytes: 500_000_000,
  regions: ['460', '262', '20801'],
  destinations: ['apn:cmiot', 'host:Meters.example'],
  binding: 'single',
  from: '2026-01-01T00:00:00+08:00',
  to: '2027-01-01T00:00:00+08:00',
  realName: { clause: '7', text: 'The seller verifies and registers who uses each card.' },
  penalty: { clause: '9', text: 'A breach ends the contract and is paid for.' },
};

export interface SaleScene {
  readonly doors: SaleDoors;
  readonly clock: ReturnType<typeof settableClock>;
  readonly partyId: number;
  readonly one: Doer;
  readonly two: Doer;
  /** Registers a card under a contract that is registered, from a moment on. */
  putUnder(iccid: string, contract: string, fromMs?: number): Promise<number>;
  /** What binds a card at a moment, as judging reads it. */
  boundOf(iccid: string, atMs?: number): Promise<Terms>;
  /** Acts staged for the ledger so far. */
  acts(): Promise<string[]>;
  dirty(): Promise<number>;
  inDays(days: number): string;
}

export async function saleScene(db: TestDatabase, name: string): Promise<SaleScene> {
  const { rows } = await sql<{ id: number }>`
    select found_party(null, 'operator', ${name}, ${name}, now()) as id`.execute(db.corridor);
  const partyId = rows[0]?.id as number;
  const clock = settableClock(NOW_MS);
  const text = readFileSync(
    new URL('../../../../../../content/catalogues/card-sale/cards.yaml', import.meta.url),
  );
  const doors = { database: db.database, clock, saleRules: [readSaleRules(text.toString(), 'cards')] };
  const doer = (userId: string): Doer => ({ partyId, userId, label: `person/${userId}` });
  return {
    doors,
    clock,
    partyId,
    one: doer('one'),
    two: doer('two'),
    putUnder: (iccid, reference, fromMs) =>
      db.database.door(partyId, async tx => {
        const card = { kind: CARD, reference: iccid };
        const contract = { kind: CONTRACT, reference };
        const registrations = [
          known(card),
          named(card, `iccid:${iccid}`, {}),
          known(contract),
          under(card, contract, fromMs === undefined ? {} : { fromMs }),
        ];
        await registerRows(tx, partyId, [{ place: '1', asks: { registrations } }], `t-${iccid}`, clock.now());
        const { rows: found } = await sql<{ id: number }>`
          select subject_id as id from subject where reference = ${iccid} and party_id = ${partyId}`.execute(
          tx,
        );
        return found[0]?.id as number;
      }),
    boundOf: (iccid, atMs) =>
      db.database.door(partyId, async tx => {
        const [dossier] = await loadDossiers(tx, { claims: [`iccid:${iccid}`], subjectIds: [] });
        return boundAt(dossier?.facts ?? [], atMs ?? clock.now());
      }),
    acts: async () => {
      const { rows: found } = await sql<{ act: string }>`
        select act from ledger_stage where party_id = ${partyId} order by stage_id`.execute(db.corridor);
      return found.map(row => row.act);
    },
    dirty: async () => {
      const { rows: found } = await sql<{ n: number }>`
        select count(*) as n from dirty join subject using (subject_id) where party_id = ${partyId} and kind = 'card'`.execute(
        db.corridor,
      );
      return found[0]?.n as number;
    },
    inDays: days => rfc3339(clock.now() + days * DAY_MS),
  };
}
