import { Type } from 'typebox';
import { isRefusal, Refusal } from '../../kernel/refusal.ts';
import { closeLeftOpen } from '../../spine/observations/gathered/gathered-batch.ts';
import { type Answer, gatheringOf } from '../../spine/observations/gathered/gathering.ts';
import { KnownSources, readPost } from '../../spine/observations/gathered/read-post.ts';
import { type AccessCode, type App, type Doors, need } from '../app.ts';
import { Whole } from '../numbers.ts';

/** Largest body of a post; more than that is a file, and goes to the source's batches. */
const BODY_LIMIT_BYTES = 256 << 10;

const Outcome = Type.Object({
  outcome: Type.Union([Type.Literal('accepted'), Type.Literal('duplicate'), Type.Literal('quarantined')]),
  place: Type.Optional(Type.String()),
  reason: Type.Optional(Type.String()),
  detail: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
});

/**
 * Records that come alone, or a few at a time, in the source's format. They are gathered with what others post at
 * that moment into shared commits; the answer comes after the commit (E-01) and tells the fate of each record.
 */
export function recordsRoutes(app: App, doors: Doors): void {
  const gathering = gatheringOf(doors.intake, doors.log);
  const sources = new KnownSources(doors.intake);
  app.addHook('onReady', () => doors.database.corridor(tx => closeLeftOpen(tx, doors.clock.now())));
  app.addHook('onClose', () => gathering.stop());

  app.register(async posts => {
    posts.removeAllContentTypeParsers();
    posts.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    posts.post(
      '/api/v1/sources/:id/records',
      {
        bodyLimit: BODY_LIMIT_BYTES,
        config: { confirmsActor: true },
        schema: {
          tags: ['observations'],
          params: Type.Object({ id: Whole }),
          response: {
            '2xx': Type.Object({
              batchId: Type.Integer(),
              accepted: Type.Integer(),
              duplicate: Type.Integer(),
              quarantined: Type.Integer(),
              records: Type.Array(Outcome),
            }),
          },
        },
        // Before the body is read: whoever is refused costs no memory.
        preParsing: async (request, reply) => {
          const { partyId } = need(request, 'observations:write');
          const told = Number(request.headers['content-length'] ?? BODY_LIMIT_BYTES);
          const leave = gathering.makeRoom(partyId, Math.max(1, Math.min(told, BODY_LIMIT_BYTES)));
          reply.raw.once('close', leave);
        },
      },
      async (request, reply) => {
        const actor = need(request, 'observations:write');
        const { id } = request.params as { id: number };
        const source = await sources.open(actor.partyId, id);
        const cuts = await readPost(doors.intake, source, (request.body ?? Buffer.alloc(0)) as Buffer);
        const answer = await gathering.take(actor, source, cuts).catch(refuseEnded);
        return reply.code(201).send(shown(answer));
      },
    );
  });
}

/** The key was revoked after it was looked up: to who sent it that is the same as if it had been before. */
function refuseEnded(cause: unknown): never {
  if (isRefusal(cause) && cause.code === 'sender-ended')
    throw new Refusal<AccessCode>('api-key-invalid', { cause });
  throw cause;
}

function shown({ batchId, fates }: Answer) {
  const counts = { accepted: 0, duplicate: 0, quarantined: 0 };
  for (const { outcome } of fates) counts[outcome] += 1;
  return { batchId, ...counts, records: [...fates] };
}
