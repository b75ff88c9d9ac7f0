import type { Tx } from '../../../../kernel/database/transaction.ts';
import { stage } from '../../../../spine/ledger/stage.ts';
import type { DatedFact } from '../../../../spine/registry/dated-fact.ts';
import { loadDossiers } from '../../../../spine/registry/dossier.ts';
import { lastFieldOf } from '../../../../spine/views/registered.ts';
import { areaOf, boundDevice } from '../../contracts/bindings/hold.ts';
import { CARD_USAGE } from '../../model.ts';
import { changeBody, endBody, shownCircle, shownImei, startBody, type What } from './events.ts';
import * as store from './store.ts';

const MOST_AT_ONCE = 100;

/** The card a subscription is about. */
export interface Card {
  readonly subjectId: number;
  readonly facts: readonly DatedFact[];
}

/** How the card stands now: the device it is bound to or was last seen in, the area it is held to; null for neither. */
export async function standingOf(tx: Tx, what: What, card: Card, atMs: number): Promise<object | null> {
  if (what === 'area-change') {
    const area = areaOf(card.facts, atMs);
    return area === null ? null : { area: shownCircle(area) };
  }
  const asked = { subjectId: card.subjectId, observationKind: CARD_USAGE, field: 'imei', atMs };
  const imei = boundDevice(card.facts, atMs) ?? (await lastFieldOf(tx, asked));
  return imei === null ? null : { imei: shownImei(imei) };
}

type Begun = Pick<store.Subscription, 'subscriptionId' | 'partyId' | 'device' | 'what' | 'maxEvents'>;

/** Tells how a card stands at the beginning, which counts among the events: it may be the last. Null tells nothing. */
export async function tellStanding(tx: Tx, of: Begun, standing: object | null, atMs: number): Promise<void> {
  if (standing === null) return;
  const { subscriptionId, partyId, what, maxEvents } = of;
  const body = changeBody(of, what, 'initial', atMs, standing);
  await store.addEvent(tx, { subscriptionId, partyId, event: 'initial', body }, atMs);
  if (maxEvents !== 1) return;
  await store.endSubscription(tx, subscriptionId, atMs, 'MAX_EVENTS_REACHED');
  const end = endBody(of, 'MAX_EVENTS_REACHED', atMs);
  await store.addEvent(tx, { subscriptionId, partyId, event: 'ended', body: end }, atMs);
}

/**
 * Begins what was asked for with leave to begin later; how many. Each is told that it began, and then how its card
 * stands. It shares the lock of reading on, so that what is found after a beginning is read after it.
 */
export async function beginRequested(tx: Tx, atMs: number): Promise<number> {
  const requested = await store.lockRequested(tx, atMs, MOST_AT_ONCE);
  if (requested.length === 0 || (await store.lockPosition(tx)) === null) return 0;
  const dossiers = await loadDossiers(tx, { claims: [], subjectIds: requested.map(each => each.subjectId) });
  const cards = new Map(dossiers.map(card => [card.subjectId, card]));
  for (const each of requested) await begin(tx, each, cards.get(each.subjectId), atMs);
  return requested.length;
}

async function begin(tx: Tx, of: store.Subscription, card: Card | undefined, atMs: number): Promise<void> {
  const { subscriptionId, partyId, what, wantsInitial } = of;
  const standing = card === undefined || !wantsInitial ? null : await standingOf(tx, what, card, atMs);
  await store.setActive(tx, subscriptionId, atMs, standing === null ? 0 : 1);
  const body = startBody(of, atMs);
  await store.addEvent(tx, { subscriptionId, partyId, event: 'started', body }, atMs);
  const object = `camara-subscription/${subscriptionId}`;
  const act = { act: 'camara-subscription-begun', object, partyId, actor: 'corridor' };
  await stage(tx, { ...act, atMs, detail: { what } });
  await tellStanding(tx, of, standing, atMs);
}
