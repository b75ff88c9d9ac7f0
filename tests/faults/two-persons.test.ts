import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../server/src/kernel/database/test-database.ts';
import type { Database } from '../../server/src/kernel/database/transaction.ts';
import { isRefusal } from '../../server/src/kernel/refusal.ts';
import { DAY_MS } from '../../server/src/kernel/time.ts';
import { suspendCard } from '../../server/src/modules/cards/measures/suspend-card.ts';
import { runMeasureRound } from '../../server/src/spine/measures/jobs.ts';
import type { Adapter } from '../../server/src/spine/measures/ports.ts';
import { makeScene, type Scene } from '../../server/src/spine/measures/testing/scene.ts';
import { approveProposal, endProposal } from '../../server/src/spine/measures/two-persons/decide.ts';
import {
  criticalityOf,
  markCritical,
  unmarkCritical,
} from '../../server/src/spine/measures/two-persons/marks.ts';
import { proposeMeasure } from '../../server/src/spine/measures/two-persons/propose.ts';
import { listProposals } from '../../server/src/spine/measures/two-persons/store.ts';
import { Broken, breakTransaction, type Fault } from '../measures/faulty-database.ts';

type Last = 'approved' | 'expired' | 'refused' | 'withdrawn' | 'unmarked';
const PROPOSAL_WAIT_MS = 3 * DAY_MS;

const adapter: Adapter = () => ({
  submit: async order => ({ taken: true, providerOrder: order.action }),
  outcome: async () => ({ state: 'done', already: false }),
  state: async () => ({ restricted: true, sinceMs: 0, refusedAttempts: 0, lastRefusedMs: null }),
});

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(async () => await db?.close());

interface Prepared {
  readonly scene: Scene;
  readonly caseId: number;
  readonly subjectId: number;
}

async function prepared(): Promise<Prepared> {
  const scene = await makeScene(db.database, {
    url: 'http://127.0.0.1:1',
    kinds: [suspendCard],
    adapters: { 'simulated-provider': adapter },
  });
  const opened = await scene.raise(scene.finding('first'));
  for (const name of ['officer', 'lead'])
    await sql`
      insert into membership (user_id, party_id, role, granted_by)
      values (${`${name}-${scene.partyId}`}, ${scene.partyId}, 'supervisor', 'test')`.execute(db.owner);
  const { caseId, subjectId } = opened!.case;
  return { scene, caseId, subjectId };
}

/** Each act as its caller would try it, again after a restart; what was done before is refused and changes nothing. */
async function walk({ scene, caseId, subjectId }: Prepared, database: Database, last: Last) {
  const { works, partyId, clock } = scene;
  const hand = (name: string) => ({ actor: `person/${name}-${partyId}`, atMs: clock.now() });
  const again = async (work: Promise<unknown>) =>
    await work.catch(thrown => {
      if (!isRefusal(thrown)) throw thrown;
    });
  const { marks } = await db.database.door(partyId, tx => criticalityOf(tx, subjectId));
  if (marks.length === 0)
    await again(database.door(partyId, tx => markCritical(tx, subjectId, 'a ventilator', hand('officer'))));
  if (last === 'unmarked') {
    for (const name of ['officer', 'lead'])
      await again(database.door(partyId, tx => unmarkCritical(tx, works, subjectId, 'sold on', hand(name))));
    return;
  }
  const wanted = { kind: 'suspend-card', why: 'it sends spam' };
  const [before] = await db.database.door(partyId, tx => listProposals(tx, { caseId }, null, 5));
  if (before === undefined)
    await again(database.door(partyId, tx => proposeMeasure(tx, works, caseId, wanted, hand('officer'))));
  const [proposal] = await db.database.door(partyId, tx => listProposals(tx, { caseId }, null, 5));
  if (last === 'expired') clock.advance(PROPOSAL_WAIT_MS);
  else if (last === 'refused' || last === 'withdrawn') {
    const by = last === 'refused' ? 'lead' : 'officer';
    await again(database.door(partyId, tx => endProposal(tx, proposal!.proposalId, last, 'no', hand(by))));
  } else
    await again(database.door(partyId, tx => approveProposal(tx, works, proposal!.proposalId, hand('lead'))));
  await runMeasureRound({ ...works, database });
  await runMeasureRound({ ...works, database });
}

async function count({ scene, caseId }: Prepared): Promise<unknown> {
  const { partyId } = scene;
  const { rows } = await sql`
    select
      (select array_agg(deed order by mark_id) from critical_mark where party_id = ${partyId}) as marks,
      (select count(*)::int from measure_proposal where case_id = ${caseId}) as proposals,
      (select count(*)::int from measure_consent where party_id = ${partyId}) as consents,
      (select array_agg(decision) from measure_decision where party_id = ${partyId}) as decisions,
      (select array_agg(kind || ' ' || state order by measure_id) from measure where case_id = ${caseId}) as measures,
      (select array_agg(kind order by act_id) from case_act where case_id = ${caseId} and kind not like 'clock-%') as acts`.execute(
    db.owner,
  );
  return rows[0];
}

const LASTS: readonly Last[] = ['approved', 'expired', 'refused', 'withdrawn', 'unmarked'];

test.for(
  LASTS.flatMap(last =>
    (['not-written', 'answer-lost'] as const).map((fault): [Fault, Last] => [fault, last]),
  ),
)(
  'every transaction of mark, proposal and its end, %s, %s, then a restart: each once',
  async ([fault, last]) => {
    const whole = await prepared();
    await walk(whole, db.database, last);
    const wanted = await count(whole);
    const isMark = last === 'unmarked';
    expect(wanted).toMatchObject({
      marks: isMark ? ['marked', 'unmark-asked', 'unmarked'] : ['marked'],
      proposals: isMark ? 0 : 1,
      consents: isMark ? 0 : last === 'approved' ? 2 : 1,
      decisions: isMark ? null : [last],
      measures: last === 'approved' ? ['suspend-card effective'] : null,
    });
    let n = 1;
    for (; ; n += 1) {
      const scene = await prepared();
      const broken = breakTransaction(db.database, n, fault);
      await walk(scene, broken, last).catch(cause => {
        if (!(cause instanceof Broken)) throw cause;
      });
      if (!broken.didFail()) break;
      if (last === 'approved') scene.scene.clock.advance(120_000);
      await walk(scene, db.database, last);
      expect(await count(scene), `transaction ${n}`).toEqual(wanted);
    }
    expect(n).toBeGreaterThan(isMark ? 3 : 4);
  },
);
