import { type Place, sealBytes } from '../../../../kernel/seal/sealed-bytes.ts';
import type { OutsideReach } from '../../../../spine/measures/ports.ts';
import { type RecordDoors, recorded } from '../../../../spine/registry/recorded.ts';
import { not } from '../faults.ts';
import type { Asked } from './asked.ts';
import { type Card, standingOf, tellStanding } from './standing.ts';
import * as store from './store.ts';

/** As many as a list of the contract holds at most. */
const MOST_LIVE = 1_000;

interface Who extends store.Owner {
  readonly label: string;
}

/**
 * Has a receiver told of a card's changes from now on, and of how it stands when that was asked for; from the next round
 * on when it begins later. What the receiver is reached with lies sealed, for its address alone. Refuses
 * `camara-subscriptions-too-many`.
 */
export async function subscribe(
  doors: RecordDoors & { readonly outside: OutsideReach },
  who: Who,
  card: Card,
  asked: Asked,
  device: Readonly<Record<string, unknown>>,
  beginsLater = false,
): Promise<store.Subscription> {
  const { partyId, label } = who;
  const { what, sink, credential, maxEvents, expiresAtMs, wantsInitial } = asked;
  const object = `subject/${card.subjectId}`;
  const attempt = { act: 'camara-subscribed', object, partyId, actor: label, detail: { what } };
  return await recorded(doors, attempt, async tx => {
    if ((await store.countLive(tx, partyId)) >= MOST_LIVE) throw not('camara-subscriptions-too-many');
    const atMs = doors.clock.now();
    const initial = wantsInitial && !beginsLater ? await standingOf(tx, what, card, atMs) : null;
    const row = {
      ...{ partyId, subjectId: card.subjectId, what, sink, device, maxEvents, expiresAtMs, wantsInitial },
      sealed: credential === null ? null : sealCredential(doors.outside, partyId, sink, credential),
      credentialUntilMs: credential?.untilMs ?? null,
      told: initial === null ? 0 : 1,
      ...{ madeBy: label, madeAtMs: atMs, activeAtMs: beginsLater ? null : atMs },
    };
    const subscriptionId = await store.addSubscription(tx, row);
    await tellStanding(tx, { ...row, subscriptionId }, initial, atMs);
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

function sealCredential(
  outside: OutsideReach,
  partyId: number,
  sink: string,
  { authorization }: { readonly authorization: string },
): Buffer {
  return sealBytes(outside.sealKey, placeOf(partyId, sink), Buffer.from(authorization, 'utf8'));
}

/** A credential sent to one address opens for no other, and for no other party. */
export function placeOf(partyId: number, sink: string): Place {
  return { use: 'camara-sink', party: partyId, sink };
}
