import { Type } from 'typebox';
import { instant, rfc3339 } from '../../../../kernel/time.ts';
import { Later, type ModuleRoute, moduleRoute, type RouteHand } from '../../../../spine/module-route.ts';
import { cardAsked, ownDevice } from '../card.ts';
import { CAMARA, not, SUBSCRIBE } from '../faults.ts';
import { VERSIONS } from '../versions.ts';
import { noDevice, readAsked } from './asked.ts';
import { typeOf } from './events.ts';
import * as store from './store.ts';
import { subscribe, unsubscribe } from './subscriptions.ts';

/** The most that a list of the contract holds. */
const MOST = 1_000;

/** A consumer that would rather not wait (RFC 7240 §4.1) is answered 202, and the subscription begins with the next round. */
const RESPOND_ASYNC = /(?:^|[,;])\s*respond-async\s*(?:$|[,;])/i;

const Body = Type.Object({}, { additionalProperties: true });
const version = { version: Type.String({ maxLength: 20 }) };
const one = { ...version, id: Type.String({ maxLength: 256 }) };
const path = '/camara/iot-sim-fraud-prevention-subscriptions/:version/subscriptions';

/**
 * Subscriptions of CAMARA IoT SIM Fraud Prevention (C-53). `count` holds what a consumer may ask in a minute, together
 * with the calls of the other half of the contract.
 */
export function subscriptionRoutes(
  count: (clock: RouteHand['clock'], consumer: string) => void,
): readonly ModuleRoute[] {
  const enter = (hand: RouteHand, asked: string): void => {
    if (!VERSIONS.has(asked)) throw not('camara-version-unknown');
    count(hand.clock, hand.actor.label);
  };
  return [
    moduleRoute({
      method: 'POST',
      path,
      right: 'subscribers:write',
      takesKeysOfOne: true,
      tag: 'camara',
      status: 201,
      params: version,
      body: Body,
      dialect: SUBSCRIBE,
      answer: async (hand, { params, body }) => {
        enter(hand, params.version);
        const { outside } = hand.desk;
        if (outside === undefined) throw not('camara-sink');
        const asked = readAsked(body as Readonly<Record<string, unknown>>, hand.clock.now(), outside.faultOf);
        const isOwn = hand.actor.onlySubject !== undefined;
        if (!isOwn && !Object.hasOwn(asked.detail, 'device')) throw noDevice();
        const card = await cardAsked(hand, asked.detail);
        const named = asked.detail['device'] as Readonly<Record<string, unknown>>;
        const device = isOwn ? ownDevice(card, hand.clock.now()) : shownDevice(named);
        const doors = { database: hand.database, clock: hand.clock, outside };
        const isLater = RESPOND_ASYNC.test(hand.header('prefer') ?? '');
        const made = await subscribe(doors, hand.actor, card, asked, device, isLater);
        hand.announce('subscription', `camara-subscription/${made.subscriptionId}`);
        if (isLater) return new Later({ subscriptionId: String(made.subscriptionId) });
        return shown(made, hand.clock.now());
      },
    }),
    moduleRoute({
      method: 'GET',
      path,
      right: 'subscribers:read',
      takesKeysOfOne: true,
      tag: 'camara',
      params: version,
      // Ours: the contract knows no filter.
      query: { live: Type.Optional(Type.Boolean()) },
      dialect: CAMARA,
      answer: async (hand, { params, query }) => {
        enter(hand, params.version);
        const { partyId } = hand.actor;
        const rows = await hand.database.door(partyId, tx =>
          store.subscriptionsOf(tx, hand.actor, query.live === true, MOST),
        );
        return rows.map(row => shown(row, hand.clock.now()));
      },
    }),
    moduleRoute({
      method: 'GET',
      path: `${path}/:id`,
      right: 'subscribers:read',
      takesKeysOfOne: true,
      tag: 'camara',
      params: one,
      dialect: CAMARA,
      answer: async (hand, { params }) => {
        enter(hand, params.version);
        const { partyId } = hand.actor;
        const id = needNumber(params.id);
        const row = await hand.database.door(partyId, tx => store.subscriptionOf(tx, hand.actor, id));
        if (row === undefined) throw not('camara-subscription-unknown');
        return shown(row, hand.clock.now());
      },
    }),
    moduleRoute({
      method: 'DELETE',
      path: `${path}/:id`,
      right: 'subscribers:write',
      takesKeysOfOne: true,
      tag: 'camara',
      status: 204,
      params: one,
      dialect: CAMARA,
      answer: async (hand, { params }) => {
        enter(hand, params.version);
        const id = needNumber(params.id);
        await unsubscribe(hand, hand.actor, id);
        hand.announce('subscription', `camara-subscription/${id}`);
      },
    }),
  ];
}

/** Of the identifiers that were told, the one the card was found by. */
function shownDevice({ phoneNumber, networkAccessIdentifier }: Readonly<Record<string, unknown>>) {
  return phoneNumber === undefined ? { networkAccessIdentifier } : { phoneNumber };
}

/** What is no number of ours names no subscription. */
function needNumber(id: string): number {
  if (!/^[1-9]\d{0,14}$/.test(id)) throw not('camara-subscription-unknown');
  return Number(id);
}

/** A subscription by the contract; what reaches the receiver is never told back. */
function shown(row: store.Subscription, nowMs: number) {
  const { subscriptionId, sink, what, device, maxEvents, expiresAtMs, wantsInitial, madeAtMs, activeAtMs } =
    row;
  return {
    id: String(subscriptionId),
    protocol: 'HTTP',
    sink,
    types: [typeOf(what)],
    config: {
      subscriptionDetail: { device },
      initialEvent: wantsInitial,
      ...(maxEvents === null ? {} : { subscriptionMaxEvents: maxEvents }),
      ...(expiresAtMs === null ? {} : { subscriptionExpireTime: rfc3339(expiresAtMs) }),
    },
    startsAt: rfc3339(activeAtMs ?? madeAtMs),
    ...(expiresAtMs === null ? {} : { expiresAt: instant(expiresAtMs) }),
    status: statusOf(row, nowMs),
  };
}

function statusOf(row: store.Subscription, nowMs: number): string {
  const { endReason, expiresAtMs, credentialUntilMs, activeAtMs } = row;
  if (endReason === 'SUBSCRIPTION_DELETED') return 'DELETED';
  if (endReason === 'NETWORK_TERMINATED') return 'INACTIVE';
  if (endReason !== null) return 'EXPIRED';
  if (Math.min(expiresAtMs ?? Infinity, credentialUntilMs ?? Infinity) <= nowMs) return 'EXPIRED';
  return activeAtMs === null ? 'ACTIVATION_REQUESTED' : 'ACTIVE';
}
