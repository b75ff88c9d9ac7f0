import { sql } from 'kysely';
import { hex, sha256 } from '../../../kernel/bytes.ts';
import type { Database } from '../../../kernel/database/transaction.ts';
import { settableClock, systemClock } from '../../../kernel/time.ts';
import { makeParty } from '../../observations/testing/make-party.ts';
import type { NewFinding } from '../finding.ts';

/** A party with a card and a rule armed; `finding` makes verdicts on the card. Time stands still until moved. */
export interface Finder {
  readonly partyId: number;
  readonly subjectId: number;
  readonly iccid: string;
  readonly clock: ReturnType<typeof settableClock>;
  /** The finding of that name: the same name gives the same finding. */
  finding(name: string, change?: Partial<NewFinding>): NewFinding & { readonly subjectKind: string };
}

let cards = 0;

export async function makeFinder(database: Database): Promise<Finder> {
  cards += 1;
  const iccid = `8986000${String(systemClock.now() % 1_000_000).padStart(6, '0')}${String(cards).padStart(6, '0')}`;
  const partyId = await makeParty(database);
  const clock = settableClock(systemClock.now());
  const subjectId = await makeCard(database, partyId, iccid);
  const finding: Finder['finding'] = (name, change = {}) => ({
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
  return { partyId, subjectId, iccid, clock, finding };
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
