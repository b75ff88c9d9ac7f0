import { createHash, randomBytes } from 'node:crypto';
import { Refusal } from '../../../kernel/refusal.ts';
import { DAY_MS } from '../../../kernel/time.ts';
import { type RecordDoors, recorded } from '../../../spine/registry/recorded.ts';
import { registerRows } from '../../../spine/registry/register.ts';
import { subjectsNamed } from '../../../spine/views/named-subjects.ts';
import { type AuthorityDesk, type Doer, no } from '../authorities/authorities.ts';
import { profileNamed } from '../authorities/profiles.ts';
import { authorityById } from '../authorities/store.ts';
import type { DeviceCode } from '../codes.ts';
import { registrationsOf } from '../imports/devices.ts';
import { DEVICE, deviceName, referenceOf } from '../model.ts';
import * as store from './fleet-store.ts';

export { closeFleet, type Fleet, fleetById, listFleets } from './fleet-store.ts';

export interface AskedFleet {
  readonly name: string;
  readonly product: string;
  readonly authorityId: number;
  readonly profile: string;
  readonly makesKeys: boolean;
  readonly graceDays: number;
  /** What a person approves before it is issued; `none` unless told. */
  readonly approval?: store.Fleet['approval'] | undefined;
}

/** How a fleet is named in addresses of EST (RFC 7030 §3.2.2): its number keeps labels of two parties apart. */
export function labelOf({ name, fleetId }: Pick<store.Fleet, 'name' | 'fleetId'>): string {
  return `${name}-${fleetId}`;
}

/** Name and number out of a label; null for what is none. */
export function labelIn(text: string): { readonly name: string; readonly fleetId: number } | null {
  const match = /^([a-z][a-z0-9-]{0,30})-([1-9]\d{0,14})$/.exec(text);
  return match === null ? null : { name: match[1] as string, fleetId: Number(match[2]) };
}

/**
 * Opens a way for devices of a product to fetch certificates. It commits with the ledger's entry. Refuses
 * `authority-unknown`, `profile-unknown`, `device-name-refused` for the product, `fleet-exists`.
 */
export async function makeFleet(desk: AuthorityDesk, doer: Doer, asked: AskedFleet): Promise<store.Fleet> {
  const { partyId, label } = doer;
  const attempt = { act: 'fleet-opened', object: 'fleet/new', partyId, actor: label };
  return await recorded(desk, attempt, async tx => {
    const { graceDays, approval = 'none', ...rest } = asked;
    if (deviceName(asked.product, 'x') === null) throw no('device-name-refused', 'fleet/new');
    profileNamed(desk.profiles, asked.profile, 'device');
    if ((await authorityById(tx, asked.authorityId)) === undefined)
      throw no('authority-unknown', `authority/${asked.authorityId}`);
    const madeAtMs = desk.clock.now();
    const made = await store.addFleet(tx, {
      ...{ ...rest, approval, partyId, graceMs: graceDays * DAY_MS, madeBy: label, madeAtMs },
    });
    if (made === undefined) throw no('fleet-exists', 'fleet/new');
    return {
      result: made,
      object: `fleet/${made.fleetId}`,
      detail: { authority: asked.authorityId, profile: asked.profile, makesKeys: asked.makesKeys, approval },
    };
  });
}

/** Nothing is fetched through it any more; certificates that were stay as they are. Refuses `fleet-unknown`. */
export async function endFleet(doors: RecordDoors, doer: Doer, fleetId: number): Promise<store.Fleet> {
  const object = `fleet/${fleetId}`;
  const attempt = { act: 'fleet-closed', object, partyId: doer.partyId, actor: doer.label };
  return await recorded(doors, attempt, async tx => {
    const closed = await store.closeFleet(tx, fleetId);
    if (closed === undefined) throw no('fleet-unknown', object);
    return { result: closed };
  });
}

/** A device that is expected, with the secret it comes with; the secret is told this once. */
export interface ExpectedDevice {
  readonly device: string;
  readonly subjectId: number;
  readonly secret: string;
}

/** Octets of chance of a secret: nothing can be tried out. */
const SECRET_BYTES = 20;

/**
 * Registers serial numbers of the fleet's product where they are not, and makes each a secret with which that device, and
 * no other, fetches its first certificate. Asked again, the secrets are new and the former ones open nothing: so answers
 * that were lost are made good. All commits together. Refuses `fleet-unknown`, `fleet-closed`, `device-name-refused`.
 */
export async function expectDevices(
  doors: RecordDoors,
  doer: Doer,
  fleetId: number,
  serials: readonly string[],
  days: number,
): Promise<readonly ExpectedDevice[]> {
  const object = `fleet/${fleetId}`;
  const attempt = { act: 'devices-expected', object, partyId: doer.partyId, actor: doer.label };
  return await recorded(doors, attempt, async tx => {
    const fleet = await store.fleetById(tx, fleetId);
    if (fleet === undefined) throw no('fleet-unknown', object);
    if (fleet.state === 'closed') throw no('fleet-closed', object);
    const names = [...new Set(serials)].map(serial => {
      const name = deviceName(fleet.product, serial);
      if (name === null)
        throw new Refusal<DeviceCode>('device-name-refused', { subject: object, detail: { serial } });
      return name;
    });
    const atMs = doors.clock.now();
    const rows = names.map(name => ({
      place: 'act',
      asks: { registrations: registrationsOf(name, {}, { iccid: '', imei: '' }, {}) },
    }));
    await registerRows(tx, fleet.partyId, rows, 'device', atMs);
    const found = await subjectsNamed(tx, DEVICE, names.map(referenceOf));
    const expected = found
      .filter(each => each.partyId === fleet.partyId)
      .map(({ reference, subjectId }) => ({
        ...{ device: reference, subjectId },
        secret: randomBytes(SECRET_BYTES).toString('base64url'),
      }));
    const kept = expected.map(({ subjectId, secret }) => ({
      ...{ subjectId, secretSha256: secretDigest(secret) },
      ...{ untilMs: atMs + days * DAY_MS, expectedAtMs: atMs },
    }));
    await store.putExpected(tx, fleet, kept, doer.label);
    return { result: expected, detail: { devices: expected.length, days } };
  });
}

/** Secrets are chance alone, so a plain digest keeps them. */
export function secretDigest(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
