/** A lapse of the yearly inspection orders its measure (C-49), whichever of its writes breaks and however often it is tried. */
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../server/src/kernel/database/test-database.ts';
import type { Database } from '../../server/src/kernel/database/transaction.ts';
import { DAY_MS } from '../../server/src/kernel/time.ts';
import { suspendCard } from '../../server/src/modules/cards/measures/suspend-card.ts';
import {
  beginCampaign,
  inspect,
  lapseOverdue,
  listSamples,
} from '../../server/src/modules/responsibility/campaigns/campaigns.ts';
import {
  followLapses,
  LAPSE_RULE,
} from '../../server/src/modules/responsibility/campaigns/lapse-measures.ts';
import { dutyCheckFormat } from '../../server/src/modules/responsibility/duties/duties.ts';
import { runMeasureRound } from '../../server/src/spine/measures/jobs.ts';
import type { Adapter } from '../../server/src/spine/measures/ports.ts';
import { makeScene, type Scene } from '../../server/src/spine/measures/testing/scene.ts';
import { approveProposal } from '../../server/src/spine/measures/two-persons/decide.ts';
import { markCritical } from '../../server/src/spine/measures/two-persons/marks.ts';
import { listProposals } from '../../server/src/spine/measures/two-persons/store.ts';
import type { ModuleDoors } from '../../server/src/spine/module-route.ts';
import { Broken, breakTransaction, type Fault } from '../measures/faulty-database.ts';

const PROOF = 'a'.repeat(64);
let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
  await sql`insert into rule_version (rule_id, version, text, armed_at, armed_by)
    values (${LAPSE_RULE}, '0123456789abcdef', 'id: inspection-lapsed', now(), 'test')`.execute(db.owner);
});
afterAll(async () => await db?.close());

/** A provider where what is ordered is done at once, and lifted at once. */
const adapter: Adapter = () => {
  return {
    submit: async order => ({ taken: true, providerOrder: order.action }),
    outcome: async () => ({ state: 'done', already: false }),
    state: async () => ({ restricted: true, sinceMs: 0, refusedAttempts: 0, lastRefusedMs: null }),
  };
};

interface Prepared {
  readonly scene: Scene;
  readonly sampleId: number;
  readonly doors: (database: Database) => ModuleDoors;
}

async function prepared(onLapse: string | undefined = 'suspend-card'): Promise<Prepared> {
  const scene = await makeScene(db.database, {
    url: 'http://127.0.0.1:1',
    kinds: [suspendCard],
    adapters: { 'simulated-provider': adapter },
  });
  const { clock, works, partyId } = scene;
  const doors = (database: Database): ModuleDoors => {
    const formats = new Map([[dutyCheckFormat.name, dutyCheckFormat]]);
    const intake = { database, clock, formats, leafFor: (ms: number) => db.leafFor(ms) };
    return { ...works, database, clock, desk: works, intake } as unknown as ModuleDoors;
  };
  const doer = { partyId, label: 'person/lead' };
  const asked = { title: '2026', year: 2026, size: 1, dueAtMs: clock.now() + DAY_MS, onLapse };
  const { campaignId } = await beginCampaign(doors(db.database), doer, asked);
  const [sample] = await db.database.door(partyId, tx => listSamples(tx, campaignId, 0, 1));
  clock.advance(2 * DAY_MS);
  return { scene, sampleId: sample!.sampleId, doors };
}

/** What the rounds of the house do; the judge opens the case of what was told. */
async function rounds({ scene, doors }: Prepared, database: Database): Promise<void> {
  await lapseOverdue(doors(database));
  await followLapses(doors(database));
  if ((await told(scene)).length > 0)
    await scene.raise(scene.finding('lapse', { ruleId: LAPSE_RULE, observedAtMs: 1, judgedAtMs: 2 }));
  await followLapses(doors(database));
  scene.clock.advance(120_000);
  await runMeasureRound({ ...scene.works, database });
}

async function told(scene: Scene): Promise<string[]> {
  const { rows } = await sql<{ what: string }>`select body->>'what' as what from observation
    where party_id = ${scene.partyId} and kind = 'duty-check' order by observed_at`.execute(db.owner);
  return rows.map(row => row.what);
}

async function state({ scene, sampleId }: Prepared) {
  const { rows } = await sql<object>`select s.state, s.not_ordered as "notOrdered",
      (select json_agg(m.kind || ' ' || m.state || ' ' || m.decided_by) from measure m where m.party_id = s.party_id) as measures,
      (select count(*)::int from outbox o where o.party_id = s.party_id) as letters,
      (select count(*)::int from dated_fact f where f.party_id = s.party_id and f.kind like 'lapse/%' and f.retired_at is null
        and f.valid_to = 'infinity') as closed
    from inspection_sample s where s.sample_id = ${sampleId}`.execute(db.owner);
  return { ...rows[0], told: await told(scene) };
}

