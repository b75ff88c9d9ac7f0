import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../server/src/kernel/database/test-database.ts';
import { DAY_MS, HOUR_MS } from '../../server/src/kernel/time.ts';
import { limitCard } from '../../server/src/modules/cards/measures/limit-card.ts';
import { suspendCard } from '../../server/src/modules/cards/measures/suspend-card.ts';
import { terminateCard } from '../../server/src/modules/cards/measures/terminate-card.ts';
import { actsOf } from '../../server/src/spine/cases/store.ts';
import { runMeasureRound } from '../../server/src/spine/measures/jobs.ts';
import { actByPolicy } from '../../server/src/spine/measures/ladder/climb.ts';
import { orderMeasure } from '../../server/src/spine/measures/order.ts';
import type { Adapter } from '../../server/src/spine/measures/ports.ts';
import { putPolicy } from '../../server/src/spine/measures/providers/store.ts';
import { makeScene, type Scene } from '../../server/src/spine/measures/testing/scene.ts';
import { approveProposal, endProposal } from '../../server/src/spine/measures/two-persons/decide.ts';
import { markCritical, unmarkCritical } from '../../server/src/spine/measures/two-persons/marks.ts';
import { proposeMeasure } from '../../server/src/spine/measures/two-persons/propose.ts';
import { listProposals } from '../../server/src/spine/measures/two-persons/store.ts';
import { putTraits } from '../../server/src/spine/measures/two-persons/traits.ts';

const RULE = 'card-in-another-device';
/** Where no catalogue says otherwise. */
const PROPOSAL_WAIT_MS = 3 * DAY_MS;

let db: TestDatabase;
let scene: Scene;
let caseId: number;
let subjectId: number;
let sent: string[];

const adapter: Adapter = () => ({
  submit: async order => {
    sent.push(order.action);
    return { taken: true, providerOrder: order.action };
  },
  outcome: async () => ({ state: 'done', already: false }),
  state: async () => ({ restricted: true, sinceMs: 0, refusedAttempts: 0, lastRefusedMs: null }),
});

beforeAll(async () => {
  db = await testDatabase();
});
afterAll(async () => await db?.close());
beforeEach(async () => {
  sent = [];
  const kinds = [limitCard, suspendCard, terminateCard];
  scene = await makeScene(db.database, {
    url: 'http://127.0.0.1:1',
    kinds,
    adapters: { 'simulated-provider': adapter },
  });
  const opened = await scene.raise(scene.finding('first'));
  ({ caseId, subjectId } = opened!.case);
  for (const [user, role] of [
    ['officer', 'case-officer'],
    ['other', 'case-officer'],
    ['lead', 'supervisor'],
    ['watcher', 'auditor'],
  ])
    await sql`
      insert into membership (user_id, party_id, role, granted_by)
      values (${`${user}-${scene.partyId}`}, ${scene.partyId}, ${role}, 'test')`.execute(db.owner);
});

const label = (name: string) => (name.includes('/') ? name : `person/${name}-${scene.partyId}`);
const by = (name: string) => ({ actor: label(name), atMs: scene.clock.now() });
const door = <T>(work: Parameters<typeof db.database.door<T>>[1]) => db.database.door(scene.partyId, work);
const mark = (name = 'officer') => door(tx => markCritical(tx, subjectId, 'a ventilator', by(name)));
const unmark = (name: string) => door(tx => unmarkCritical(tx, scene.works, subjectId, 'sold on', by(name)));
const order = (name: string, kind = 'suspend-card') =>
  door(tx => orderMeasure(tx, scene.works, caseId, { kind }, by(name)));
const propose = async (name: string, kind = 'suspend-card') =>
  (await door(tx => proposeMeasure(tx, scene.works, caseId, { kind, why: 'it sends spam' }, by(name))))
    .proposal;
const approve = (id: number, name: string) => door(tx => approveProposal(tx, scene.works, id, by(name)));
const end = (id: number, deed: 'refused' | 'withdrawn', name: string) =>
  door(tx => endProposal(tx, id, deed, 'no', by(name)));
const acts = async () => (await door(tx => actsOf(tx, caseId, 0, 500))).map(act => act.kind);
const proposals = () => door(tx => listProposals(tx, { caseId }, null, 50));
const measures = async () => {
  const { rows } = await sql<{ told: string }>`
    select kind || ' ' || state || ' ' || coalesce(proposal_id::text, '-') as told from measure
    where case_id = ${caseId} order by measure_id`.execute(db.owner);
  return rows.map(row => row.told);
};

