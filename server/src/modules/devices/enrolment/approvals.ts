import type { Tx } from '../../../kernel/database/transaction.ts';
import { Refusal } from '../../../kernel/refusal.ts';
import { DAY_MS } from '../../../kernel/time.ts';
import { type RecordDoors, recorded } from '../../../spine/registry/recorded.ts';
import type { Doer } from '../authorities/authorities.ts';
import type { DeviceCode } from '../codes.ts';
import * as store from './approval-store.ts';
import { holdDevice } from './claim-store.ts';
import type { Fleet } from './fleet-store.ts';

export { type Approval, listApprovals } from './approval-store.ts';

/** What a person is asked about: a device's key, by what it showed who it is. */
export type Waiting = Pick<store.AskedApproval, 'subjectId' | 'keySha256' | 'operation' | 'shownBy'>;

/** So many keys of one device may wait at a fleet. */
const MOST_WAITING = 3;
/** A decision stands for so long; a device that comes later is asked about anew. */
const STANDS_MS = 30 * DAY_MS;

export function needsApproval({ approval }: Fleet, operation: string): boolean {
  return approval === 'every' || (approval === 'first' && operation !== 'simplereenroll');
}

/**
 * Puts a device's key before a person, once, however often the device comes back meanwhile; whoever sends the same key
 * again finds the decision (RFC 7030 §4.2.3). Returns where it is approved.
 *
 * Refuses `approval-waited-for`, `approval-declined`, and `too-many-keys` where others of the device wait already.
 */
export async function askApproval(
  { database, clock }: RecordDoors,
  fleet: Fleet,
  waiting: Waiting,
): Promise<void> {
  const decision = await database.door(fleet.partyId, async tx => {
    await holdDevice(tx, waiting.subjectId);
    const { fleetId, partyId } = fleet;
    const nowMs = clock.now();
    const latest = await store.latestApproval(tx, { ...waiting, fleetId });
    if (stands(latest, nowMs)) return latest;
    if ((await store.askedOf(tx, fleetId, waiting.subjectId)) >= MOST_WAITING)
      throw refused('too-many-keys', { most: String(MOST_WAITING) });
    return await store.addApproval(tx, { ...waiting, fleetId, partyId, askedAtMs: nowMs });
  });
  refuseUnlessApproved(decision);
}

/** Asked again in the transaction that issues. Refuses `approval-waited-for`, `approval-declined`. */
export async function refuseUnlessStillApproved(
  tx: Tx,
  { fleetId }: Fleet,
  waiting: Waiting,
  nowMs: number,
): Promise<void> {
  const latest = await store.latestApproval(tx, { ...waiting, fleetId });
  refuseUnlessApproved(stands(latest, nowMs) ? latest : undefined);
}

function stands(one: store.Approval | undefined, nowMs: number): one is store.Approval {
  return one !== undefined && nowMs <= (one.untilMs ?? nowMs);
}

function refuseUnlessApproved(one: store.Approval | undefined): void {
  if (one?.state === 'declined') throw refused('approval-declined', {});
  if (one?.state !== 'approved')
    throw refused('approval-waited-for', one === undefined ? {} : { approval: String(one.approvalId) });
}

/**
 * A person decides whether a device gets a certificate for its key. The decision and the ledger's entry commit together;
 * the same decision again changes nothing. Refuses `approval-unknown`, `approval-decided` for another decision.
 */
export async function decideApproval(
  doors: RecordDoors,
  doer: Doer,
  approvalId: number,
  state: 'approved' | 'declined',
  why: string | null,
): Promise<store.Approval> {
  const object = `approval/${approvalId}`;
  const attempt = { act: `enrolment-${state}`, object, partyId: doer.partyId, actor: doer.label };
  return await recorded(doors, attempt, async tx => {
    const found = await store.lockApproval(tx, approvalId);
    if (found === undefined) throw new Refusal<DeviceCode>('approval-unknown', { subject: object });
    const key = `sha256:${found.keySha256.toString('hex')}`;
    const detail = { fleet: found.fleetId, subject: found.subjectId, key };
    if (found.state === state) return { result: found, detail: { ...detail, repeated: true } };
    if (found.state !== 'asked') throw new Refusal<DeviceCode>('approval-decided', { subject: object });
    const atMs = doors.clock.now();
    const to = { state, by: doer.label, atMs, why, untilMs: atMs + STANDS_MS };
    return { result: await store.setDecided(tx, approvalId, to), detail };
  });
}

function refused(code: DeviceCode, detail: Readonly<Record<string, string>>): Refusal<DeviceCode> {
  return new Refusal<DeviceCode>(code, { subject: 'device/named', detail });
}
