import { Type } from 'typebox';
import { rfc3339 } from '../../kernel/time.ts';
import { type SubjectStanding, standingOf } from '../../spine/standing.ts';
import { type App, type Doors, need } from '../app.ts';
import { Whole } from '../numbers.ts';
import { shownMeasure } from './measures.ts';

const tags = ['observations'];

/** How a subject stands and what is done to it, and the same of what it is linked to: a device and its card (CR-22). */
export function standingRoutes(app: App, doors: Doors): void {
  const { database, desk, contributions, clock } = doors;
  const shown = ({ subjectId: id, kind, reference, latest, measures }: SubjectStanding) => ({
    subject: { id, kind, reference },
    latest: { at: latest.atMs === undefined ? null : rfc3339(latest.atMs), fields: latest.fields },
    measures: measures.map(each => shownMeasure(each, desk.kinds)),
  });

  app.get(
    '/api/v1/subjects/:id/standing',
    { schema: { tags, params: Type.Object({ id: Whole }) } },
    async request => {
      const actor = need(request, 'observations:read');
      need(request, 'measures:read');
      const { own, linked } = await database.door(actor.partyId, tx =>
        standingOf(tx, contributions, request.params.id, clock.now()),
      );
      return { ...shown(own), linked: linked.map(({ link, ...each }) => ({ link, ...shown(each) })) };
    },
  );
}
