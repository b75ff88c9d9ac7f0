import { sql } from 'kysely';
import type { Tx } from '../../../../kernel/database/transaction.ts';
import { at, json } from '../../../../kernel/database/values.ts';

/** The only SQL over card_opening. */

export const OPENED = ['sms', 'voice', 'handset', 'general-data', 'cap', 'region'] as const;
export type Opened = (typeof OPENED)[number];

export interface Opening {
  readonly openingId: number;
  readonly partyId: number;
  readonly contractId: number;
  /** Key of the one card it is for; null for all of the contract. */
  readonly card: string | null;
  readonly what: Opened;
  /** Bytes of a cap, MCCs and PLMNs of regions; null for a function. */
  readonly value: number | readonly string[] | null;
  readonly why: string;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly askedBy: string;
  readonly askedUser: string;
  readonly askedAtMs: number;
  readonly state: 'asked' | 'approved' | 'refused' | 'revoked';
  readonly decidedBy: string | null;
  readonly decidedAtMs: number | null;
  readonly revokedBy: string | null;
  readonly revokedAtMs: number | null;
  readonly note: string | null;
}

const columns = sql`
  opening_id as "openingId", party_id as "partyId", contract_id as "contractId", card, what, value, why,
  from_at as "fromMs", until_at as "untilMs", asked_by as "askedBy", asked_user as "askedUser", asked_at as "askedAtMs",
  state, decided_by as "decidedBy", decided_at as "decidedAtMs", revoked_by as "revokedBy", revoked_at as "revokedAtMs",
  note`;

export type NewOpening = Pick<
  Opening,
  | 'partyId'
  | 'contractId'
  | 'card'
  | 'what'
  | 'value'
  | 'why'
  | 'fromMs'
  | 'untilMs'
  | 'askedBy'
  | 'askedUser'
  | 'askedAtMs'
>;

export async function addOpening(tx: Tx, asked: NewOpening): Promise<Opening> {
  const { rows } = await sql<Opening>`
    insert into card_opening (party_id, contract_id, card, what, value, why, from_at, until_at, asked_by, asked_user,
      asked_at)
    values (${asked.partyId}, ${asked.contractId}, ${asked.card}, ${asked.what}, ${json(asked.value)}, ${asked.why},
      ${at(asked.fromMs)}, ${at(asked.untilMs)}, ${asked.askedBy}, ${asked.askedUser}, ${at(asked.askedAtMs)})
    returning ${columns}`.execute(tx);
  return rows[0] as Opening;
}

export async function openingById(tx: Tx, openingId: number): Promise<Opening | undefined> {
  const { rows } = await sql<Opening>`
    select ${columns} from card_opening where opening_id = ${openingId}`.execute(tx);
  return rows[0];
}

export async function lockOpening(tx: Tx, openingId: number): Promise<Opening | undefined> {
  const { rows } = await sql<Opening>`
    select ${columns} from card_opening where opening_id = ${openingId} for no key update`.execute(tx);
  return rows[0];
}

export async function listOpenings(
  tx: Tx,
  filter: { readonly state?: string | undefined; readonly contractId?: number | undefined },
  afterId: number,
  limit: number,
): Promise<Opening[]> {
  const { state = null, contractId = null } = filter;
  const { rows } = await sql<Opening>`
    select ${columns} from card_opening
    where opening_id > ${afterId} and (${state}::text is null or state = ${state})
      and (${contractId}::bigint is null or contract_id = ${contractId})
    order by opening_id limit ${limit}`.execute(tx);
  return rows;
}

/** Approved openings of a contract that are in force at a moment or come into force later. */
export async function liveOpenings(tx: Tx, contractId: number, atMs: number): Promise<Opening[]> {
  const { rows } = await sql<Opening>`
    select ${columns} from card_opening
    where contract_id = ${contractId} and state = 'approved' and until_at > ${at(atMs)}
    order by opening_id`.execute(tx);
  return rows;
}

export async function setDecided(
  tx: Tx,
  openingId: number,
  decision: {
    readonly state: 'approved' | 'refused';
    readonly by: string;
    readonly user: string;
    readonly atMs: number;
    readonly fromMs: number;
    readonly note: string | null;
  },
): Promise<Opening> {
  const { state, by, user, atMs, fromMs, note } = decision;
  const { rows } = await sql<Opening>`
    update card_opening set state = ${state}, decided_by = ${by}, decided_user = ${user}, decided_at = ${at(atMs)},
      from_at = ${at(fromMs)}, note = ${note}
    where opening_id = ${openingId} returning ${columns}`.execute(tx);
  return rows[0] as Opening;
}

export async function setRevoked(
  tx: Tx,
  openingId: number,
  by: string,
  atMs: number,
  note: string,
): Promise<Opening> {
  const { rows } = await sql<Opening>`
    update card_opening set state = 'revoked', revoked_by = ${by}, revoked_at = ${at(atMs)}, note = ${note}
    where opening_id = ${openingId} returning ${columns}`.execute(tx);
  return rows[0] as Opening;
}
