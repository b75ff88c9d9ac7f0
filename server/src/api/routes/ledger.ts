import { Type } from 'typebox';
import { type App, type Doors, need } from '../app.ts';

const FULL_TILE_CACHE = 'public, max-age=31536000, immutable';
const OPEN_TILE_CACHE = 'public, max-age=60';
const CHECKPOINT_CACHE = 'public, max-age=1';

/**
 * The log as C2SP tlog-tiles serves it, for anyone (witnesses and monitors have no account here), and the
 * proofs of one object, for the party that may see it.
 */
export function ledgerRoutes(app: App, doors: Doors): void {
  app.get('/ledger/checkpoint', async (_request, reply) => {
    const note = await doors.ledger.checkpoint();
    if (note === null) return reply.code(404).header('cache-control', 'no-store').send();
    return reply.type('text/plain; charset=utf-8').header('cache-control', CHECKPOINT_CACHE).send(note);
  });

  app.get<{ Params: { '*': string } }>('/ledger/tile/*', async (request, reply) => {
    const path = request.params['*'];
    const bytes = await doors.ledger.tile(path);
    // What is not there yet will be there soon: no cache may remember the answer.
    if (bytes === null) return reply.code(404).header('cache-control', 'no-store').send();
    const cache = path.includes('.p/') ? OPEN_TILE_CACHE : FULL_TILE_CACHE;
    return reply.type('application/octet-stream').header('cache-control', cache).send(bytes);
  });

  app.get('/api/v1/ledger/key', async (_request, reply) => {
    return reply.header('cache-control', OPEN_TILE_CACHE).send({ verifierKey: doors.ledger.verifierKey() });
  });

  app.get(
    '/api/v1/ledger/proofs',
    { schema: { querystring: Type.Object({ object: Type.String({ minLength: 1, maxLength: 200 }) }) } },
    async request => {
      const actor = need(request, 'ledger:read');
      return doors.database.door(actor.partyId, tx => doors.ledger.proofs(tx, request.query.object));
    },
  );
}
