import type { Tx } from '../../../kernel/database/transaction.ts';
import { Refusal } from '../../../kernel/refusal.ts';
import { sealText } from '../../../kernel/seal/store.ts';
import { type RecordDoors, recorded } from '../../../spine/registry/recorded.ts';
import { subjectsNumbered } from '../../../spine/views/named-subjects.ts';
import { type Doer, no } from '../authorities/authorities.ts';
import { type Chosen, chosenCertificates } from '../certificates/chosen-store.ts';
import type { Grounds, Revoking } from '../certificates/standing.ts';
import type { DeviceCode } from '../codes.ts';
import { REASONS } from '../x509/crl.ts';
import * as store from './store.ts';

export { listRevocations, progressOf, type Revocation, revocationById, type Selection } from './store.ts';

/** Whoever asks or approves, by their key too. */
export interface Person extends Doer {
  readonly userId: string;
}

/** Most certificates that one revocation takes. */
export const MOST_CERTIFICATES = 100_000;
const SHOWN = 10;

/** What revoking a selection would end. */
export interface Preview {
  readonly certificates: number;
  readonly devices: number;
  /** Of the certificates: those that are suspended already. */
  readonly held: number;
  readonly authorities: number;
  /** Names of the first few devices. */
  readonly examples: readonly string[];
}

/**
 * What revoking a selection would end as it is now; nothing is changed. Refuses `revocation-empty` for a selection that
 * names nothing or meets no certificate that stands, `revocation-too-large`.
 */
export async function previewRevocation(
  { database, clock }: RecordDoors,
  partyId: number,
  selection: store.Selection,
): Promise<Preview> {
  return await database.door(partyId, async tx => {
    const chosen = await choose(tx, selection, clock.now());
    const devices = [...new Set(chosen.map(each => each.subjectId))];
    const shown = await subjectsNumbered(tx, devices.slice(0, SHOWN));
    return { ...countsOf(chosen), examples: shown.map(each => each.reference) };
  });
}

function countsOf(chosen: readonly Chosen[]) {
  return {
    certificates: chosen.length,
    devices: new Set(chosen.map(each => each.subjectId)).size,
    held: chosen.filter(each => each.state === 'held').length,
    authorities: new Set(chosen.map(each => each.authorityId)).size,
  };
}

async function choose(tx: Tx, selection: store.Selection, nowMs: number): Promise<Chosen[]> {
  const names = Object.values(selection).filter(each => each !== undefined);
  // Nobody ends everything a party has by naming nothing.
  const chosen =
    names.length === 0 ? [] : await chosenCertificates(tx, selection, nowMs, MOST_CERTIFICATES + 1);
  if (chosen.length === 0) throw no('revocation-empty', 'certificate-revocation/new');
  if (chosen.length > MOST_CERTIFICATES)
    throw new Refusal<DeviceCode>('revocation-too-large', { detail: { most: MOST_CERTIFICATES } });
  return chosen;
}

export interface AskedBatch extends Grounds {
  readonly selection: store.Selection;
  readonly reason: Revoking;
  /** How many certificates the asker saw that it would end; another number is refused. */
  readonly expected: number;
}

/**
 * Asks for a revocation of many. Which certificates are meant is written down now: none that is issued later comes in.
 * Nothing is revoked until a second person approves. Refuses what the preview does, and `revocation-changed` when the
 * selection meets another number of certificates than was expected.
 */
export async function askRevocation(
  doors: RecordDoors,
  person: Person,
  asked: AskedBatch,
): Promise<store.Revocation> {
  const { partyId, label, userId } = person;
  const attempt = { act: 'revocation-asked', object: 'certificate-revocation/new', partyId, actor: label };
  return await recorded(doors, attempt, async tx => {
    const atMs = doors.clock.now();
    const chosen = await choose(tx, asked.selection, atMs);
    if (chosen.length !== asked.expected)
      throw new Refusal<DeviceCode>('revocation-changed', {
        subject: attempt.object,
        detail: { expected: asked.expected, found: chosen.length },
      });
    const { certificates, devices } = countsOf(chosen);
    const made = await store.addRevocation(tx, {
      ...{ partyId, selection: asked.selection, reason: REASONS[asked.reason], certificates, devices },
      ...{ why: asked.why, basis: asked.basis ?? null, askedBy: label, askedUser: userId, askedAtMs: atMs },
    });
    await store.addMembers(
      tx,
      made,
      chosen.map(each => each.certificateId),
    );
    const object = objectOf(made);
    const why = await sealText(tx, { partyId, object, name: 'why', text: asked.why });
    const basis = asked.basis === undefined ? {} : { basis: asked.basis };
    return { result: made, object, detail: { certificates, devices, reason: made.reason, why, ...basis } };
  });
}

/**
 * Approves what another person asked for: from then on the certificates are revoked, some at a time. Approving again
 * changes nothing. Refuses `revocation-unknown`, `revocation-by-the-asker` — one person never ends a fleet alone, by
 * whatever key — and `revocation-decided` when it was withdrawn.
 */
export async function approveRevocation(
  doors: RecordDoors,
  person: Person,
  revocationId: number,
): Promise<store.Revocation> {
  return await recorded(doors, attemptOf(person, 'revocation-approved', revocationId), async tx => {
    const found = await held(tx, revocationId);
    const { certificates, devices } = found;
    if (found.askedUser === person.userId) throw no('revocation-by-the-asker', objectOf(found));
    if (found.state === 'withdrawn') throw no('revocation-decided', objectOf(found));
    if (found.state !== 'asked') return { result: found, detail: { certificates, devices, repeated: true } };
    const by = { label: person.label, userId: person.userId, atMs: doors.clock.now() };
    return { result: await store.setApproved(tx, revocationId, by), detail: { certificates, devices } };
  });
}

/**
 * Takes one back, or says no to it: what is not revoked yet stays as it is. What is revoked stays revoked. Refuses
 * `revocation-unknown`, `revocation-decided` when it ended or was withdrawn before.
 */
export async function withdrawRevocation(
  doors: RecordDoors,
  person: Person,
  revocationId: number,
  note: string,
): Promise<store.Revocation> {
  return await recorded(doors, attemptOf(person, 'revocation-withdrawn', revocationId), async tx => {
    const found = await held(tx, revocationId);
    if (found.state === 'withdrawn' || found.state === 'ended')
      throw no('revocation-decided', objectOf(found));
    const by = { label: person.label, note, atMs: doors.clock.now() };
    const { revoked, waiting } = await store.progressOf(tx, revocationId);
    return { result: await store.setWithdrawn(tx, revocationId, by), detail: { revoked, left: waiting } };
  });
}

async function held(tx: Tx, revocationId: number): Promise<store.Revocation> {
  const found = await store.holdRevocation(tx, revocationId, 'update');
  if (found === undefined) throw no('revocation-unknown', `certificate-revocation/${revocationId}`);
  return found;
}

function attemptOf({ partyId, label }: Person, act: string, revocationId: number) {
  return { act, object: `certificate-revocation/${revocationId}`, partyId, actor: label };
}

export function objectOf({ revocationId }: Pick<store.Revocation, 'revocationId'>): string {
  return `certificate-revocation/${revocationId}`;
}
