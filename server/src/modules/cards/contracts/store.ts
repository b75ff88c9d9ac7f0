import { sql } from 'kysely';
import type { Tx } from '../../../kernel/database/transaction.ts';
import { at, json } from '../../../kernel/database/values.ts';
import type { Clauses } from './clauses.ts';

/** The only SQL over card_contract and card_contract_version. */

export interface Contract {
  readonly contractId: number;
  readonly partyId: number;
  readonly reference: string;
  readonly state: 'draft' | 'signed' | 'ended';
  readonly clauses: Clauses;
  readonly version: number;
  /** From when on the clauses bind, once they were amended; null for the beginning of the term. */
  readonly effectiveMs: number | null;
  readonly draftedBy: string;
  readonly draftedAtMs: number;
  readonly signedBy: string | null;
  readonly signedAtMs: number | null;
  readonly endedBy: string | null;
  readonly endedAtMs: number | null;
  readonly endReason: string | null;
}

const columns = sql`
  contract_id as "contractId", party_id as "partyId", reference, state, clauses, version, effective_at as "effectiveMs", drafted_by as "draftedBy",
  drafted_at as "draftedAtMs", signed_by as "signedBy", signed_at as "signedAtMs", ended_by as "endedBy",
  ended_at as "endedAtMs", end_reason as "endReason"`;

/** Undefined when the party has a contract of that reference. */
export async function addContract(
  tx: Tx,
  draft: {
    readonly partyId: number;
    readonly reference: string;
    readonly clauses: Clauses;
    readonly by: string;
    readonly atMs: number;
  },
): Promise<Contract | undefined> {
  const { rows } = await sql<Contract>`
    insert into card_contract (party_id, reference, clauses, drafted_by, drafted_at)
    values (${draft.partyId}, ${draft.reference}, ${json(draft.clauses)}, ${draft.by}, ${at(draft.atMs)})
    on conflict (party_id, reference) do nothing returning ${columns}`.execute(tx);
  return rows[0];
}

export async function contractById(tx: Tx, contractId: number): Promise<Contract | undefined> {
  const { rows } = await sql<Contract>`
    select ${columns} from card_contract where contract_id = ${contractId}`.execute(tx);
  return rows[0];
}

/** The contract, locked: whoever decides on what hangs on it waits for whoever does so already. */
export async function lockContract(tx: Tx, contractId: number): Promise<Contract | undefined> {
  const { rows } = await sql<Contract>`
    select ${columns} from card_contract where contract_id = ${contractId} for no key update`.execute(tx);
  return rows[0];
}

export async function listContracts(
  tx: Tx,
  state: string | undefined,
  afterId: number,
  limit: number,
): Promise<Contract[]> {
  const { rows } = await sql<Contract>`
    select ${columns} from card_contract
    where contract_id > ${afterId} and (${state ?? null}::text is null or state = ${state ?? null})
    order by contract_id limit ${limit}`.execute(tx);
  return rows;
}

export interface BilledContract extends Contract {
  /** Up to which monthly bill its cards were bound; null before the first. */
  readonly billedToMs: number | null;
}

/** Signed contracts of every party whose cards are bound at the first bill, with what that needs to know. */
export async function firstBillContracts(tx: Tx): Promise<BilledContract[]> {
  const { rows } = await sql<BilledContract>`
    select ${columns}, billed_to as "billedToMs" from card_contract
    where state = 'signed' and clauses->>'binding' = 'first-bill' order by contract_id`.execute(tx);
  return rows;
}

export async function billedTo(tx: Tx, contractId: number, monthMs: number): Promise<void> {
  await sql`update card_contract set billed_to = ${at(monthMs)} where contract_id = ${contractId}`.execute(
    tx,
  );
}

/** Writes what the contract says now, and keeps what it said before. */
export async function setClauses(
  tx: Tx,
  before: Contract,
  clauses: Clauses,
  hand: { readonly actor: string; readonly atMs: number },
  effectiveMs: number | null = null,
): Promise<Contract> {
  await sql`
    insert into card_contract_version (contract_id, party_id, version, clauses, made_by, made_at)
    values (${before.contractId}, ${before.partyId}, ${before.version}, ${json(before.clauses)}, ${hand.actor},
      ${at(hand.atMs)})`.execute(tx);
  return await changed(
    tx,
    sql`update card_contract set clauses = ${json(clauses)}, version = version + 1,
        effective_at = ${effectiveMs === null ? null : at(effectiveMs)}
      where contract_id = ${before.contractId} returning ${columns}`,
  );
}

export async function setSigned(tx: Tx, contractId: number, actor: string, atMs: number): Promise<Contract> {
  return await changed(
    tx,
    sql`update card_contract set state = 'signed', signed_by = ${actor}, signed_at = ${at(atMs)}
      where contract_id = ${contractId} returning ${columns}`,
  );
}

/** `atMs` is when it stops binding. */
export async function setEnded(
  tx: Tx,
  contractId: number,
  actor: string,
  reason: string,
  atMs: number,
): Promise<Contract> {
  return await changed(
    tx,
    sql`update card_contract set state = 'ended', version = version + 1, ended_by = ${actor}, ended_at = ${at(atMs)},
        end_reason = ${reason}
      where contract_id = ${contractId} returning ${columns}`,
  );
}

async function changed(tx: Tx, statement: ReturnType<typeof sql<Contract>>): Promise<Contract> {
  const { rows } = await statement.execute(tx);
  return rows[0] as Contract;
}
