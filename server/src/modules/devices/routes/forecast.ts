import { Gauge, Registry } from 'prom-client';
import { Type } from 'typebox';
import { DAY_MS, rfc3339 } from '../../../kernel/time.ts';
import { type ModuleRoute, moduleRoute, Octets, type RouteHand } from '../../../spine/module-route.ts';
import { SILENT_MS } from '../forecast/plan.ts';
import { type ForecastRow, forecast } from '../forecast/store.ts';
import { tag } from './parts.ts';

const weeks = Type.Optional(Type.Integer({ minimum: 1, maximum: 520 }));

/** How many certificates end in which week, for people and for a collector of metrics. */
export const forecastRoutes: readonly ModuleRoute[] = [
  moduleRoute({
    method: 'GET',
    path: '/certificate-forecast',
    right: 'registry:read',
    tag,
    query: { weeks },
    answer: async (hand, { query }) => ({
      items: (await read(hand, query.weeks)).map(({ weekMs, authorityId, ...rest }) => ({
        week: rfc3339(weekMs).slice(0, 10),
        authority: authorityId,
        ...rest,
      })),
      next: null,
    }),
  }),
  moduleRoute({
    method: 'GET',
    path: '/certificate-forecast/metrics',
    right: 'registry:read',
    tag,
    query: { weeks },
    answer: async (hand, { query }) => {
      const registry = new Registry();
      const ending = new Gauge({
        name: 'thingward_certificates_ending',
        help: 'Certificates of devices that end within a week, by its Monday, authority and product: all, those that a later one follows, and those of devices not seen for 30 days.',
        labelNames: ['week', 'authority', 'product', 'which'],
        registers: [registry],
      });
      for (const { weekMs, authorityId, product, ...counts } of await read(hand, query.weeks))
        for (const [which, count] of Object.entries(counts))
          ending.set(
            { week: rfc3339(weekMs).slice(0, 10), authority: String(authorityId), product, which },
            count,
          );
      return new Octets(registry.contentType, Buffer.from(await registry.metrics()));
    },
  }),
];

/** From now on, half a year where nobody says how far. */
async function read(hand: RouteHand, count = 26): Promise<ForecastRow[]> {
  const fromMs = hand.clock.now();
  const asked = { fromMs, untilMs: fromMs + count * 7 * DAY_MS, silentSinceMs: fromMs - SILENT_MS };
  return await hand.database.door(hand.actor.partyId, tx => forecast(tx, asked));
}
