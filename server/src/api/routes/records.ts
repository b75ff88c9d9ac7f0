import { Type } from 'typebox';
import { closeLeftOpen } from '../../spine/observations/gathered/gathered-batch.ts';
import { gatheringOf } from '../../spine/observations/gathered/gathering.ts';
import { KnownSources, readPost } from '../../spine/observations/gathered/read-post.ts';
import { type App, type Doors, need } from '../app.ts';
import { Whole } from '../numbers.ts';
import {
  asMissingKey,
  POSTED_BYTES,
  POSTED_RIGHT,
  POSTED_ROUTE,
  PostedAnswer,
  shownAnswer,
} from '../posted-records.ts';
import { shortRecords } from './records-short.ts';

/**
 * Records that come alone, or a few at a time, in the source's format. They are gathered with what others post at
 * that moment into shared commits; the answer comes after the commit (E-01) and tells the fate of each record.
 */
export function recordsRoutes(app: App, doors: Doors): void {
  const gathering = gatheringOf(doors.intake, doors.log);
  const sources = new KnownSources(doors.intake);
  app.addHook('onReady', () => doors.database.corridor(tx => closeLeftOpen(tx, doors.clock.now())));
  app.addHook('onClose', () => gathering.stop());
  app.shortWays.add(shortRecords(app, doors, gathering, sources));

  app.register(async posts => {
    posts.removeAllContentTypeParsers();
    posts.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    posts.post(
      POSTED_ROUTE,
      {
        bodyLimit: POSTED_BYTES,
        config: { confirmsActor: true },
        schema: {
          tags: ['observations'],
          params: Type.Object({ id: Whole }),
          response: { '2xx': PostedAnswer },
        },
        // Before the body is read: whoever is refused costs no memory.
        preParsing: async (request, reply) => {
          const { partyId } = need(request, POSTED_RIGHT);
          const told = Number(request.headers['content-length'] ?? POSTED_BYTES);
          const leave = gathering.makeRoom(partyId, Math.max(1, Math.min(told, POSTED_BYTES)));
          reply.raw.once('close', leave);
        },
      },
      async (request, reply) => {
        const actor = need(request, POSTED_RIGHT);
        const { id } = request.params as { id: number };
        const source = await sources.open(actor.partyId, id);
        const cuts = await readPost(doors.intake, source, (request.body ?? Buffer.alloc(0)) as Buffer);
        const answer = await gathering.take(actor, source, cuts).catch(cause => {
          throw asMissingKey(cause);
        });
        return reply.code(201).send(shownAnswer(answer));
      },
    );
  });
}
