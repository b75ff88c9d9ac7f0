import { Type } from 'typebox';
import { isRefusal } from '../../../kernel/refusal.ts';
import { type ModuleRoute, moduleRoute, type RouteHand } from '../../../spine/module-route.ts';
import type { Dossier } from '../../../spine/registry/dossier.ts';
import {
  areaOf,
  bindDeviceInUse,
  boundDevice,
  type HeldArea,
  holdArea,
  liftArea,
  unbindCard,
} from '../contracts/bindings/hold.ts';
import type { SaleDoors } from '../contracts/contracts.ts';
import { doerOf } from '../contracts/routes.ts';
import type { SaleRules } from '../contracts/sale-rules.ts';
import { type HoldType, readType, type TypeField } from './asked.ts';
import { cardAsked } from './card.ts';
import { CAMARA, not } from './faults.ts';
import { quota } from './quota.ts';
import { shownCircle, shownImei } from './subscriptions/events.ts';
import { subscriptionRoutes } from './subscriptions/routes.ts';
import { VERSIONS } from './versions.ts';

/** What a consumer may ask in a minute. */
const PER_MINUTE = 600;

/** What keeps a hold from being set for reasons that lie with the card, not with the request. */
const UNHELD: ReadonlySet<string> = new Set([
  'binding-device-unseen',
  'binding-device-missing',
  'binding-needs-swap-window',
  'area-not-stated',
]);

const Body = Type.Object({}, { additionalProperties: true });
const params = { version: Type.String({ maxLength: 20 }) };

/**
 * CAMARA IoT SIM Fraud Prevention: bind, unbind and query (C-53; OpenAPI and feature files of the project
 * camaraproject/IoTSIMFraudPrevention). A bind request names neither device nor area: bound is the device the card
 * was last seen in, held the area its contract or its own terms state, and where there is none the answer is
 * `bound: false`.
 */
export function camaraRoutes(
  saleRules: readonly SaleRules[],
  perMinute = PER_MINUTE,
): readonly ModuleRoute[] {
  const count = quota(perMinute);
  const call = (
    name: string,
    right: ModuleRoute['right'],
    field: TypeField,
    act: (hand: RouteHand, doors: SaleDoors, type: HoldType, card: Dossier) => Promise<object>,
  ): ModuleRoute =>
    moduleRoute({
      method: 'POST',
      path: `/camara/iot-sim-fraud-prevention/:version/${name}`,
      right,
      takesKeysOfOne: true,
      tag: 'camara',
      params,
      body: Body,
      dialect: CAMARA,
      answer: async (hand, { params: { version }, body }) => {
        if (!VERSIONS.has(version)) throw not('camara-version-unknown');
        count(hand.clock, hand.actor.label);
        const asked = body as Readonly<Record<string, unknown>>;
        const type = readType(asked, field);
        return await act(hand, { ...hand, saleRules }, type, await cardAsked(hand, asked));
      },
    });
  return [
    call('bind', 'registry:write', 'bindType', async (hand, doors, type, { reference }) => {
      const hold = type === 'IMEIBIND' ? bindDeviceInUse : holdArea;
      const bound = await hold(doors, doerOf(hand), reference).then(
        () => true,
        (thrown: unknown) => {
          if (isRefusal(thrown) && UNHELD.has(thrown.code)) return false;
          throw thrown;
        },
      );
      if (bound) hand.announce('binding', 'card/binding');
      return { bound };
    }),
    call('unbind', 'policies:write', 'unBindType', async (hand, doors, type, { reference }) => {
      const lift = type === 'IMEIBIND' ? unbindCard : liftArea;
      await lift(doors, doerOf(hand), reference).catch((thrown: unknown) => {
        if (isRefusal(thrown) && thrown.code === 'card-not-bound') throw not('camara-imei-unbound-already');
        if (isRefusal(thrown) && thrown.code === 'area-not-limited') throw not('camara-area-lifted-already');
        throw thrown;
      });
      hand.announce('binding', 'card/binding');
      return { unbound: true };
    }),
    call('query', 'registry:read', 'queryType', async (hand, _, type, { facts }) => {
      const atMs = hand.clock.now();
      return type === 'IMEIBIND'
        ? { imeiBind: shownBinding(boundDevice(facts, atMs)) }
        : { areaLimit: shownArea(areaOf(facts, atMs)) };
    }),
    ...subscriptionRoutes(count),
  ];
}

function shownBinding(key: string | null) {
  if (key === null) return { bindStatus: 'UNBOUND' };
  return { bindStatus: 'BOUND', bindImei: shownImei(key) };
}

function shownArea(area: HeldArea | null) {
  if (area === null) return { areaLimitStatus: 'UNRESTRICTED' };
  return { areaLimitStatus: 'RESTRICTED', limitArea: shownCircle(area) };
}
