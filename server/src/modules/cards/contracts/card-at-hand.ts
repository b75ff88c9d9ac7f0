import type { Tx } from '../../../kernel/database/transaction.ts';
import { type Dossier, loadDossiers } from '../../../spine/registry/dossier.ts';
import { cardsByReference, linkedTo } from '../../../spine/views/registered.ts';
import { readIccid } from '../identifiers/iccid.ts';
import { CARD } from '../imports/registration.ts';
import { no } from './contracts.ts';

/** The key of a card out of its ICCID as a person writes it. Refuses `card-unknown`. */
export function cardKey(iccid: string): string {
  const read = readIccid(iccid);
  if ('fault' in read) throw no('card-unknown', 'card');
  return read.key;
}

/** Everything registered of a card of the party. Refuses `card-unknown`. */
export async function cardDossier(tx: Tx, partyId: number, key: string): Promise<Dossier> {
  const [subjectId] = await cardsByReference(tx, partyId, CARD, [key]);
  const [dossier] =
    subjectId === undefined ? [] : await loadDossiers(tx, { claims: [], subjectIds: [subjectId] });
  if (dossier === undefined) throw no('card-unknown', 'card');
  return dossier;
}

/** Reference of the contract a card of the party stands under at a moment, or null. */
export async function contractAbove(
  tx: Tx,
  partyId: number,
  key: string,
  atMs: number,
): Promise<string | null> {
  const [subjectId] = await cardsByReference(tx, partyId, CARD, [key]);
  return subjectId === undefined ? null : await linkedTo(tx, subjectId, 'under', atMs);
}
