import type { Tx } from '../../../../kernel/database/transaction.ts';
import { type Place, sealBytes } from '../../../../kernel/seal/sealed-bytes.ts';
import type { OutsideReach } from '../../../../spine/measures/ports.ts';
import type { DatedFact } from '../../../../spine/registry/dated-fact.ts';
import { type RecordDoors, recorded } from '../../../../spine/registry/recorded.ts';
import { lastFieldOf } from '../../../../spine/views/registered.ts';
import { areaOf, boundDevice } from '../../contracts/bindings/hold.ts';
import { CARD_USAGE } from '../../model.ts';
import { not } from '../faults.ts';
import type { Asked } from './asked.ts';
import { changeBody, endBody, shownCircle, shownImei, type What } from './events.ts';
import * as store from './store.ts';

/** As many as a list of the contract holds at most. */
const MOST_LIVE = 1_000;

interface Who extends store.Owner {
  readonly label: string;
}

/** The card a subscription is about. */
export interface Card {
  readonly subjectId: number;
  readonly facts: readonly DatedFact[];
}

/**
 * Has a receiver told of a card's changes from now on, and of how it stands when that was asked for. What it is reached
 * with lies sealed, for that address alone. Refuses `camara-subscriptions-too-many`.
 */
export async function subscribe(
  doors: RecordDoors & { readonly outside: OutsideReach },
  who: Who,
  card: Card,
  asked: Asked,
  device: Readonly<Record<string, unknown>>,
): Promise<store.Subscription> {
  const { partyId, label } = who;
  const { what, sink, token, maxEvents, expiresAtMs, wantsInitial } = asked;
  const object = `subject/${card.subjectId}`;
  const attempt = { act: 'camara-subscribed', object, partyId, actor: label, detail: { what } };
  return await recorded(doors, attempt, async tx => {
    if ((await store.countLive(tx, partyId)) >= MOST_LIVE) throw not('camara-subscriptions-too-many');
    const atMs = doors.clock.now();
    const initial = wantsInitial ? await standingOf(tx, what, card, atMs) : null;
    const isOver = initial !== null && maxEvents === 1;
    const row = {
      ...{ partyId, subjectId: card.subjectId, what, sink, device, maxEvents, expiresAtMs, wantsInitial },
      sealed: token === null ? null : sealToken(doors.outside, partyId, sink, token.text),
      credentialUntilMs: token?.untilMs ?? null,
      told: initial === null ? 0 : 1,
      ...{ madeBy: label, madeAtMs: atMs },
    };
    const subscriptionId = await store.addSubscription(tx, row);
    const of = { subscriptionId, partyId, device };
    if (initial !== null)
      await store.addEvent(
        tx,
        { ...of, event: 'initial', body: changeBody(of, what, 'initial', atMs, initial) },
        atMs,
      );
    if (isOver) {
      await store.endSubscription(tx, subscriptionId, atMs, 'MAX_EVENTS_REACHED');
      await store.addEvent(
        tx,
        { ...of, event: 'ended', body: endBody(of, 'MAX_EVENTS_REACHED', atMs) },
        atMs,
      );
    }
    const result = await store.subscriptionOf(tx, who, subscriptionId);
    return { result: result!, object: `camara-subscription/${subscriptionId}` };
  });
}

/** From the commit on nothing more is sent, save what is on its way. Refuses `camara-subscription-unknown`. */
export async function unsubscribe(doors: RecordDoors, who: Who, subscriptionId: number): Promise<void> {
  const { partyId, label: actor } = who;
  const object = `camara-subscription/${subscriptionId}`;
  await recorded(doors, { act: 'camara-unsubscribed', object, partyId, actor }, async tx => {
    const found = await store.subscriptionOf(tx, who, subscriptionId);
    if (found === undefined || found.endReason === 'SUBSCRIPTION_DELETED')
      throw not('camara-subscription-unknown');
    // One that ended by itself may still have events on their way.
    await store.endSubscription(tx, subscriptionId, doors.clock.now(), 'SUBSCRIPTION_DELETED');
    await store.dropWaiting(tx, subscriptionId);
    return { result: undefined };
  });
}

export function sealToken(outside: OutsideReach, partyId: number, sink: string, token: string): Buffer {
  return sealBytes(outside.sealKey, placeOf(partyId, sink), Buffer.from(token, 'utf8'));
}

/** A token sent to one address opens for no other, and for no other party. */
export function placeOf(partyId: number, sink: string): Place {
  return { use: 'camara-sink', party: partyId, sink };
}

/** How the card stands now: the device it is bound to or was last seen in, the area it is held to; null for neither. */
async function standingOf(tx: Tx, what: What, card: Card, atMs: number): Promise<object | null> {
  if (what === 'area-change') {
    const area = areaOf(card.facts, atMs);
    return area === null ? null : { area: shownCircle(area) };
  }
  const asked = { subjectId: card.subjectId, observationKind: CARD_USAGE, field: 'imei', atMs };
  const imei = boundDevice(card.facts, atMs) ?? (await lastFieldOf(tx, asked));
  return imei === null ? null : { imei: shownImei(imei) };
}