test.each<Fault>(['not-written', 'answer-lost'])(
  'one order of one lapse, told once, whichever transaction was %s, and passing late lifts it once',
  async fault => {
    let n = 1;
    for (; n < 60; n += 1) {
      const made = await prepared();
      const actor = `inspection-sample/${made.sampleId}`;
      const broken = breakTransaction(db.database, n, fault);
      const attempt = async (work: (database: Database) => Promise<unknown>) => {
        await work(broken).catch(cause => {
          if (!(cause instanceof Broken)) throw cause;
        });
        await work(db.database);
        await work(db.database);
      };
      await attempt(database => rounds(made, database));
      expect([n, await state(made)]).toEqual([
        n,
        {
          ...{ state: 'lapsed', notOrdered: null, letters: 1, closed: 1, told: ['inspection-lapsed'] },
          measures: [`suspend-card effective ${actor}`],
        },
      ]);
      const doer = { partyId: made.scene.partyId, label: 'person/lead' };
      await inspect(made.doors(db.database), doer, made.sampleId, { result: 'passed', evidence: PROOF });
      await attempt(database => rounds(made, database));
      expect([n, await state(made)]).toMatchObject([
        n,
        { state: 'passed', letters: 2, closed: 0, told: ['inspection-lapsed'] },
      ]);
      const { measures } = (await state(made)) as unknown as { measures: string[] };
      expect(measures).toEqual([expect.stringMatching(/^suspend-card lift/)]);
      if (!broken.didFail()) break;
    }
    expect(n).toBeGreaterThan(8);
  },
  240_000,
);

test('what passes before its measure is ordered is let alone; without a measure of its own policies decide', async () => {
  const made = await prepared();
  await lapseOverdue(made.doors(db.database));
  const doer = { partyId: made.scene.partyId, label: 'person/lead' };
  await inspect(made.doors(db.database), doer, made.sampleId, { result: 'passed', evidence: PROOF });
  await rounds(made, db.database);
  expect(await state(made)).toMatchObject({ state: 'passed', measures: null, letters: 0 });
  const bare = await prepared(undefined as unknown as string);
  await sql`update inspection_campaign set on_lapse = null where party_id = ${bare.scene.partyId}`.execute(
    db.owner,
  );
  await rounds(bare, db.database);
  expect(await state(bare)).toMatchObject({ state: 'lapsed', measures: null, told: ['inspection-lapsed'] });
});

test('a critical card waits for two persons, once, and what they order is lifted when the card passes (C-44)', async () => {
  const made = await prepared();
  const { scene } = made;
  const { partyId, subjectId, works } = scene;
  const hand = (user: string) => ({ partyId, actor: `person/${user}-${partyId}`, atMs: scene.clock.now() });
  const inDoor = <T>(work: Parameters<typeof db.database.door<T>>[1]) => db.database.door(partyId, work);
  await inDoor(tx => markCritical(tx, subjectId, 'a ventilator', hand('officer')));
  await rounds(made, db.database);
  await rounds(made, db.database);
  expect(await state(made)).toMatchObject({ notOrdered: 'measure-needs-two-persons', measures: null });
  const [proposal, ...more] = await inDoor(tx => listProposals(tx, {}, null, 9));
  expect(more).toEqual([]);
  for (const user of ['first', 'second']) {
    await sql`insert into membership (user_id, party_id, role, granted_by)
      values (${`${user}-${partyId}`}, ${partyId}, 'supervisor', 'test')`.execute(db.owner);
    await inDoor(tx => approveProposal(tx, works, proposal!.proposalId, hand(user)));
  }
  await rounds(made, db.database);
  await rounds(made, db.database);
  const doer = { partyId, label: 'person/lead' };
  await inspect(made.doors(db.database), doer, made.sampleId, { result: 'passed', evidence: PROOF });
  await rounds(made, db.database);
  expect(await state(made)).toMatchObject({ measures: [expect.stringMatching(/^suspend-card lift/)] });
});

test('a measure that nobody brings is refused when the inspection is begun', async () => {
  const scene = await makeScene(db.database, {
    url: 'http://127.0.0.1:1',
    kinds: [suspendCard],
    adapters: {},
  });
  const doors = { ...scene.works, desk: scene.works };
  const asked = {
    title: 'x',
    year: 2026,
    size: 1,
    dueAtMs: scene.clock.now() + DAY_MS,
    onLapse: 'burn-card',
  };
  await expect(
    beginCampaign(doors, { partyId: scene.partyId, label: 'person/lead' }, asked),
  ).rejects.toMatchObject({ code: 'measure-kind-unknown' });
});