test('a marked card is not stopped by one person; proposed, approved by another, it is stopped at the provider', async () => {
  await mark();
  await expect(order('officer')).rejects.toMatchObject({
    code: 'measure-needs-two-persons',
    detail: { kind: 'suspend-card', lesser: 'limit-card' },
  });
  const proposal = await propose('officer');
  await runMeasureRound(scene.works);
  expect(sent).toEqual([]);
  const { measure } = await approve(proposal.proposalId, 'lead');
  expect(measure).toMatchObject({ kind: 'suspend-card', state: 'ordered', decidedBy: label('lead') });
  await runMeasureRound(scene.works);
  expect(sent).toEqual(['suspend']);
  expect(await acts()).toEqual(expect.arrayContaining(['measure-proposed', 'proposal-approved']));
});

test('a mark is taken off by two of whom one leads, and each step is in the ledger (R-11)', async () => {
  await mark();
  await unmark('officer');
  await expect(unmark('officer')).rejects.toMatchObject({ code: 'mark-needs-another' });
  await expect(unmark('other')).rejects.toMatchObject({ code: 'proposal-needs-supervisor' });
  const forged = door(tx =>
    sql`insert into critical_mark (party_id, subject_id, deed, why, actor, at)
      values (${scene.partyId}, ${subjectId}, 'unmarked', 'x', 'person/nobody', now())`.execute(tx),
  );
  await expect(forged).rejects.toThrow(/two persons/);
  await unmark('lead');
  const { rows } = await sql<{ act: string }>`
    select act from ledger_stage where object = ${`subject/${subjectId}`} and act like 'critical-%' order by stage_id`.execute(
    db.owner,
  );
  expect(rows.map(row => row.act)).toEqual(['critical-marked', 'critical-unmark-asked', 'critical-unmarked']);
});

test('a lesser measure is ordered by one person, and a card without a mark is stopped by one', async () => {
  await expect(propose('officer')).rejects.toMatchObject({ code: 'proposal-needless' });
  await order('officer', 'terminate-card');
  await mark();
  await order('officer', 'limit-card');
  expect(await measures()).toEqual(['terminate-card ordered -', 'limit-card ordered -']);
});

test('whoever proposed does not approve, nor a key, nor a person without a role, nor two who do not lead', async () => {
  await mark();
  const { proposalId } = await propose('officer');
  await expect(approve(proposalId, 'officer')).rejects.toMatchObject({ code: 'proposal-by-the-same' });
  await expect(approve(proposalId, 'key/abc')).rejects.toMatchObject({ code: 'proposal-needs-person' });
  await expect(propose('key/abc')).rejects.toMatchObject({ code: 'proposal-needs-person' });
  await expect(approve(proposalId, 'other')).rejects.toMatchObject({ code: 'proposal-needs-supervisor' });
  expect((await approve(proposalId, 'watcher')).measure).toBeNull();
  expect(await measures()).toEqual([]);
});

test('a proposer whose role was taken meanwhile no longer counts: another person has to say yes, too', async () => {
  await mark();
  const { proposalId } = await propose('officer');
  await sql`delete from membership where user_id = ${`officer-${scene.partyId}`}`.execute(db.owner);
  expect((await approve(proposalId, 'lead')).measure).toBeNull();
  expect((await approve(proposalId, 'other')).measure).toMatchObject({ kind: 'suspend-card' });
});

test('two who approve at once order once', async () => {
  await mark();
  const { proposalId } = await propose('officer');
  await sql`
    insert into membership (user_id, party_id, role, granted_by)
    values (${`chief-${scene.partyId}`}, ${scene.partyId}, 'administrator', 'test')`.execute(db.owner);
  const outcomes = await Promise.allSettled([approve(proposalId, 'lead'), approve(proposalId, 'chief')]);
  expect(outcomes.map(each => each.status).sort()).toEqual(['fulfilled', 'rejected']);
  expect(outcomes.find(each => each.status === 'rejected')).toMatchObject({
    reason: { code: 'proposal-decided' },
  });
  expect(await measures()).toEqual([`suspend-card ordered ${proposalId}`]);
});

