import type { Tx } from '../../../kernel/database/transaction.ts';
import { Refusal } from '../../../kernel/refusal.ts';
import { DAY_MS, HOUR_MS } from '../../../kernel/time.ts';
import { registerRows } from '../../../spine/registry/register.ts';
import { type NamedSubject, subjectsNamed } from '../../../spine/views/named-subjects.ts';
import { type AuthorityDesk, type Doer, no } from '../authorities/authorities.ts';
import { type Certificate, issueCertificate } from '../certificates/issue.ts';
import { lockCertificate } from '../certificates/store.ts';
import type { DeviceCode } from '../codes.ts';
import { registrationsOf } from '../imports/devices.ts';
import { DEVICE, nameIn, PRODUCT } from '../model.ts';
import * as store from './claim-store.ts';
import { type Fleet, fleetById } from './fleet-store.ts';

export { type Claim, claimById, listClaims } from './claim-store.ts';

export interface AskedClaim {
  readonly fleetId: number;
  readonly title: string;
  /** PKCS#10 as DER: the key is made by whoever puts it into devices, never here. */
  readonly request: Uint8Array;
  readonly most: number;
  readonly mostAnHour: number;
  readonly days: number;
  readonly registers: boolean;
}

/** The profile of claim certificates. */
const PROFILE = 'claim';

/**
 * Makes a claim certificate for a fleet: devices carry it from the factory and show it once, for their first certificate of
 * their own. It is the product's and no device's, so it opens no other door (I-14). It is suspended and revoked as any
 * certificate, and with it the way in of all who carry it. Certificate, bounds and the ledger's entry commit together; the
 * same request asked again gives the same claim with the bounds it has.
 *
 * Refuses `fleet-unknown`, `fleet-closed`, and what `issueCertificate` does.
 */
export async function makeClaim(
  desk: AuthorityDesk,
  doer: Doer,
  asked: AskedClaim,
): Promise<{ readonly claim: store.Claim; readonly certificate: Certificate }> {
  const fleet = await desk.database.door(doer.partyId, async tx => {
    const found = await fleetById(tx, asked.fleetId);
    if (found === undefined) throw no('fleet-unknown', `fleet/${asked.fleetId}`);
    if (found.state === 'closed') throw no('fleet-closed', `fleet/${asked.fleetId}`);
    const product = { kind: PRODUCT, reference: found.product };
    const rows = [{ place: 'act', asks: { registrations: [{ do: 'subject', ...product } as const] } }];
    await registerRows(tx, found.partyId, rows, 'device', desk.clock.now());
    return found;
  });
  const untilMs = desk.clock.now() + asked.days * DAY_MS;
  let claim: store.Claim | undefined;
  const certificate = await issueCertificate(
    desk,
    { ...doer, partyId: fleet.partyId },
    {
      ...{ device: fleet.product, bearer: 'claim', authorityId: fleet.authorityId, profile: PROFILE },
      ...{ request: asked.request, untilMs },
      also: async (tx, { certificateId, partyId }) => {
        const { fleetId, title, most, mostAnHour, registers } = asked;
        await store.addClaim(tx, {
          ...{ claimId: certificateId, partyId, fleetId, title, most, mostAnHour, untilMs, registers },
          ...{ madeBy: doer.label, madeAtMs: desk.clock.now() },
        });
        claim = await store.claimById(tx, certificateId);
      },
    },
  );
  return { claim: claim as store.Claim, certificate };
}

/** Whoever holds the key of a claim certificate: some device of its fleet, which one it says in its request. */
export interface ClaimHolder {
  readonly by: 'claim';
  readonly claimId: number;
  /** How the ledger and the trace name it until the device is known. */
  readonly reference: string;
}

/** For so many keys a device may ask by a claim before it was seen with a certificate. */
const MOST_KEYS = 3;

