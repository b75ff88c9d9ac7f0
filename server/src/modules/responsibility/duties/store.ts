import { sql } from 'kysely';
import type { Tx } from '../../../kernel/database/transaction.ts';
import { at } from '../../../kernel/database/values.ts';

/** The only SQL over responsible and duty. */

export interface Responsible {
  readonly responsibleId: number;
  readonly partyId: number;
  readonly level: 'operator' | 'seller' | 'unit' | 'user';
  readonly reference: string;
  readonly title: string;
  readonly aboveId: number | null;
  readonly agreement: string | null;
}

const responsibleColumns = sql`
  responsible_id as "responsibleId", party_id as "partyId", level, reference, title, above_id as "aboveId", agreement`;

export async function addResponsible(
  tx: Tx,
  asked: Omit<Responsible, 'responsibleId'> & { readonly by: string; readonly atMs: number },
): Promise<Responsible | undefined> {
  const { rows } = await sql<Responsible>`
    insert into responsible (party_id, level, reference, title, above_id, agreement, named_by, named_at)
    values (${asked.partyId}, ${asked.level}, ${asked.reference}, ${asked.title}, ${asked.aboveId}, ${asked.agreement},
      ${asked.by}, ${at(asked.atMs)})
    on conflict (party_id, reference) do nothing returning ${responsibleColumns}`.execute(tx);
  return rows[0];
}

export async function responsibleById(tx: Tx, id: number): Promise<Responsible | undefined> {
  const { rows } = await sql<Responsible>`
    select ${responsibleColumns} from responsible where responsible_id = ${id}`.execute(tx);
  return rows[0];
}

export async function listResponsible(tx: Tx, afterId: number, limit: number): Promise<Responsible[]> {
  const { rows } = await sql<Responsible>`
    select ${responsibleColumns} from responsible where responsible_id > ${afterId}
    order by responsible_id limit ${limit}`.execute(tx);
  return rows;
}

export interface Duty {
  readonly dutyId: number;
  readonly partyId: number;
  readonly responsibleId: number;
  readonly kind: string;
  readonly ownerId: string | null;
  readonly substituteId: string | null;
  readonly dueAtMs: number;
  readonly proofSha256: Buffer | null;
  readonly doneBy: string | null;
  readonly doneAtMs: number | null;
}

const dutyColumns = sql`
  duty_id as "dutyId", d.party_id as "partyId", responsible_id as "responsibleId", kind, owner_id as "ownerId",
  substitute_id as "substituteId", due_at as "dueAtMs", proof_sha256 as "proofSha256", done_by as "doneBy",
  done_at as "doneAtMs"`;

export async function addDuty(
  tx: Tx,
  asked: Pick<Duty, 'partyId' | 'responsibleId' | 'kind' | 'ownerId' | 'substituteId' | 'dueAtMs'> & {
    readonly by: string;
    readonly atMs: number;
  },
): Promise<Duty> {
  const { rows } = await sql<Duty>`
    insert into duty as d (party_id, responsible_id, kind, owner_id, substitute_id, due_at, set_by, set_at)
    values (${asked.partyId}, ${asked.responsibleId}, ${asked.kind}, ${asked.ownerId}, ${asked.substituteId},
      ${at(asked.dueAtMs)}, ${asked.by}, ${at(asked.atMs)})
    returning ${dutyColumns}`.execute(tx);
  return rows[0] as Duty;
}

export async function lockDuty(tx: Tx, dutyId: number): Promise<Duty | undefined> {
  const { rows } = await sql<Duty>`
    select ${dutyColumns} from duty d where duty_id = ${dutyId} for no key update`.execute(tx);
  return rows[0];
}

export async function setDone(
  tx: Tx,
  dutyId: number,
  by: string,
  atMs: number,
  proof: Buffer,
): Promise<Duty> {
  const { rows } = await sql<Duty>`
    update duty d set done_by = ${by}, done_at = ${at(atMs)}, proof_sha256 = ${proof}
    where duty_id = ${dutyId} returning ${dutyColumns}`.execute(tx);
  return rows[0] as Duty;
}

export async function listDuties(tx: Tx, afterId: number, limit: number): Promise<Duty[]> {
  const { rows } = await sql<Duty>`
    select ${dutyColumns} from duty d where duty_id > ${afterId} order by duty_id limit ${limit}`.execute(tx);
  return rows;
}

export interface Gap {
  readonly what: 'no-superior' | 'level-skipped' | 'no-agreement' | 'duty-missing' | 'no-owner' | 'overdue';
  readonly responsibleId: number;
  readonly reference: string;
  readonly level: string;
  readonly duty: string | null;
}

/** Where nobody answers, or too late, at a moment (C-48): one statement over the whole chain. */
export async function gapsAt(
  tx: Tx,
  atMs: number,
  kinds: readonly { readonly id: string; readonly level: string }[],
  limit: number,
): Promise<Gap[]> {
  const { rows } = await sql<Gap>`
    with wanted as (
      select * from unnest(${kinds.map(each => each.level)}::text[], ${kinds.map(each => each.id)}::text[]) as w (level, duty)
    ), chain as (
      select r.*, a.level as above_level from responsible r left join responsible a on a.responsible_id = r.above_id
    ), rank (level, n) as (values ('operator', 1), ('seller', 2), ('unit', 3), ('user', 4)),
    gap as (
      select 'no-superior' as what, c.responsible_id, c.reference, c.level, null as duty from chain c
        where c.above_id is null and c.level <> 'operator'
      union all
      select 'level-skipped', c.responsible_id, c.reference, c.level, null from chain c
        join rank own on own.level = c.level join rank above on above.level = c.above_level where own.n <> above.n + 1
      union all
      select 'no-agreement', c.responsible_id, c.reference, c.level, null from chain c
        where c.above_id is not null and coalesce(btrim(c.agreement), '') = ''
      union all
      select 'duty-missing', c.responsible_id, c.reference, c.level, w.duty from chain c join wanted w on w.level = c.level
        where not exists (select from duty d where d.responsible_id = c.responsible_id and d.kind = w.duty
          and (d.done_at is null or d.due_at > ${at(atMs)}))
      union all
      select 'no-owner', c.responsible_id, c.reference, c.level, d.kind from duty d join chain c using (responsible_id)
        where d.done_at is null and d.owner_id is null
      union all
      select 'overdue', c.responsible_id, c.reference, c.level, d.kind from duty d join chain c using (responsible_id)
        where d.done_at is null and d.due_at <= ${at(atMs)}
    )
    select what, responsible_id as "responsibleId", reference, level, duty from gap
    order by responsible_id, what, duty limit ${limit}`.execute(tx);
  return rows;
}

export interface Missed {
  readonly dutyId: number;
  readonly partyId: number;
  readonly reference: string;
  readonly level: string;
  readonly kind: string;
  readonly dueAtMs: number;
}

/** Duties of every party that fell due without proof and were not put on the corridor yet. */
export async function untoldMissed(tx: Tx, atMs: number, limit: number): Promise<Missed[]> {
  const { rows } = await sql<Missed>`
    select d.duty_id as "dutyId", d.party_id as "partyId", r.reference, r.level, d.kind, d.due_at as "dueAtMs"
    from duty d join responsible r using (responsible_id)
    where d.done_at is null and d.told_at is null and d.due_at <= ${at(atMs)}
    order by d.party_id, d.duty_id limit ${limit}`.execute(tx);
  return rows;
}

export async function setTold(tx: Tx, ids: readonly number[], atMs: number): Promise<void> {
  await sql`update duty set told_at = ${at(atMs)} where duty_id = any(${ids}::bigint[])`.execute(tx);
}
