import { sql } from 'kysely';
import type { Tx } from '../../../kernel/database/transaction.ts';
import { at } from '../../../kernel/database/values.ts';

/** The only SQL over device_fleet and device_expected. */

export interface Fleet {
  readonly fleetId: number;
  readonly partyId: number;
  readonly name: string;
  readonly product: string;
  readonly authorityId: number;
  readonly profile: string;
  readonly state: 'open' | 'closed';
  readonly makesKeys: boolean;
  readonly graceMs: number;
  /** Whether a person approves nothing, first certificates, or renewals too. */
  readonly approval: 'none' | 'first' | 'every';
  readonly madeBy: string;
  readonly madeAtMs: number;
}

const columns = sql`
  fleet_id as "fleetId", party_id as "partyId", name, product, authority_id as "authorityId", profile, state,
  makes_keys as "makesKeys", grace_ms as "graceMs", approval, made_by as "madeBy", made_at as "madeAtMs"`;

/** Undefined where the party has one of that name. */
export async function addFleet(tx: Tx, one: Omit<Fleet, 'fleetId' | 'state'>): Promise<Fleet | undefined> {
  const { rows } = await sql<Fleet>`
    insert into device_fleet (party_id, name, product, authority_id, profile, makes_keys, grace_ms, approval, made_by,
      made_at)
    values (${one.partyId}, ${one.name}, ${one.product}, ${one.authorityId}, ${one.profile}, ${one.makesKeys},
      ${one.graceMs}, ${one.approval}, ${one.madeBy}, ${at(one.madeAtMs)})
    on conflict (party_id, name) do nothing returning ${columns}`.execute(tx);
  return rows[0];
}

export async function fleetById(tx: Tx, fleetId: number): Promise<Fleet | undefined> {
  const { rows } = await sql<Fleet>`
    select ${columns} from device_fleet where fleet_id = ${fleetId}`.execute(tx);
  return rows[0];
}

export async function listFleets(tx: Tx, afterId: number, limit: number): Promise<Fleet[]> {
  const { rows } = await sql<Fleet>`
    select ${columns} from device_fleet where fleet_id > ${afterId} order by fleet_id limit ${limit}`.execute(
    tx,
  );
  return rows;
}

export async function closeFleet(tx: Tx, fleetId: number): Promise<Fleet | undefined> {
  const { rows } = await sql<Fleet>`
    update device_fleet set state = 'closed' where fleet_id = ${fleetId} returning ${columns}`.execute(tx);
  return rows[0];
}

/** Devices of an authority's fleets fetch from another one from then on; how many fleets that are. */
export async function moveFleets(tx: Tx, fromId: number, toId: number): Promise<number> {
  const { rows } = await sql<{ fleetId: number }>`
    update device_fleet set authority_id = ${toId} where authority_id = ${fromId}
    returning fleet_id as "fleetId"`.execute(tx);
  return rows.length;
}

/** Whose the fleet is that somebody names at an open address. */
export async function openFleet(tx: Tx, fleetId: number, name: string): Promise<number | null> {
  const { rows } = await sql<{ partyId: number | null }>`
    select open_fleet(${fleetId}::bigint, ${name}) as "partyId"`.execute(tx);
  return rows[0]?.partyId ?? null;
}

export interface Expected {
  readonly subjectId: number;
  readonly secretSha256: Buffer;
  readonly untilMs: number;
  readonly expectedAtMs: number;
}

/** Expects devices; one that was expected already has a new secret from then on. */
export async function putExpected(
  tx: Tx,
  { partyId, fleetId }: Fleet,
  devices: readonly Expected[],
  by: string,
): Promise<void> {
  for (const { subjectId, secretSha256, untilMs, expectedAtMs } of devices)
    await sql`
      insert into device_expected (fleet_id, subject_id, party_id, secret_sha256, until, expected_by, expected_at)
      values (${fleetId}, ${subjectId}, ${partyId}, ${secretSha256}, ${at(untilMs)}, ${by}, ${at(expectedAtMs)})
      on conflict (fleet_id, subject_id) do update set secret_sha256 = excluded.secret_sha256, until = excluded.until,
        expected_by = excluded.expected_by, expected_at = excluded.expected_at`.execute(tx);
}

export async function expectedOf(tx: Tx, fleetId: number, subjectId: number): Promise<Expected | undefined> {
  const { rows } = await sql<Expected>`
    select ${expectedColumns} from device_expected
    where fleet_id = ${fleetId} and subject_id = ${subjectId}`.execute(tx);
  return rows[0];
}

/** The same, and whoever works with the same device's secret waits until the commit. */
export async function lockExpected(
  tx: Tx,
  fleetId: number,
  subjectId: number,
): Promise<Expected | undefined> {
  const { rows } = await sql<Expected>`
    select ${expectedColumns} from device_expected
    where fleet_id = ${fleetId} and subject_id = ${subjectId} for no key update`.execute(tx);
  return rows[0];
}

const expectedColumns = sql`
  subject_id as "subjectId", secret_sha256 as "secretSha256", until as "untilMs", expected_at as "expectedAtMs"`;
