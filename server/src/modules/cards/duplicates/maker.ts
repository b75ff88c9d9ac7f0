import type { Tx } from '../../../kernel/database/transaction.ts';
import { cardsByReference, linkedTo } from '../../../spine/views/registered.ts';
import { registered } from '../contracts/contracts.ts';
import type { DeviceMakers } from '../device-models.ts';
import { DEVICE_TYPE, MADE_BY, madeBy, ofMaker, ofType } from '../imports/registration.ts';
import { upwards } from './store.ts';

/**
 * Who makes the type of device: as the party or the nearest above it has registered it, or else as the lists of device
 * models say. Empty when nobody says it.
 */
export async function makerOf(
  tx: Tx,
  makers: DeviceMakers,
  partyId: number,
  tac: string,
  atMs: number,
): Promise<string> {
  for (const each of await upwards(tx, partyId)) {
    const [type] = await cardsByReference(tx, each, DEVICE_TYPE, [tac]);
    const maker = type === undefined ? null : await linkedTo(tx, type, MADE_BY, atMs);
    if (maker !== null) return maker;
  }
  return makers.get(tac) ?? '';
}

/**
 * Makes the maker a subject of the party that a case can be about, and the type of device that it made; without a maker
 * the type alone. The claim that names it. Named again it is the one there is.
 */
export async function nameMaker(
  tx: Tx,
  partyId: number,
  told: { readonly tac: string; readonly maker: string },
  atMs: number,
): Promise<string> {
  const { tac, maker } = told;
  const registrations = maker === '' ? ofType(tac) : [...ofType(tac), ...ofMaker(maker), madeBy(tac, maker)];
  await registered(tx, partyId, registrations, `duplicate-imei/${tac}`, atMs);
  return maker === '' ? `tac:${tac}` : `maker:${maker}`;
}
