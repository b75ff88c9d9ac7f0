import { Refusal } from '../../kernel/refusal.ts';
import { type RecordDoors, recorded } from '../../spine/registry/recorded.ts';
import { registerRows } from '../../spine/registry/register.ts';
import { subjectsNamed } from '../../spine/views/named-subjects.ts';
import type { Doer } from './authorities/authorities.ts';
import type { DeviceCode } from './codes.ts';
import { registrationsOf } from './imports/devices.ts';
import { DEVICE, deviceName, referenceOf } from './model.ts';

export interface Device {
  readonly subjectId: number;
  readonly reference: string;
}

/**
 * Registers one device; registering it again changes nothing. The registration and the ledger's entry commit together.
 * Refuses `device-name-refused` for what no identity can hold (I-17).
 */
export async function registerDevice(
  doors: RecordDoors,
  doer: Doer,
  asked: { readonly product: string; readonly serial: string; readonly title?: string | undefined },
): Promise<Device> {
  const attempt = {
    act: 'device-registered',
    object: 'device/new',
    partyId: doer.partyId,
    actor: doer.label,
  };
  return await recorded(doors, attempt, async tx => {
    const name = deviceName(asked.product, asked.serial);
    if (name === null) throw new Refusal<DeviceCode>('device-name-refused', { subject: 'device/new' });
    const attributes = asked.title === undefined ? {} : { title: asked.title };
    const registrations = registrationsOf(name, attributes, { iccid: '', imei: '' }, {});
    await registerRows(
      tx,
      doer.partyId,
      [{ place: 'act', asks: { registrations } }],
      'device',
      doors.clock.now(),
    );
    const found = await subjectsNamed(tx, DEVICE, [referenceOf(name)]);
    const made = found.find(each => each.partyId === doer.partyId) as Device;
    return { result: made, object: `subject/${made.subjectId}`, detail: {} };
  });
}
