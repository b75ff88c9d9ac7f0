import { Type } from 'typebox';
import { gatherEvidence } from '../../spine/evidence.ts';
import { stage } from '../../spine/ledger/stage.ts';
import { type App, type Doors, need } from '../app.ts';
import { Whole } from '../numbers.ts';

/** The evidence of a case in one document: `thingward evidence` makes a folder of it. */
export function evidenceRoutes(app: App, doors: Doors): void {
  app.get(
    '/api/v1/cases/:id/evidence',
    { schema: { tags: ['cases'], params: Type.Object({ id: Whole }) } },
    async request => {
      const actor = need(request, 'cases:read');
      const { id } = request.params;
      return doors.database.door(actor.partyId, async tx => {
        const evidence = await gatherEvidence(tx, doors, id);
        // Looking at the records of a person's card is an act, and recorded as one.
        await stage(tx, {
          act: 'evidence-taken',
          object: `case/${id}`,
          partyId: actor.partyId,
          actor: actor.label,
          atMs: doors.clock.now(),
          detail: { findings: evidence.findings.length, observations: evidence.observations.length },
        });
        return evidence;
      });
    },
  );
}
