import { sql } from 'kysely';
import type { Tx } from '../../../kernel/database/transaction.ts';
import { at } from '../../../kernel/database/values.ts';
import type { Purpose } from '../model.ts';

/** The only SQL over vault_look, vault_reader_day and vault_alarm. */

export interface LookRow {
  readonly lookId: number;
  readonly personId: number;
  readonly actor: string;
  readonly purpose: Purpose;
  readonly use: string;
  readonly caseId: number | null;
  readonly fields: readonly string[];
  readonly lookedAtMs: number;
}

/** A reader on a UTC day; whoever counts for the same reader at the same time waits. */
export interface ReaderDay {
  readonly partyId: number;
  readonly reader: string;
  readonly day: string;
}

export async function holdReaderDay(tx: Tx, who: ReaderDay): Promise<number> {
  const { rows } = await sql<{ persons: number }>`
    insert into vault_reader_day as d (party_id, actor, day, persons)
    values (${who.partyId}, ${who.reader}, ${who.day}::text::date, 0)
    on conflict (actor, day, party_id) do update set persons = d.persons returning persons`.execute(tx);
  return rows[0]!.persons;
}

export async function countPerson(tx: Tx, who: ReaderDay): Promise<void> {
  await sql`update vault_reader_day set persons = persons + 1
    where actor = ${who.reader} and day = ${who.day}::text::date and party_id = ${who.partyId}`.execute(tx);
}

/** How often the reader was refused on that day, this time included. */
export async function countRefused(tx: Tx, who: ReaderDay): Promise<number> {
  const { rows } = await sql<{ refused: number }>`update vault_reader_day set refused = refused + 1
    where actor = ${who.reader} and day = ${who.day}::text::date and party_id = ${who.partyId}
    returning refused`.execute(tx);
  return rows[0]?.refused ?? 0;
}

export async function hasLookedSince(
  tx: Tx,
  reader: string,
  personId: number,
  sinceMs: number,
): Promise<boolean> {
  const { rows } = await sql`select 1 from vault_look where actor = ${reader} and person_id = ${personId}
    and looked_at >= ${at(sinceMs)} limit 1`.execute(tx);
  return rows.length > 0;
}

export async function insertLook(tx: Tx, partyId: number, look: Omit<LookRow, 'lookId'>): Promise<number> {
  const { rows } = await sql<{ id: number }>`
    insert into vault_look (party_id, person_id, actor, purpose, use, case_id, fields, looked_at)
    values (${partyId}, ${look.personId}, ${look.actor}, ${look.purpose}, ${look.use}, ${look.caseId},
      ${[...look.fields]}::text[], ${at(look.lookedAtMs)}) returning look_id as id`.execute(tx);
  return rows[0]!.id;
}

/** Looks at a person, the newest first. */
export async function looksAt(
  tx: Tx,
  personId: number,
  beforeId: number | null,
  limit: number,
): Promise<LookRow[]> {
  const before = beforeId === null ? sql`true` : sql`look_id < ${beforeId}`;
  const { rows } = await sql<LookRow>`
    select look_id as "lookId", person_id as "personId", actor, purpose, use, case_id as "caseId", fields,
      looked_at as "lookedAtMs"
    from vault_look where person_id = ${personId} and ${before} order by look_id desc limit ${limit}`.execute(
    tx,
  );
  return rows;
}

/** An alarm of a reader's day at a doubling of refusals. */
export interface AlarmRow {
  readonly alarmId: number;
  readonly partyId: number;
  readonly reader: string;
  readonly day: string;
  readonly most: number;
  readonly refused: number;
  readonly raisedAtMs: number;
}

export async function raiseAlarm(
  tx: Tx,
  who: ReaderDay,
  alarm: Pick<AlarmRow, 'most' | 'refused' | 'raisedAtMs'>,
): Promise<void> {
  await sql`insert into vault_alarm (party_id, reader, day, most, refused, raised_at)
    values (${who.partyId}, ${who.reader}, ${who.day}::text::date, ${alarm.most}, ${alarm.refused},
      ${at(alarm.raisedAtMs)}) on conflict do nothing`.execute(tx);
}

/** Alarms that were not put on the corridor yet, oldest first, of all parties. */
export async function untoldAlarms(tx: Tx, limit: number): Promise<AlarmRow[]> {
  const { rows } = await sql<AlarmRow>`
    select alarm_id as "alarmId", party_id as "partyId", reader, day::text as day, most, refused,
      raised_at as "raisedAtMs"
    from vault_alarm where told_at is null order by party_id, alarm_id limit ${limit}`.execute(tx);
  return rows;
}

export async function setAlarmsTold(tx: Tx, ids: readonly number[], atMs: number): Promise<void> {
  await sql`update vault_alarm set told_at = ${at(atMs)} where alarm_id = any(${[...ids]}::bigint[])`.execute(
    tx,
  );
}
