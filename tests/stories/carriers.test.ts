import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../server/src/kernel/database/test-database.ts';
import type { Logger } from '../../server/src/kernel/log.ts';
import { luhnDigit } from '../../server/src/modules/cards/identifiers/luhn.ts';
import { suspendCard } from '../../server/src/modules/cards/measures/suspend-card.ts';
import { actsOf } from '../../server/src/spine/cases/store.ts';
import { runMeasureRound } from '../../server/src/spine/measures/jobs.ts';
import { liftMeasure } from '../../server/src/spine/measures/lift.ts';
import { orderMeasure } from '../../server/src/spine/measures/order.ts';
import { askCards, askDays, askState, askUsage } from '../../server/src/spine/measures/providers/ask.ts';
import { keepCredentials } from '../../server/src/spine/measures/providers/credentials.ts';
import { registerProvider } from '../../server/src/spine/measures/providers/providers.ts';
import { providersOf, putProvider } from '../../server/src/spine/measures/providers/store.ts';
import { stepsOf } from '../../server/src/spine/measures/store.ts';
import { makeScene, type Scene } from '../../server/src/spine/measures/testing/scene.ts';
import { faultOf } from '../../server/src/spine/notices/subscribers.ts';
import { addressGuard } from '../../server/src/spine/notices/wire/addresses.ts';
import { type CarrierProcess, startCarrier } from '../measures/carrier-process.ts';
import { CARRIER_CASES } from '../measures/carriers.ts';

/** Requirement C-55 (cards.md): two-way adapters, each against a stand-in that is held to the published contract. */

const rules = { networks: ['127.0.0.0/8'], allowsHttp: true };
const outside = {
  faultOf: (url: string) => faultOf(url, rules),
  mayReach: addressGuard(rules.networks),
  sealKey: Buffer.alloc(32, 7),
};
const MINUTE_MS = 60_000;
let db: TestDatabase;

beforeAll(async () => {
  db = await testDatabase();
});
afterAll(async () => {
  await db?.close();
});