test('refused, withdrawn and run out are told and final; proposing again waits anew', async () => {
  await mark();
  const first = await propose('officer');
  expect((await propose('other')).proposalId).toBe(first.proposalId);
  await expect(end(first.proposalId, 'withdrawn', 'lead')).rejects.toMatchObject({
    code: 'proposal-not-yours',
  });
  await end(first.proposalId, 'withdrawn', 'officer');
  const second = await propose('officer');
  await end(second.proposalId, 'refused', 'lead');
  await expect(approve(second.proposalId, 'lead')).rejects.toMatchObject({ code: 'proposal-decided' });
  const third = await propose('officer');
  scene.clock.advance(PROPOSAL_WAIT_MS);
  await expect(approve(third.proposalId, 'lead')).rejects.toMatchObject({ code: 'proposal-expired' });
  await runMeasureRound(scene.works);
  await runMeasureRound(scene.works);
  scene.clock.advance(-PROPOSAL_WAIT_MS);
  await expect(approve(third.proposalId, 'lead')).rejects.toMatchObject({ code: 'proposal-decided' });
  expect((await proposals()).map(each => each.decision)).toEqual(['expired', 'refused', 'withdrawn']);
  expect((await acts()).filter(kind => kind.startsWith('proposal-'))).toEqual([
    'proposal-withdrawn',
    'proposal-refused',
    'proposal-expired',
  ]);
});

test('how long a proposal waits is a datum, and one that ran out waits no more before the round writes it down', async () => {
  await mark();
  const works = { ...scene.works, waits: { proposalMs: HOUR_MS, unmarkMs: HOUR_MS } };
  const wanted = { kind: 'suspend-card', why: 'it sends spam' };
  const { proposal } = await door(tx => proposeMeasure(tx, works, caseId, wanted, by('officer')));
  expect(proposal.expiresAtMs - proposal.proposedAtMs).toBe(HOUR_MS);
  const waiting = (is: boolean) =>
    door(tx => listProposals(tx, { caseId, waiting: { is, atMs: scene.clock.now() } }, null, 9));
  expect([(await waiting(true)).length, (await waiting(false)).length]).toEqual([1, 0]);
  scene.clock.advance(HOUR_MS);
  expect([(await waiting(true)).length, (await waiting(false)).length]).toEqual([0, 1]);
});

test('a proposal that cannot be written down as run out is tried again, and holds up no other', async () => {
  await mark();
  await propose('officer', 'suspend-card');
  await propose('officer', 'terminate-card');
  scene.clock.advance(PROPOSAL_WAIT_MS);
  const warned: unknown[] = [];
  let fails = true;
  const works = {
    ...scene.works,
    log: { ...scene.works.log, warn: (told: unknown) => void warned.push(told) },
    database: {
      ...db.database,
      corridor: (work: Parameters<typeof db.database.corridor>[0]) =>
        db.database.corridor(async tx => {
          const result = await work(tx);
          const { rows } = await sql`
            select from measure_decision d join measure_proposal p using (proposal_id)
            where p.case_id = ${caseId} and p.kind = 'suspend-card'`.execute(tx);
          if (fails && rows.length > 0) throw new Error('no room');
          return result;
        }),
    } as typeof db.database,
  } as typeof scene.works;
  await runMeasureRound(works);
  expect(warned).toHaveLength(1);
  const decided = async () => (await proposals()).map(each => `${each.kind} ${each.decision}`);
  expect(await decided()).toEqual(['terminate-card expired', 'suspend-card null']);
  fails = false;
  await runMeasureRound(works);
  expect(await decided()).toEqual(['terminate-card expired', 'suspend-card expired']);
});

test('a request to take a mark off runs out: then another person asks anew, and the database holds to it as well', async () => {
  await mark();
  const asked = await unmark('officer');
  expect(asked.marks[0]).toMatchObject({ deed: 'unmark-asked', expiresAtMs: scene.clock.now() + 3 * DAY_MS });
  scene.clock.advance(3 * DAY_MS);
  const written = sql`
    insert into critical_mark (party_id, subject_id, deed, why, actor, at)
    values (${scene.partyId}, ${subjectId}, 'unmarked', 'x', ${label('lead')}, to_timestamp(${scene.clock.now()}::float8 / 1000))`;
  await expect(door(tx => written.execute(tx))).rejects.toMatchObject({ code: '42501' });
  expect((await unmark('lead')).marks[0]).toMatchObject({ deed: 'unmark-asked', actor: label('lead') });
  expect((await unmark('officer')).isCritical).toBe(false);
});

test('a clock set back before the proposal approves nothing', async () => {
  await mark();
  const { proposalId } = await propose('officer');
  scene.clock.advance(-1);
  await expect(approve(proposalId, 'lead')).rejects.toMatchObject({ code: 'proposal-from-later' });
  expect(await measures()).toEqual([]);
});

