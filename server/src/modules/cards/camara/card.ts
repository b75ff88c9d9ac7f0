import type { RouteHand } from '../../../spine/module-route.ts';
import { type Dossier, loadDossiers } from '../../../spine/registry/dossier.ts';
import { resolveClaims } from '../../../spine/registry/naming.ts';
import { CARD } from '../imports/registration.ts';
import { not } from './faults.ts';

/** The card of the party that bears the claim now. Refuses `camara-identifier-unknown`, for one of several as well. */
export async function cardOf(
  { database, actor: { partyId }, clock }: Pick<RouteHand, 'database' | 'actor' | 'clock'>,
  claim: string,
): Promise<Dossier> {
  return await database.door(partyId, async tx => {
    const [naming] = await resolveClaims(tx, partyId, [{ claim, atMs: clock.now() }]);
    if (naming === undefined || !('subjectId' in naming)) throw not('camara-identifier-unknown');
    const [card] = await loadDossiers(tx, { claims: [], subjectIds: [naming.subjectId] });
    if (card?.kind !== CARD || card.partyId !== partyId) throw not('camara-identifier-unknown');
    return card;
  });
}