describe.each(CARRIER_CASES)('$name', carrier => {
  let side: CarrierProcess;
  let scene: Scene;
  let providerId: number;
  let logged: unknown[];

  beforeAll(async () => {
    side = await startCarrier(carrier.name);
  });
  afterAll(async () => {
    await side?.stop();
  });
  beforeEach(async () => {
    // What earlier scenes left under way asks its own carrier no more.
    await sql`update measure set state = 'lifted'`.execute(db.owner);
    await sql`update outbox set done_at = now() where done_at is null`.execute(db.owner);
    await side.behave({ cutAfter: 0, cutBefore: 0, busy: 0, faults: 0, retryAfterSeconds: 30, delayMs: 0 });
    scene = await makeScene(db.database, {
      kinds: [suspendCard],
      adapters: { [carrier.name]: carrier.adapter },
      adapter: carrier.name,
      url: side.url + carrier.path,
      outside,
    });
    logged = [];
    const note = (...said: unknown[]) => void logged.push(said);
    const log = { ...scene.works.log, warn: note, info: note, error: note } as unknown as Logger;
    scene = { ...scene, works: { ...scene.works, log } };
    const [provider] = await db.database.corridor(tx => providersOf(tx, scene.partyId));
    providerId = provider!.providerId;
    await keep(carrier.secrets);
    await side.setCard(scene.iccid, carrier.working);
  });

  const hand = () => ({ actor: 'person/7', atMs: scene.clock.now() });
  const asking = () => ({ ...scene.works, desk: scene.works });
  const keep = (fields: Readonly<Record<string, string>>) =>
    db.database.door(scene.partyId, tx => keepCredentials(tx, scene.works, { providerId, fields }, hand()));
  const round = async (advanceMs = 2 * MINUTE_MS) => {
    scene.clock.advance(advanceMs);
    await runMeasureRound(scene.works);
  };
  const order = async () => {
    const opened = await scene.raise(scene.finding(`f-${Math.random()}`));
    const { caseId } = opened!.case;
    const { measure } = await db.database.door(scene.partyId, tx =>
      orderMeasure(tx, scene.works, caseId, { kind: 'suspend-card' }, hand()),
    );
    return { caseId, measureId: measure.measureId };
  };
  const states = async (measureId: number) =>
    (await db.database.corridor(tx => stepsOf(tx, measureId))).map(step => step.toState);
  const reasons = async (caseId: number) =>
    (await db.database.corridor(tx => actsOf(tx, caseId, 0, 500)))
      .filter(act => act.kind === 'measure-escalated')
      .map(act => (act.detail as { reason?: string }).reason);
  const ordersOf = async () => (await side.log()).orders.filter(each => each.startsWith(scene.iccid));

  test('a case suspends the card at the carrier, reads it back as stopped, and lifts it again', async () => {
    const { measureId } = await order();
    await round();
    await round();
    expect(await states(measureId)).toEqual(['decided', 'ordered', 'accepted', 'effective']);
    expect(await side.stateOf(scene.iccid)).toBe(carrier.stopped);
    await db.database.door(scene.partyId, tx =>
      liftMeasure(tx, scene.works, measureId, 'holder verified', hand()),
    );
    await round();
    await round();
    expect((await states(measureId)).at(-1)).toBe('lifted');
    expect(await side.stateOf(scene.iccid)).toBe(carrier.working);
    expect(await ordersOf()).toHaveLength(2);
    const staged = await db.database.corridor(tx =>
      sql<{
        act: string;
      }>`select act from ledger_stage where object = ${`measure/${measureId}`} order by stage_id`.execute(tx),
    );
    expect(staged.rows.map(row => row.act)).toEqual(
      (await states(measureId)).map(reached => `measure-${reached}`),
    );
  });

  test('an order whose answer was lost is read off the card and not carried out twice', async () => {
    await side.behave({ cutAfter: 1 });
    const { measureId } = await order();
    await round();
    expect(await states(measureId)).toEqual(['decided', 'ordered']);
    await round();
    await round();
    expect((await states(measureId)).at(-1)).toBe('effective');
    expect(await ordersOf()).toHaveLength(1);
  });

  test.each([{ cutBefore: 1 }, { faults: 1 }])(
    'an order that was not carried out (%o) is sent again',
    async how => {
      await side.behave(how);
      const { measureId } = await order();
      await round();
      expect(await states(measureId)).toEqual(['decided', 'ordered']);
      expect(await ordersOf()).toHaveLength(0);
      await round();
      await round();
      expect((await states(measureId)).at(-1)).toBe('effective');
      expect(await ordersOf()).toHaveLength(1);
    },
  );

  test('two orders for one card at once stop it, and both are told so', async () => {
    const [one, other] = [await order(), await order()];
    await Promise.all([runMeasureRound(scene.works), runMeasureRound(scene.works)]);
    await round();
    await round();
    const reached = await Promise.all([one, other].map(async each => (await states(each.measureId)).at(-1)));
    expect(reached).toEqual(['effective', 'effective']);
    expect(await side.stateOf(scene.iccid)).toBe(carrier.stopped);
  });

  test('a card that is stopped already is a success that says so', async () => {
    await side.setCard(scene.iccid, carrier.stopped);
    const { measureId } = await order();
    await round();
    await round();
    const steps = await db.database.corridor(tx => stepsOf(tx, measureId));
    expect(steps.at(-1)).toMatchObject({ toState: 'effective', proof: { already: true } });
    expect(await ordersOf()).toHaveLength(0);
  });

  test('an order under way is effective when the card is, not before', async () => {
    await side.behave({ delayMs: 3_600_000 });
    const { measureId } = await order();
    await round();
    expect((await states(measureId)).at(-1)).toBe('accepted');
    await round();
    expect((await states(measureId)).at(-1)).toBe('accepted');
    await side.setCard(scene.iccid, carrier.stopped);
    await round();
    expect((await states(measureId)).at(-1)).toBe('effective');
  });

  test.each(['idle', 'unknown'] as const)(
    'a card in a state that is %s is refused with their word',
    async which => {
      await side.setCard(scene.iccid, carrier[which]);
      const { caseId, measureId } = await order();
      await round();
      expect((await states(measureId)).at(-1)).toBe('failed');
      expect((await reasons(caseId))[0]).toMatch(new RegExp(`^${which}-state:`));
      expect(await ordersOf()).toHaveLength(0);
    },
  );

  test('a card that comes into an unknown state while an order is under way is told on the case once', async () => {
    await side.behave({ delayMs: 3_600_000 });
    const { caseId, measureId } = await order();
    await round();
    await side.setCard(scene.iccid, carrier.unknown);
    await round();
    await round();
    expect((await states(measureId)).at(-1)).toBe('accepted');
    expect((await reasons(caseId)).filter(each => each?.startsWith('unknown-state:'))).toHaveLength(1);
  });

  test.runIf(carrier.tellsUnknownCards)('a card the account does not have is refused', async () => {
    const { caseId, measureId } = await order();
    await sql`update subject set reference = '8988303000099999999' where subject_id = ${scene.subjectId}`.execute(
      db.owner,
    );
    await round();
    expect((await states(measureId)).at(-1)).toBe('failed');
    expect(await reasons(caseId)).toEqual(['card-unknown-to-provider']);
  });

  test('too many questions are followed by rest for as long as they ask, and the order leaves after it', async () => {
    const { measureId } = await order();
    await askState(asking(), scene.partyId, providerId, scene.iccid);
    await side.behave({ busy: 1, retryAfterSeconds: 600 });
    await round();
    const { questions } = await side.log();
    await round();
    expect((await side.log()).questions).toBe(questions);
    expect(await states(measureId)).toEqual(['decided', 'ordered']);
    await round(10 * MINUTE_MS);
    await round();
    expect((await states(measureId)).at(-1)).toBe('effective');
  });

  test.runIf(carrier.hasPasses)(
    'a pass that ended on the way is renewed once, and is not bought for each question',
    async () => {
      const { signIns } = await side.log();
      const { measureId } = await order();
      await askState(asking(), scene.partyId, providerId, scene.iccid);
      await side.endPasses();
      await round();
      await round();
      expect((await states(measureId)).at(-1)).toBe('effective');
      expect((await side.log()).signIns).toBe(signIns + 2);
    },
  );

  test('a secret that is not accepted is told, tried again only after a rest, and set anew works at once', async () => {
    const wrong = Object.fromEntries(
      Object.keys(carrier.secrets).map(name => [name, 'not-the-secret-value']),
    );
    await keep(wrong);
    const { measureId } = await order();
    await round();
    const { questions } = await side.log();
    await round(1_000);
    expect((await side.log()).questions).toBe(questions);
    expect(JSON.stringify(logged)).toContain('provider-sign-in-refused');
    await keep(carrier.secrets);
    await round();
    await round();
    expect((await states(measureId)).at(-1)).toBe('effective');
  });

  test('a card that the carrier holds with its check digit is found by its key without', async () => {
    const [key, printed] = ['8988303000007654321', '89883030000076543211'];
    expect(luhnDigit(key)).toBe(printed.at(-1));
    await side.setCard(printed, carrier.stopped);
    expect(await askState(asking(), scene.partyId, providerId, key)).toMatchObject({ restricted: true });
  });

  test('no secret and no card stands in the log, in the ledger or in what the party is shown', async () => {
    await side.behave({ cutBefore: 1 });
    await order();
    await round();
    await round();
    const { rows } = await sql<{ all: string }>`
      select coalesce(string_agg(ledger_stage::text, ' '), '') as all from ledger_stage`.execute(db.owner);
    const held = await sql<{ sealed: string }>`
      select encode(sealed, 'escape') as sealed from provider_credential`.execute(db.owner);
    const everything = JSON.stringify([logged, rows, held.rows]);
    for (const secret of Object.values(carrier.secrets)) expect(everything).not.toContain(secret);
    expect(JSON.stringify(logged)).not.toContain(scene.iccid);
    const door = db.database.door(scene.partyId, tx =>
      sql`select sealed from provider_credential`.execute(tx),
    );
    await expect(door).rejects.toThrow(/permission denied/);
  });

  test('a card that comes into an unknown state while it should be stopped is told on the case once', async () => {
    const { caseId, measureId } = await order();
    await round();
    await round();
    await side.setCard(scene.iccid, carrier.unknown);
    await round();
    await round();
    expect((await states(measureId)).at(-1)).toBe('effective');
    expect((await reasons(caseId)).filter(each => each?.startsWith('unknown-state:'))).toHaveLength(1);
  });

  test('a card is ended for good and limited where the carrier offers it, and refused with a reason where not', async () => {
    const settings = { url: side.url + carrier.path, dueMs: 1, quietMs: 1 };
    const port = carrier.adapter(settings, { ...scene.works, partyId: scene.partyId, providerId });
    const deed = (action: string) =>
      port.submit({ orderKey: `key-${action}`, action, reference: scene.iccid, terms: {} });
    const answered = [];
    for (const action of ['limit', 'unlimit', 'terminate', 'explode']) {
      const answer = await deed(action);
      answered.push(answer.taken ? 'taken' : answer.reason);
      if (!answer.taken) continue;
      expect(await port.outcome(answer.providerOrder, scene.iccid)).toEqual({
        state: 'done',
        already: false,
      });
      expect((await port.state(scene.iccid, action)).restricted).toBe(action !== 'unlimit');
    }
    expect(answered).toEqual(carrier.deeds);
  });

  test('what is kept for one host is not sent to another', async () => {
    const settings = { url: `http://localhost:9${carrier.path}`, dueMs: 1_000, quietMs: 1_000 };
    const { partyId } = scene;
    await db.database.corridor(tx =>
      putProvider(tx, { partyId, name: 'carrier', adapter: carrier.name, settings }),
    );
    await expect(askState(asking(), partyId, providerId, scene.iccid)).rejects.toMatchObject({
      code: 'provider-credentials-missing',
    });
  });

  test.each([
    ['http://10.0.0.1', 'a private network'],
    ['http://169.254.169.254/latest', 'the metadata of a cloud'],
    ['ftp://carrier.example.org', 'no web address'],
  ])('%s is refused as the address of a provider: %s', async url => {
    const wanted = { partyId: scene.partyId, name: 'inside', adapter: carrier.name, settings: { url } };
    const registering = db.database.door(scene.partyId, tx =>
      registerProvider(tx, scene.works, wanted, hand()),
    );
    await expect(registering).rejects.toMatchObject({ code: 'provider-settings-invalid' });
  });

  test('a name that leads to an address which may not be reached leads nowhere', async () => {
    const works = { ...scene.works, outside: { ...outside, mayReach: () => false } };
    const asked = askState({ ...works, desk: works }, scene.partyId, providerId, scene.iccid);
    await expect(asked).rejects.toMatchObject({ code: 'provider-unreachable' });
  });

  test('the cards of the account come page by page, each once, and their use is told', async () => {
    const port = carrier.adapter(
      { url: side.url + carrier.path, dueMs: 1, quietMs: 1 },
      { ...scene.works, partyId: scene.partyId, providerId },
    );
    if (port.usage !== undefined)
      expect((await askUsage(asking(), scene.partyId, providerId, scene.iccid)).bytes).toBeGreaterThan(0);
    if (port.cards === undefined) return;
    for (let i = 0; i < 230; i++)
      await side.setCard(`89883030001${String(i).padStart(8, '0')}`, carrier.working);
    const seen: string[] = [];
    let after: string | null = null;
    do {
      const page = await askCards(asking(), scene.partyId, providerId, after);
      seen.push(...page.items.map(each => each.reference));
      after = page.next;
    } while (after !== null);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.filter(each => each.startsWith('89883030001'))).toHaveLength(230);
    expect(seen).toContain(scene.iccid.slice(0, 19));
  }, 60_000);

  test('tells what it counts for a card day by day, or says that its contract has no days (CR-24)', async () => {
    const days = (first: string, last: string, card = scene.iccid) =>
      askDays(asking(), scene.partyId, providerId, [card], first, last);
    if (carrier.adapter.countsDays !== true) {
      await expect(days('2026-11-01', '2026-11-03')).rejects.toMatchObject({
        code: 'provider-tells-nothing',
      });
      return;
    }
    for (const [day, tx] of [
      ['2026-10-31', 9],
      ['2026-11-01', 1.25],
      ['2026-11-03', 0.5],
      ['2026-11-04', 9],
    ] as const)
      await side.countDay(scene.iccid, day, tx, 0.25);
    const told = (await days('2026-11-01', '2026-11-03')).get(scene.iccid) ?? [];
    const inBytes = told.map(({ day, volume, unit }) => [day, unit === 'B' ? volume : volume * 1e6]);
    expect(inBytes).toEqual([
      ['2026-11-01', 1_500_000],
      ['2026-11-03', 750_000],
    ]);
    expect((await days('2026-11-01', '2026-11-03', '8988303000099999999')).size).toBe(0);
  });
});
