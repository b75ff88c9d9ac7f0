import type { Tx } from '../../../../../kernel/database/transaction.ts';
import { type Dossier, loadDossiers } from '../../../../../spine/registry/dossier.ts';
import { cardsByReference } from '../../../../../spine/views/registered.ts';
import { CARD } from '../../../imports/registration.ts';
import type { Device } from './client.ts';

/** What an operator is told a card of the party by: the number it bears now. Null for a card that bears none, or is none. */
export async function deviceOf(
  tx: Tx,
  partyId: number,
  reference: string,
  atMs: number,
): Promise<Device | null> {
  // An ICCID may come with the check digit that its card is known without (CR-04).
  const subjectIds = await cardsByReference(tx, partyId, CARD, [reference, reference.slice(0, 19)]);
  if (subjectIds.length !== 1) return null;
  const [card] = await loadDossiers(tx, { claims: [], subjectIds });
  return card === undefined ? null : numberOf(card, atMs);
}

/** By the number alone: which network access identifier an operator knows a card by, nobody here is told. */
export function numberOf({ aliases }: Dossier, atMs: number): Device | null {
  const now = aliases.find(
    each => each.claim.startsWith('msisdn:') && each.fromMs <= atMs && atMs < each.toMs,
  );
  return now === undefined ? null : { phoneNumber: `+${now.claim.slice('msisdn:'.length)}` };
}