/**
 * Lets a device in by a claim, as the one whose name stands in its request, and counts it. Counting, and registering where
 * the claim does that, commit before anything is issued, so no claim gives more than it may. For one claim this is done
 * one after the other, and not while it is being revoked.
 *
 * Refuses `claim-ended`, `client-suspended`, `client-revoked`, `device-unknown` where the claim registers nobody,
 * `claim-spent` for a device that has a certificate of its own, `claim-used-up`, `claim-too-fast`.
 */
export async function admitByClaim(
  { database, clock }: Pick<AuthorityDesk, 'database' | 'clock'>,
  fleet: Fleet,
  { claimId }: ClaimHolder,
  reference: string,
): Promise<{ readonly subjectId: number; readonly reference: string }> {
  return await database.door(fleet.partyId, async tx => {
    const nowMs = clock.now();
    const certificate = await lockCertificate(tx, claimId);
    const claim = await store.claimById(tx, claimId);
    if (certificate === undefined || claim === undefined) throw refused('client-unknown');
    refuseUnlessGood(claim, nowMs);
    const known = await deviceNamed(tx, reference, fleet.partyId);
    const so = await store.claimedSoFar(tx, claimId, known?.subjectId ?? null, nowMs - HOUR_MS);
    if (!so.isCounted) {
      if (known === undefined && !claim.registers) throw refused('device-unknown');
      if (so.all >= claim.most) throw refused('claim-used-up', { most: String(claim.most) });
      if (so.lately >= claim.mostAnHour) throw refused('claim-too-fast', { most: String(claim.mostAnHour) });
    }
    if (known !== undefined && (await store.hasAlready(tx, known.subjectId)).isSpent)
      throw refused('claim-spent');
    if (known === undefined) {
      const name = nameIn(reference) as NonNullable<ReturnType<typeof nameIn>>;
      const rows = [
        { place: 'act', asks: { registrations: registrationsOf(name, {}, { iccid: '', imei: '' }, {}) } },
      ];
      await registerRows(tx, fleet.partyId, rows, 'device', nowMs);
    }
    const device = known ?? (await deviceNamed(tx, reference, fleet.partyId));
    if (device === undefined) throw refused('device-unknown');
    const { subjectId } = device;
    await store.addClaimed(tx, { claimId, subjectId, partyId: fleet.partyId, atMs: nowMs });
    return { subjectId, reference };
  });
}

/** Asked again in the transaction that issues. Refuses as `admitByClaim`, and `too-many-keys`. */
export async function refuseUnlessClaims(
  tx: Tx,
  { claimId, subjectId }: { readonly claimId: number; readonly subjectId: number },
  keySha256: Uint8Array,
  nowMs: number,
): Promise<void> {
  await store.holdDevice(tx, subjectId);
  const claim = await store.claimById(tx, claimId);
  if (claim === undefined) throw refused('client-unknown');
  refuseUnlessGood(claim, nowMs);
  const { isSpent, keys } = await store.hasAlready(tx, subjectId);
  if (isSpent) throw refused('claim-spent');
  if (keys.length >= MOST_KEYS && !keys.some(each => each.equals(keySha256)))
    throw refused('too-many-keys', { most: String(MOST_KEYS) });
}

/** Refuses `claim-ended`, `client-suspended`, `client-revoked`. */
export function refuseUnlessGood({ state, untilMs }: store.Claim, nowMs: number): void {
  if (state === 'held') throw refused('client-suspended');
  if (state === 'revoked') throw refused('client-revoked');
  if (nowMs > untilMs) throw refused('claim-ended', { until: new Date(untilMs).toISOString() });
}

async function deviceNamed(tx: Tx, reference: string, partyId: number): Promise<NamedSubject | undefined> {
  const found = await subjectsNamed(tx, DEVICE, [reference]);
  return found.find(each => each.partyId === partyId);
}

function refused(code: DeviceCode, detail: Readonly<Record<string, string>> = {}): Refusal<DeviceCode> {
  return new Refusal<DeviceCode>(code, { subject: 'device/named', detail });
}
