import type { RouteHand } from '../../../spine/module-route.ts';
import { type Dossier, loadDossiers } from '../../../spine/registry/dossier.ts';
import { resolveClaims } from '../../../spine/registry/naming.ts';
import { CARD } from '../imports/registration.ts';
import { readDevice } from './asked.ts';
import { not } from './faults.ts';

type Hand = Pick<RouteHand, 'database' | 'actor' | 'clock'>;

/**
 * The card a request is about: the one the key speaks for, which is then named by nothing else, or the one that
 * `device` in `of` names. Refuses `camara-identifier-unnecessary`, `camara-identifier-unknown`,
 * `camara-identifier-mismatch`, and as `readDevice`.
 */
export async function cardAsked(hand: Hand, of: Readonly<Record<string, unknown>>): Promise<Dossier> {
  const { onlySubject } = hand.actor;
  if (onlySubject === undefined) return await cardNamed(hand, readDevice(of));
  if (Object.hasOwn(of, 'device')) throw not('camara-identifier-unnecessary');
  return await cardWhere(hand, async () => onlySubject);
}

/** How a card is told in an answer to its own key, which named none: by the number it bears. */
export function ownDevice({ aliases }: Dossier, atMs: number): Readonly<Record<string, unknown>> {
  const now = aliases.find(
    each => each.claim.startsWith('msisdn:') && each.fromMs <= atMs && atMs < each.toMs,
  );
  return now === undefined ? {} : { phoneNumber: `+${now.claim.slice('msisdn:'.length)}` };
}

/** The one card of the party that bears all of the claims now; one of several is unknown as well. */
async function cardNamed(hand: Hand, claims: readonly string[]): Promise<Dossier> {
  const { partyId } = hand.actor;
  return await cardWhere(hand, async tx => {
    const atMs = hand.clock.now();
    const namings = await resolveClaims(
      tx,
      partyId,
      claims.map(claim => ({ claim, atMs })),
    );
    const named = namings.map(each => ('subjectId' in each ? each.subjectId : undefined));
    if (new Set(named).size > 1) throw not('camara-identifier-mismatch');
    return named[0];
  });
}

async function cardWhere(
  { database, actor: { partyId } }: Hand,
  find: (tx: Parameters<typeof loadDossiers>[0]) => Promise<number | undefined>,
): Promise<Dossier> {
  return await database.door(partyId, async tx => {
    const subjectId = await find(tx);
    if (subjectId === undefined) throw not('camara-identifier-unknown');
    const [card] = await loadDossiers(tx, { claims: [], subjectIds: [subjectId] });
    if (card?.kind !== CARD || card.partyId !== partyId) throw not('camara-identifier-unknown');
    return card;
  });
}
