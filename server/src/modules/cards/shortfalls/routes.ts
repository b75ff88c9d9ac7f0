import { Type } from 'typebox';
import { DAY_MS, HOUR_MS, instant, rfc3339, SECOND_MS } from '../../../kernel/time.ts';
import { listQuery, numberedPage, pageAsked } from '../../../spine/module-list.ts';
import { type ModuleRoute, moduleRoute } from '../../../spine/module-route.ts';
import { no } from '../contracts/contracts.ts';
import { dayOf, startOf } from './compare.ts';
import { endPoll, pollNow, setPoll } from './polls.ts';
import * as store from './store.ts';

const tag = 'observations';
const Numeral = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });
const id = { id: Numeral };
const NewPoll = Type.Object(
  {
    provider: Numeral,
    /** The first UTC day that is compared; the next one where it is not told. */
    from: Type.Optional(Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\d$' })),
    every: Type.Optional(Type.Integer({ minimum: 60, maximum: 7 * 86_400 })),
    grace: Type.Optional(Type.Integer({ minimum: 0, maximum: 7 * 86_400 })),
    days: Type.Optional(Type.Integer({ minimum: 1, maximum: 60 })),
    leastBytes: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000_000_000 })),
  },
  { additionalProperties: false },
);

const USUAL_EVERY_MS = 6 * HOUR_MS;
const USUAL_GRACE_MS = 6 * HOUR_MS;
const USUAL_DAYS = 7;
/** A thousandth of the megabyte that volumes are told in. */
const USUAL_LEAST_BYTES = 1_000;

/** Which sources are held against what their provider counts, and what lacks there (CR-24). */
export const shortfallRoutes: readonly ModuleRoute[] = [
  moduleRoute({
    method: 'GET',
    path: '/source-polls',
    right: 'sources:read',
    tag,
    query: listQuery,
    answer: async (hand, { query }) => {
      const { afterId, limit, rows } = pageAsked(query);
      const found = await hand.database.door(hand.actor.partyId, tx => store.pollsPage(tx, afterId, rows));
      return numberedPage(
        found,
        limit,
        row => row.sourceId,
        ({ openShortfalls, ...poll }) => ({ ...shownPoll(poll), openShortfalls }),
      );
    },
  }),
  moduleRoute({
    method: 'PUT',
    path: '/sources/:id/poll',
    right: 'sources:write',
    tag,
    params: id,
    body: NewPoll,
    answer: async (hand, { params, body }) => {
      const { provider: providerId, from, every, grace, days, leastBytes } = body;
      const settings = {
        providerId,
        sinceDay: from === undefined ? dayOf(hand.clock.now() + DAY_MS) : dayAsked(from),
        everyMs: every === undefined ? USUAL_EVERY_MS : every * SECOND_MS,
        graceMs: grace === undefined ? USUAL_GRACE_MS : grace * SECOND_MS,
        dayCount: days ?? USUAL_DAYS,
        leastBytes: leastBytes ?? USUAL_LEAST_BYTES,
      };
      return shownPoll(await setPoll(hand, params.id, settings));
    },
  }),
  moduleRoute({
    method: 'DELETE',
    path: '/sources/:id/poll',
    right: 'sources:write',
    tag,
    params: id,
    answer: async (hand, { params }) => {
      await endPoll(hand, params.id);
      return {};
    },
  }),
  moduleRoute({
    method: 'POST',
    path: '/sources/:id/poll/now',
    right: 'sources:write',
    tag,
    params: id,
    answer: async (hand, { params }) => {
      await pollNow(hand, params.id);
      return { id: params.id };
    },
  }),
  moduleRoute({
    method: 'GET',
    path: '/feed-shortfalls',
    right: 'observations:read',
    tag,
    query: { ...listQuery, source: Type.Optional(Numeral), all: Type.Optional(Type.Boolean()) },
    answer: async (hand, { query }) => {
      const { afterId, limit, rows } = pageAsked(query);
      const filter = { sourceId: query.source, isOpen: query.all !== true };
      const found = await hand.database.door(hand.actor.partyId, tx =>
        store.shortfallsPage(tx, filter, afterId, rows),
      );
      return numberedPage(found, limit, row => row.shortfallId, shownShortfall);
    },
  }),
];

/** Refuses `moment-unreadable` for a day that no calendar has. */
function dayAsked(text: string): string {
  const ms = startOf(text);
  if (Number.isNaN(ms) || dayOf(ms) !== text) throw no('moment-unreadable', 'request');
  return text;
}

function shownPoll(poll: store.Poll) {
  const { sourceId, providerId, everyMs, graceMs, dayCount, leastBytes, sinceDay } = poll;
  const { cards, uncounted, nextAtMs, doneAtMs, doneDay, fault } = poll;
  return {
    ...{ id: sourceId, providerId, from: sinceDay, days: dayCount, leastBytes },
    every: everyMs / SECOND_MS,
    grace: graceMs / SECOND_MS,
    ...{ cards, uncounted, fault },
    /** The last day that was compared. */
    upTo: doneDay,
    doneAt: instant(doneAtMs),
    nextAt: rfc3339(nextAtMs),
  };
}

function shownShortfall({ shortfallId, foundAtMs, lastFoundAtMs, endedAtMs, ...rest }: store.ShortfallRow) {
  return {
    id: shortfallId,
    ...rest,
    foundAt: rfc3339(foundAtMs),
    lastFoundAt: rfc3339(lastFoundAtMs),
    endedAt: instant(endedAtMs),
  };
}
