import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import { Refusal } from '../../kernel/refusal.ts';
import { type App, type Doors, need } from '../app.ts';
import type { DoorCode } from '../wording/door.ts';

const FULL_TILE_CACHE = 'public, max-age=31536000, immutable';
const OPEN_TILE_CACHE = 'public, max-age=60';
const CHECKPOINT_CACHE = 'public, max-age=1';

const tags = ['ledger'];
const Asked = Type.Object({ object: Type.String({ minLength: 1, maxLength: 200 }) });

/**
 * The log as C2SP tlog-tiles serves it, for anyone (witnesses and monitors have no account here), and the
 * proofs of one object, for the party that may see it.
 */
export function ledgerRoutes(app: App, doors: Doors): void {
  app.get('/ledger/checkpoint', { schema: { tags, security: [] } }, async (_request, reply) => {
    const note = await doors.ledger.checkpoint();
    if (note === null) throw notYet(reply);
    return reply.type('text/plain; charset=utf-8').header('cache-control', CHECKPOINT_CACHE).send(note);
  });

  app.get('/ledger/checkpoint/cosigned', { schema: { tags, security: [] } }, async (_request, reply) => {
    const note = await doors.ledger.cosignedCheckpoint();
    if (note === null) throw notYet(reply);
    return reply.type('text/plain; charset=utf-8').header('cache-control', CHECKPOINT_CACHE).send(note);
  });

  app.get('/ledger/tile/*', { schema: { tags, security: [] } }, async (request, reply) => {
    // The ledger takes nothing but an exact C2SP path; TypeBox cannot describe a parameter named `*`.
    const path = (request.params as { readonly '*': string })['*'];
    const bytes = await doors.ledger.tile(path);
    if (bytes === null) throw notYet(reply);
    const cache = path.includes('.p/') ? OPEN_TILE_CACHE : FULL_TILE_CACHE;
    return reply.type('application/octet-stream').header('cache-control', cache).send(bytes);
  });

  app.get('/api/v1/ledger/key', { schema: { tags, security: [] } }, async () => {
    const next = doors.ledger.nextVerifierKey();
    return {
      verifierKey: doors.ledger.verifierKey(),
      ...(next === null ? {} : { nextVerifierKey: next }),
    };
  });

  app.get('/api/v1/ledger/proofs', { schema: { tags, querystring: Asked } }, async request => {
    const actor = need(request, 'ledger:read');
    return doors.database.door(actor.partyId, tx => doors.ledger.proofs(tx, request.query.object));
  });
}

/** What is not there yet will be there soon: no cache may remember the answer. */
function notYet(reply: FastifyReply): Refusal<DoorCode> {
  reply.header('cache-control', 'no-store');
  return new Refusal<DoorCode>('not-found');
}
