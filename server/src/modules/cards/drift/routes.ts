import { Type } from 'typebox';
import { isRefusal, Refusal } from '../../../kernel/refusal.ts';
import { instant, rfc3339 } from '../../../kernel/time.ts';
import type { MeasureCode } from '../../../spine/measures/measure.ts';
import { askDefaults, closeDefaults, looksBackDays } from '../../../spine/measures/providers/ask.ts';
import { providerById } from '../../../spine/measures/providers/store.ts';
import { listQuery, numberedPage, pageAsked } from '../../../spine/module-list.ts';
import { type ModuleRoute, moduleRoute, type RouteHand } from '../../../spine/module-route.ts';
import { recorded, recordRefused } from '../../../spine/registry/recorded.ts';
import * as store from './store.ts';

const tag = 'measures';
const Numeral = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });
const id = { id: Numeral };

/** What providers report otherwise than it is wanted (C-07), and their open defaults. */
export const driftRoutes: readonly ModuleRoute[] = [
  moduleRoute({
    method: 'GET',
    path: '/card-drifts',
    right: 'measures:read',
    tag,
    query: { ...listQuery, provider: Type.Optional(Numeral), all: Type.Optional(Type.Boolean()) },
    answer: async (hand, { query }) => {
      const { afterId, limit, rows } = pageAsked(query);
      const filter = { providerId: query.provider, isOpen: query.all !== true };
      const found = await hand.database.door(hand.actor.partyId, tx =>
        store.driftsPage(tx, filter, afterId, rows),
      );
      return numberedPage(found, limit, row => row.driftId, shownDrift);
    },
  }),
  moduleRoute({
    method: 'GET',
    path: '/provider-comparisons',
    right: 'measures:read',
    tag,
    query: listQuery,
    answer: async (hand, { query }) => {
      const { afterId, limit, rows } = pageAsked(query);
      const found = await hand.database.door(hand.actor.partyId, async tx => {
        const sweeps = await store.sweepsPage(tx, afterId, rows);
        const adapterOf = async (id: number) => (await providerById(tx, id))?.adapter ?? '';
        return await Promise.all(
          sweeps.map(async sweep => ({ ...sweep, adapter: await adapterOf(sweep.providerId) })),
        );
      });
      return numberedPage(
        found,
        limit,
        row => row.providerId,
        row => shownSweep(hand, row),
      );
    },
  }),
  moduleRoute({
    method: 'POST',
    path: '/providers/:id/compare',
    right: 'measures:order',
    tag,
    params: id,
    answer: async (hand, { params }) =>
      await recorded(hand, attemptOf(hand, 'provider-comparison-asked', params.id), async tx => {
        await providerSeen(hand, params.id);
        const isDue = await store.sweepSoon(tx, params.id, hand.clock.now());
        if (!isDue) throw new Refusal<MeasureCode>('provider-tells-nothing');
        return { result: { id: params.id } };
      }),
  }),
  moduleRoute({
    method: 'GET',
    path: '/providers/:id/defaults',
    right: 'measures:read',
    tag,
    params: id,
    answer: async (hand, { params }) => ({
      items: await askDefaults(hand, hand.actor.partyId, params.id),
      next: null,
    }),
  }),
  moduleRoute({
    method: 'POST',
    path: '/providers/:id/defaults/close',
    right: 'measures:order',
    tag,
    params: id,
    answer: async (hand, { params }) => {
      // On record before anything is asked outside; closing what is closed already changes nothing there.
      await recorded(hand, attemptOf(hand, 'provider-defaults-close-asked', params.id), async () => {
        await providerSeen(hand, params.id);
        return { result: null };
      });
      const attempt = attemptOf(hand, 'provider-defaults-closed', params.id);
      const closed = await closeDefaults(hand, hand.actor.partyId, params.id).catch(async thrown => {
        if (isRefusal(thrown)) await recordRefused(hand, attempt, thrown.code);
        throw thrown;
      });
      const told = closed.map(({ profile, setting }) => `${profile} ${setting}`);
      return await recorded(hand, attempt, async () => ({
        result: { id: params.id, closed },
        detail: { closed: told },
      }));
    },
  }),
];

function attemptOf({ actor }: RouteHand, act: string, providerId: number) {
  return { act, object: `provider/${providerId}`, partyId: actor.partyId, actor: actor.label };
}

async function providerSeen({ database, actor }: RouteHand, providerId: number): Promise<void> {
  const found = await database.door(actor.partyId, tx => providerById(tx, providerId));
  if (found === undefined) throw new Refusal<MeasureCode>('provider-unknown');
}

function shownDrift({ driftId, foundAtMs, lastFoundAtMs, endedAtMs, ...rest }: store.DriftRow) {
  return {
    id: driftId,
    ...rest,
    foundAt: rfc3339(foundAtMs),
    lastFoundAt: rfc3339(lastFoundAtMs),
    endedAt: instant(endedAtMs),
  };
}

/** `looksBackDays`: a card that did not change within them is in no list of the account, and is not compared. */
function shownSweep({ desk }: RouteHand, sweep: store.SweepSeen & { readonly adapter: string }) {
  const { providerId, nextAtMs, doneAtMs, adapter, ...rest } = sweep;
  return {
    id: providerId,
    ...rest,
    looksBackDays: looksBackDays(desk, adapter),
    nextAt: rfc3339(nextAtMs),
    doneAt: instant(doneAtMs),
  };
}
