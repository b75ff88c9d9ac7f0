import { sql } from 'kysely';
import type { Tx } from '../../../kernel/database/transaction.ts';
import { at, json } from '../../../kernel/database/values.ts';
import type { Provider, ProviderSettings } from '../measure.ts';

/** The only SQL over provider, provider_credential and measure_policy. */

const columns = sql`provider_id as "providerId", party_id as "partyId", name, adapter, settings,
  paused_until as "pausedUntilMs"`;

/** Adds a provider, or gives the party's provider of that name other settings. */
export async function putProvider(
  tx: Tx,
  asked: {
    readonly partyId: number;
    readonly name: string;
    readonly adapter: string;
    readonly settings: ProviderSettings;
  },
): Promise<Provider> {
  const { rows } = await sql<Provider>`
    insert into provider (party_id, name, adapter, settings)
    values (${asked.partyId}, ${asked.name}, ${asked.adapter}, ${json(asked.settings)})
    on conflict (party_id, name) do update set adapter = excluded.adapter, settings = excluded.settings
    returning ${columns}`.execute(tx);
  return rows[0]!;
}

export async function providerById(tx: Tx, providerId: number): Promise<Provider | undefined> {
  const { rows } =
    await sql<Provider>`select ${columns} from provider where provider_id = ${providerId}`.execute(tx);
  return rows[0];
}

/** Pauses a provider; false when it is paused already, and then nothing is told again. */
export async function setPaused(
  tx: Tx,
  providerId: number,
  nowMs: number,
  untilMs: number,
): Promise<boolean> {
  const { rows } = await sql`
    update provider set paused_until = ${at(untilMs)}
    where provider_id = ${providerId} and (paused_until is null or paused_until <= ${at(nowMs)})
    returning provider_id`.execute(tx);
  return rows.length > 0;
}

/** Ends a pause; false where there was none. */
export async function clearPause(tx: Tx, providerId: number): Promise<boolean> {
  const { rows } = await sql`
    update provider set paused_until = null where provider_id = ${providerId} and paused_until is not null
    returning provider_id`.execute(tx);
  return rows.length > 0;
}

/** How many providers pause now. */
export async function countPaused(tx: Tx, nowMs: number): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*) as n from provider where paused_until > ${at(nowMs)}`.execute(tx);
  return rows[0]!.n;
}

/** The providers of one party, in order of id. */
export async function providersOf(tx: Tx, partyId: number): Promise<Provider[]> {
  const { rows } =
    await sql<Provider>`select ${columns} from provider where party_id = ${partyId} order by provider_id`.execute(
      tx,
    );
  return rows;
}

export async function listProviders(tx: Tx, afterId: number, limit: number): Promise<Provider[]> {
  const { rows } = await sql<Provider>`
    select ${columns} from provider where provider_id > ${afterId} order by provider_id limit ${limit}`.execute(
    tx,
  );
  return rows;
}

/** Written without reading back: the door sets what it may not see. */
export async function putCredentials(
  tx: Tx,
  row: {
    readonly providerId: number;
    readonly partyId: number;
    readonly sealed: Uint8Array;
    readonly setBy: string;
    readonly atMs: number;
  },
): Promise<void> {
  const sealed = Buffer.from(row.sealed);
  // `excluded.sealed` would read the column.
  await sql`
    insert into provider_credential (provider_id, party_id, sealed, set_by, set_at)
    values (${row.providerId}, ${row.partyId}, ${sealed}, ${row.setBy}, ${at(row.atMs)})
    on conflict (provider_id) do update
    set sealed = ${sealed}, set_by = ${row.setBy}, set_at = ${at(row.atMs)}`.execute(tx);
}

/** The corridor alone may ask. */
export async function sealedCredentials(tx: Tx, providerId: number): Promise<Buffer | undefined> {
  const { rows } = await sql<{ sealed: Buffer }>`
    select sealed from provider_credential where provider_id = ${providerId}`.execute(tx);
  return rows[0]?.sealed;
}

/** Which of the providers have something to sign in with, with when it was set. */
export async function credentialTimes(
  tx: Tx,
  providerIds: readonly number[],
): Promise<ReadonlyMap<number, number>> {
  const { rows } = await sql<{ providerId: number; setAtMs: number }>`
    select provider_id as "providerId", set_at as "setAtMs" from provider_credential
    where provider_id = any(${providerIds})`.execute(tx);
  return new Map(rows.map(row => [row.providerId, row.setAtMs]));
}

export interface Policy {
  readonly partyId: number;
  readonly ruleId: string;
  readonly measure: string;
  /**
   * `order`: the corridor orders it by itself; `suggest`: it is put before a person; `climb`: the rungs of the
   * ladder up to it are ordered by themselves.
   */
  readonly mode: 'suggest' | 'order' | 'climb';
  readonly setBy: string;
  readonly setAtMs: number;
}

const policyColumns = sql`
  party_id as "partyId", rule_id as "ruleId", measure, mode, set_by as "setBy", set_at as "setAtMs"`;

export async function putPolicy(tx: Tx, policy: Policy): Promise<void> {
  await sql`
    insert into measure_policy (party_id, rule_id, measure, mode, set_by, set_at)
    values (${policy.partyId}, ${policy.ruleId}, ${policy.measure}, ${policy.mode}, ${policy.setBy}, ${at(policy.setAtMs)})
    on conflict (party_id, rule_id) do update
    set measure = excluded.measure, mode = excluded.mode, set_by = excluded.set_by, set_at = excluded.set_at`.execute(
    tx,
  );
}

export async function policyFor(tx: Tx, partyId: number, ruleId: string): Promise<Policy | undefined> {
  const { rows } = await sql<Policy>`
    select ${policyColumns} from measure_policy where party_id = ${partyId} and rule_id = ${ruleId}`.execute(
    tx,
  );
  return rows[0];
}

export async function listPolicies(
  tx: Tx,
  after: { readonly partyId: number; readonly ruleId: string } | null,
  limit: number,
): Promise<Policy[]> {
  const { rows } = await sql<Policy>`
    select ${policyColumns} from measure_policy
    where (party_id, rule_id) > (${after?.partyId ?? 0}, ${after?.ruleId ?? ''})
    order by party_id, rule_id limit ${limit}`.execute(tx);
  return rows;
}
