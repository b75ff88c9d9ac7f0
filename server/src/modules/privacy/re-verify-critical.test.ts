import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../kernel/database/test-database.ts';
import { DAY_MS } from '../../kernel/time.ts';
import { measuresOfCase } from '../../spine/measures/store.ts';
import { makeScene } from '../../spine/measures/testing/scene.ts';
import { approveProposal } from '../../spine/measures/two-persons/decide.ts';
import { markCritical } from '../../spine/measures/two-persons/marks.ts';
import { listProposals } from '../../spine/measures/two-persons/store.ts';
import type { ModuleDoors } from '../../spine/module-route.ts';
import { reVerificationById } from './re-verify/store.ts';
import { askReVerification, lapseReVerifications } from './re-verify.ts';

const kind = { kind: 'suspend-card', applies: 'suspend', lifts: 'resume', terms: {} };
let db: TestDatabase;

beforeAll(async () => {
  db = await testDatabase();
});
afterAll(async () => await db?.close());

test('a lapse of a critical card waits as a proposal for two persons, once, and what they order is its own (C-44, C-46)', async () => {
  const scene = await makeScene(db.database, { url: 'http://127.0.0.1:9', kinds: [kind], adapters: {} });
  const { partyId, clock, works } = scene;
  const { caseId, subjectId } = (await scene.raise(scene.finding('first')))!.case;
  const doors = { ...works, desk: works } as unknown as ModuleDoors;
  const hand = (user: string) => ({ partyId, actor: `person/${user}`, atMs: clock.now() });
  const inDoor = <T>(work: Parameters<typeof db.database.door<T>>[1]) => db.database.door(partyId, work);
  const wanted = { reason: 'it is elsewhere', onLapse: kind.kind };
  const asked = await inDoor(tx => askReVerification(tx, works, hand('officer'), caseId, wanted));
  await inDoor(tx => markCritical(tx, subjectId, 'a ventilator', hand('officer')));
  const state = () => db.database.corridor(tx => reVerificationById(tx, asked.reVerificationId));
  clock.advance(asked.dueAtMs - clock.now() + DAY_MS);
  await lapseReVerifications(doors);
  await lapseReVerifications(doors);
  expect(await state()).toMatchObject({ notOrdered: 'measure-needs-two-persons', measureId: null });
  const [proposal, ...more] = await inDoor(tx => listProposals(tx, { caseId }, null, 9));
  expect(more).toEqual([]);
  const proposedBy = `re-verification/${asked.reVerificationId}`;
  expect(proposal).toMatchObject({ proposedBy, kind: kind.kind, consents: [] });
  for (const user of ['first', 'second']) {
    await sql`
      insert into membership (user_id, party_id, role, granted_by)
      values (${user}, ${partyId}, 'supervisor', 'test')`.execute(db.owner);
    await inDoor(tx => approveProposal(tx, works, proposal!.proposalId, hand(user)));
  }
  const [measure] = await db.database.corridor(tx => measuresOfCase(tx, caseId));
  await lapseReVerifications(doors);
  expect(await state()).toMatchObject({ notOrdered: null, measureId: measure!.measureId });
});
