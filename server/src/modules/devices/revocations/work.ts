import type { Tx } from '../../../kernel/database/transaction.ts';
import { type LedgerAct, stage, stageAll } from '../../../spine/ledger/stage.ts';
import type { RecordDoors } from '../../../spine/registry/recorded.ts';
import { nextChange } from '../authorities/store.ts';
import * as certificates from '../certificates/chosen-store.ts';
import { serialText } from '../certificates/issue.ts';
import { objectOf } from './revocations.ts';
import * as store from './store.ts';

/** Certificates that one transaction revokes. */
export const AT_A_TIME = 100;
const REVOCATIONS_AT_ONCE = 20;

/**
 * Goes on with every approved revocation, some certificates of each; true while there may be more. A certificate, its act,
 * its ledger entry and its mark in the batch commit together: whoever is killed leaves none half done, and two processes
 * at once revoke none twice.
 */
export async function goOnRevoking(doors: RecordDoors): Promise<boolean> {
  const open = await doors.database.corridor(tx => store.openRevocations(tx, REVOCATIONS_AT_ONCE));
  let isMore = false;
  for (const { partyId, revocationId } of open) {
    const done = await doors.database.door(partyId, tx => revokeSome(tx, doors, revocationId));
    if (done === 0) await doors.database.door(partyId, tx => end(tx, doors, revocationId));
    else isMore = true;
  }
  return isMore;
}

/** How many members were settled. Whoever withdraws waits for the commit, and what comes after finds it withdrawn. */
async function revokeSome(tx: Tx, { clock }: RecordDoors, revocationId: number): Promise<number> {
  const batch = await store.holdRevocation(tx, revocationId, 'share');
  if (batch?.state !== 'approved') return 0;
  const members = await store.takeOpenMembers(tx, revocationId, AT_A_TIME);
  if (members.length === 0) return 0;
  const atMs = clock.now();
  // Certificates first, their authorities second: everybody takes them in this order.
  const held = await certificates.holdCertificates(tx, members);
  const standing = held.filter(each => each.state !== 'revoked');
  const byAuthority = Map.groupBy(standing, each => each.authorityId);
  for (const authorityId of [...byAuthority.keys()].sort((a, b) => a - b)) {
    const ids = (byAuthority.get(authorityId) ?? []).map(each => each.certificateId);
    const changeNo = await nextChange(tx, authorityId);
    await certificates.setRevoked(tx, ids, { reason: batch.reason, atMs, changeNo });
  }
  const ids = standing.map(each => each.certificateId);
  if (ids.length > 0) {
    const { partyId, reason, why, basis, askedBy: actor } = batch;
    await certificates.addRevokedActs(tx, ids, { partyId, reason, why, basis, actor, atMs });
  }
  await stageAll(
    tx,
    standing.map(each => entryOf(batch, each, atMs)),
  );
  const revoked = new Set(ids);
  const others = members.filter(id => !revoked.has(id));
  await store.settleMembers(tx, revocationId, ids, 'revoked', atMs);
  await store.settleMembers(tx, revocationId, others, 'was-revoked', atMs);
  return members.length;
}

/** Why it was revoked stands, as a commitment, in the entry of the batch. */
function entryOf(batch: store.Revocation, one: certificates.Held, atMs: number): LedgerAct {
  const { partyId, reason, revocationId, askedBy, approvedBy } = batch;
  return {
    act: 'certificate-revoked',
    object: `certificate/${one.certificateId}`,
    partyId,
    actor: askedBy,
    atMs,
    detail: {
      ...{ authority: one.authorityId, serial: serialText(one.serial), reason },
      ...{ revocation: revocationId, approvedBy },
    },
  };
}

/** Held while it ends: one that another process still works on, or that was withdrawn meanwhile, does not end here. */
async function end(tx: Tx, { clock }: RecordDoors, revocationId: number): Promise<void> {
  const batch = await store.holdRevocation(tx, revocationId, 'update');
  if (batch?.state !== 'approved') return;
  const { waiting, revoked, wasRevoked } = await store.progressOf(tx, revocationId);
  if (waiting > 0) return;
  const atMs = clock.now();
  await store.setEnded(tx, revocationId, atMs);
  const { partyId } = batch;
  const detail = { revoked, wasRevoked };
  const object = objectOf(batch);
  await stage(tx, { act: 'revocation-ended', object, partyId, actor: 'corridor', atMs, detail });
}