test('a policy that orders leaves a proposal for two persons once, and the lesser measure', async () => {
  await mark();
  const row = {
    partyId: scene.partyId,
    ruleId: RULE,
    measure: 'suspend-card',
    mode: 'order' as const,
    setBy: 'test',
    setAtMs: scene.clock.now(),
  };
  await db.database.corridor(tx => putPolicy(tx, row));
  const opened = await scene.raise(scene.finding('second'));
  const found = opened!.case;
  for (let i = 0; i < 2; i += 1)
    await db.database.corridor(tx => actByPolicy(tx, scene.works, found, 'suspend-card', scene.clock.now()));
  expect(await measures()).toEqual(['limit-card ordered -']);
  const [waiting, ...more] = await proposals();
  expect(more).toEqual([]);
  expect(waiting).toMatchObject({ proposedBy: `policy/${RULE}`, consents: [], decision: null });
  expect((await approve(waiting!.proposalId, 'officer')).measure).toBeNull();
  expect((await approve(waiting!.proposalId, 'lead')).measure).toMatchObject({ kind: 'suspend-card' });
});

test('a mark that comes while a measure is under way tells its case', async () => {
  await order('officer');
  await mark('key/gate');
  expect(await acts()).toContain('critical-while-measure');
});

test('a mark is taken off by two persons', async () => {
  await mark();
  await unmark('officer');
  await expect(order('officer')).rejects.toMatchObject({ code: 'measure-needs-two-persons' });
  await expect(unmark('officer')).rejects.toMatchObject({ code: 'mark-needs-another' });
  await expect(unmark('key/abc')).rejects.toMatchObject({ code: 'proposal-needs-person' });
  expect(await unmark('lead')).toMatchObject({ isCritical: false });
  await order('officer');
});

test('a card of a class that a catalogue names is critical without a mark, until the catalogue leaves it out', async () => {
  await putTraits(scene.works, [{ trait: 'class', name: 'medical' }]);
  await sql`update subject set class = 'medical' where subject_id = ${subjectId}`.execute(db.owner);
  await expect(order('officer')).rejects.toMatchObject({ code: 'measure-needs-two-persons' });
  await putTraits(scene.works, []);
  await order('officer');
});

test.for(['scenario', 'device-type'] as const)(
  'so is one whose %s in the life of the card is named',
  async trait => {
    const column = sql.id(trait === 'scenario' ? 'scenario' : 'device_type');
    // The gate before sale is not what is tried here: the row is put beside it.
    await sql`alter table card_life disable trigger zz_gate`.execute(db.owner);
    const put = await sql`
      insert into card_life (card_id, party_id, state, ${column})
      values (${subjectId}, ${scene.partyId}, 'stock', 'lifeline') returning card_id`.execute(db.owner);
    await sql`alter table card_life enable trigger zz_gate`.execute(db.owner);
    expect(put.rows).toHaveLength(1);
    await putTraits(scene.works, [{ trait, name: 'lifeline' }]);
    await expect(order('officer')).rejects.toMatchObject({ code: 'measure-needs-two-persons' });
    await putTraits(scene.works, []);
  },
);

test('kinds that stop nothing are told apart in the database as in the modules', async () => {
  const { rows } = await sql`select kind from mild_measure`.execute(db.owner);
  expect(rows).toEqual([{ kind: limitCard.kind }]);
});

test.for(['door', 'corridor'] as const)(
  'the role %s cannot write the measure without its approval',
  async role => {
    await mark();
    const { proposalId } = await propose('officer');
    const ordering = (id: number | null) => async (tx: Parameters<Parameters<typeof door>[0]>[0]) =>
      await sql`
      insert into measure (party_id, case_id, subject_id, kind, provider_id, state, order_key, due_at, decided_by, decided_at, proposal_id, terms)
      select party_id, case_id, subject_id, kind, provider_id, 'decided', ${`by-${role}-${id}`}, expires_at, 'person/x', proposed_at, ${id}::bigint, terms
      from measure_proposal where proposal_id = ${proposalId}`.execute(tx);
    const as = (work: ReturnType<typeof ordering>) =>
      role === 'door' ? door(work) : db.database.corridor(work);
    await expect(as(ordering(null))).rejects.toThrow('two persons');
    await expect(as(ordering(proposalId))).rejects.toThrow('two persons');
    await expect(
      as(async tx => {
        await sql`
        insert into measure_decision (proposal_id, party_id, decision, actor, note, at)
        select proposal_id, party_id, 'approved', 'person/x', '', proposed_at from measure_proposal where proposal_id = ${proposalId}`.execute(
          tx,
        );
        return await ordering(proposalId)(tx);
      }),
    ).rejects.toThrow('two persons');
    await order('officer', 'limit-card');
    const change = as(tx =>
      sql`update measure set kind = 'terminate-card' where case_id = ${caseId}`.execute(tx),
    );
    await expect(change).rejects.toThrow('never changes');
  },
);
