import type { Tx } from '../../../kernel/database/transaction.ts';
import { stage } from '../../../spine/ledger/stage.ts';
import { moveFleets } from '../enrolment/fleet-store.ts';
import * as store from './store.ts';

/**
 * Puts an authority in the place of the one it follows, in the transaction that installs it: fleets fetch from it, the
 * former issues no more. What that issued stands, and is told of by its own key until it ends.
 */
export async function takePlace(
  tx: Tx,
  doer: { readonly partyId: number; readonly label: string },
  { authorityId }: store.Authority,
  formerId: number,
  atMs: number,
): Promise<void> {
  await store.lockAuthority(tx, formerId);
  const fleets = await moveFleets(tx, formerId, authorityId);
  await store.setState(tx, formerId, 'retired');
  const { partyId, label: actor } = doer;
  const object = `authority/${formerId}`;
  await stage(tx, {
    act: 'authority-succeeded',
    object,
    partyId,
    actor,
    atMs,
    detail: { by: authorityId, fleets },
  });
}
