import { Type } from 'typebox';
import { instant, rfc3339 } from '../../kernel/time.ts';
import { type Stretch, type Tally, type Usage, usageOf } from '../../spine/usage.ts';
import { type App, type Doors, need } from '../app.ts';
import { Whole } from '../numbers.ts';

const Instant = Type.Optional(Type.String({ format: 'date-time', maxLength: 40 }));
/** Series that an answer lists; all are counted. */
const MOST_SERIES = 5_000;
const EVER_MS = Number.MAX_SAFE_INTEGER;

/** What a subject used, in all, by running counter and by UTC day. */
export function usageRoutes(app: App, doors: Doors): void {
  app.get(
    '/api/v1/subjects/:id/usage',
    {
      schema: {
        tags: ['observations'],
        params: Type.Object({ id: Whole }),
        querystring: Type.Object({ from: Instant, to: Instant }),
      },
    },
    async request => {
      const actor = need(request, 'observations:read');
      const { from, to } = request.query;
      const stretch = stretchOf(request.query);
      const { subjectId, kind, reference, usage } = await doors.database.door(actor.partyId, tx =>
        usageOf(tx, doors.contributions, request.params.id, stretch),
      );
      return {
        subject: { id: subjectId, kind, reference },
        from: from === undefined ? null : instant(stretch.fromMs),
        to: to === undefined ? null : instant(stretch.toMs),
        usage: usage.map(shownUsage),
      };
    },
  );
}

/** The stretch of time that a query names; a side that is left out has no bound. */
export function stretchOf({ from, to }: { readonly from?: string; readonly to?: string }): Stretch {
  return {
    fromMs: from === undefined ? -EVER_MS : Date.parse(from),
    toMs: to === undefined ? EVER_MS : Date.parse(to),
  };
}

function shownUsage(usage: Usage) {
  return {
    kind: usage.kind,
    counters: usage.counters,
    ...shownTally(usage),
    own: shownTally(usage.own),
    latest: {
      at: usage.latest.atMs === undefined ? null : rfc3339(usage.latest.atMs),
      fields: usage.latest.fields,
    },
    days: usage.days.map(each => ({ day: each.day, ...shownTally(each) })),
    seriesCount: usage.series.length,
    series: usage.series.slice(0, MOST_SERIES).map(each => ({
      sourceId: each.sourceId,
      series: each.series,
      firstAt: rfc3339(each.firstAtMs),
      lastAt: rfc3339(each.lastAtMs),
      ...shownTally(each),
    })),
  };
}

function shownTally({ records, figures, marks }: Tally) {
  return { records, figures, marks };
}
