import { Type } from 'typebox';
import { Refusal } from '../../kernel/refusal.ts';
import { isRootParty } from '../../spine/registry/root-party.ts';
import { type App, type Doors, need } from '../app.ts';

const Asked = Type.Object(
  { reason: Type.String({ minLength: 10, maxLength: 1_000 }) },
  { additionalProperties: false },
);

/** Lets another log follow the one that cannot be signed on without a fork. An act of the installation: at the root party only. */
export function ledgerSuccessionRoutes(app: App, doors: Doors): void {
  app.post(
    '/api/v1/ledger/succession',
    { schema: { tags: ['ledger'], body: Asked } },
    async (request, reply) => {
      const actor = need(request, 'ledger:succeed');
      const isRoot = await doors.database.door(actor.partyId, tx => isRootParty(tx, actor.partyId));
      if (!isRoot)
        throw new Refusal('right-missing', { detail: { right: 'ledger:succeed at the root party' } });
      const asked = { reason: request.body.reason, actor: actor.label, atMs: doors.clock.now() };
      return reply.code(201).send(await doors.succeedLedger(asked));
    },
  );
}
