/** Another operator's CAMARA server as a provider: bind and hold a card there, against a stand-in (C-53, C-43). */
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../server/src/kernel/database/test-database.ts';
import type { Logger } from '../../server/src/kernel/log.ts';
import { camara } from '../../server/src/modules/cards/adapters/carriers/camara/camara.ts';
import { named } from '../../server/src/modules/cards/imports/registration.ts';
import { bindDevice } from '../../server/src/modules/cards/measures/bind-device.ts';
import { holdArea } from '../../server/src/modules/cards/measures/hold-area.ts';
import { suspendCard } from '../../server/src/modules/cards/measures/suspend-card.ts';
import { actsOf } from '../../server/src/spine/cases/store.ts';
import { runMeasureRound } from '../../server/src/spine/measures/jobs.ts';
import { liftMeasure } from '../../server/src/spine/measures/lift.ts';
import { orderMeasure } from '../../server/src/spine/measures/order.ts';
import { askState } from '../../server/src/spine/measures/providers/ask.ts';
import { keepCredentials } from '../../server/src/spine/measures/providers/credentials.ts';
import { registerProvider } from '../../server/src/spine/measures/providers/providers.ts';
import { providersOf } from '../../server/src/spine/measures/providers/store.ts';
import { stepsOf } from '../../server/src/spine/measures/store.ts';
import { makeScene, type Scene } from '../../server/src/spine/measures/testing/scene.ts';
import { faultOf } from '../../server/src/spine/notices/subscribers.ts';
import { addressGuard } from '../../server/src/spine/notices/wire/addresses.ts';
import { registerRows } from '../../server/src/spine/registry/register.ts';
import { type CarrierProcess, startCarrier } from '../measures/carrier-process.ts';

const rules = { networks: ['127.0.0.0/8'], allowsHttp: true };
const outside = {
  faultOf: (url: string) => faultOf(url, rules),
  mayReach: addressGuard(rules.networks),
  sealKey: Buffer.alloc(32, 7),
};
const MINUTE_MS = 60_000;
const SECRETS = { client_id: 'simulated-client', client_secret: 'simulated-client-secret' };

let db: TestDatabase;
let side: CarrierProcess;
let scene: Scene;
let providerId: number;
let phone: string;
let logged: unknown[];
let count = 0;

beforeAll(async () => {
  db = await testDatabase();
  side = await startCarrier('camara');
});
afterAll(async () => {
  await side?.stop();
  await db?.close();
});

beforeEach(async () => {
  await sql`update measure set state = 'lifted'`.execute(db.owner);
  await sql`update outbox set done_at = now() where done_at is null`.execute(db.owner);
  await side.behave({ cutAfter: 0, cutBefore: 0, busy: 0, faults: 0, retryAfterSeconds: 30, delayMs: 0 });
  scene = await makeScene(db.database, {
    kinds: [suspendCard, bindDevice, holdArea],
    adapters: { camara },
    adapter: 'camara',
    url: side.url,
    outside,
  });
  logged = [];
  const note = (...said: unknown[]) => void logged.push(said);
  const log = { ...scene.works.log, warn: note, info: note, error: note } as unknown as Logger;
  scene = { ...scene, works: { ...scene.works, log } };
  const [provider] = await db.database.corridor(tx => providersOf(tx, scene.partyId));
  providerId = provider!.providerId;
  await keep({ ...SECRETS, token_url: `${side.url}/token` });
  count += 1;
  phone = `+14400000${String(count).padStart(5, '0')}`;
  await bear(phone);
  await side.setCard(phone, 'seen area');
});

const hand = () => ({ actor: 'person/7', atMs: scene.clock.now() });
const asking = () => ({ ...scene.works, desk: scene.works });
const keep = (fields: Readonly<Record<string, string>>) =>
  db.database.door(scene.partyId, tx => keepCredentials(tx, scene.works, { providerId, fields }, hand()));
/** The card bears this number from a day ago on. */
const bear = (number: string) =>
  db.database.door(scene.partyId, tx => {
    const card = { kind: 'card', reference: scene.iccid };
    const fromMs = scene.clock.now() - 86_400_000;
    const registrations = [named(card, `msisdn:${number.slice(1)}`, { fromMs })];
    return registerRows(tx, scene.partyId, [{ place: '1', asks: { registrations } }], 'test', fromMs);
  });
const round = async (advanceMs = 2 * MINUTE_MS) => {
  scene.clock.advance(advanceMs);
  await runMeasureRound(scene.works);
};
const order = async (kind = 'bind-device') => {
  const opened = await scene.raise(scene.finding(`f-${Math.random()}`));
  const { caseId } = opened!.case;
  const { measure } = await db.database.door(scene.partyId, tx =>
    orderMeasure(tx, scene.works, caseId, { kind }, hand()),
  );
  return { caseId, measureId: measure.measureId };
};
const states = async (measureId: number) =>
  (await db.database.corridor(tx => stepsOf(tx, measureId))).map(step => step.toState);
const reasons = async (caseId: number) =>
  (await db.database.corridor(tx => actsOf(tx, caseId, 0, 500)))
    .filter(act => act.kind === 'measure-escalated')
    .map(act => (act.detail as { reason?: string }).reason);
const ordersOf = async () => (await side.log()).orders.filter(each => each.startsWith(phone));

describe('a hold at another operator', () => {
  test.each([
    ['bind-device', 'bound', 'IMEIBIND'],
    ['hold-area', 'held', 'AREALIMIT'],
  ] as const)('%s is ordered, read back in force, and lifted', async (kind, word, type) => {
    const { measureId } = await order(kind);
    await round();
    await round();
    expect(await states(measureId)).toEqual(['decided', 'ordered', 'accepted', 'effective']);
    expect(await side.stateOf(phone)).toContain(word);
    expect(await askState(asking(), scene.partyId, providerId, scene.iccid)).toMatchObject({
      restricted: true,
    });
    await db.database.door(scene.partyId, tx => liftMeasure(tx, scene.works, measureId, 'settled', hand()));
    await round();
    await round();
    expect((await states(measureId)).at(-1)).toBe('lifted');
    expect(await ordersOf()).toEqual([`${phone} bind ${type}`, `${phone} unbind ${type}`]);
  });

  test('leaves the card its traffic, which tells nothing against it', async () => {
    const { caseId, measureId } = await order();
    await round();
    await round();
    scene.traffic.accepted.push(scene.clock.now());
    scene.traffic.watermarkMs = scene.clock.now() + 100 * MINUTE_MS;
    await round(200 * MINUTE_MS);
    expect((await states(measureId)).at(-1)).toBe('effective');
    const acts = await db.database.corridor(tx => actsOf(tx, caseId, 0, 500));
    expect(acts.map(act => act.kind)).not.toContain('traffic-after-measure');
  });

  test('whose answer was lost is read off the card and not ordered twice', async () => {
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
    'that was not carried out (%o) is ordered again',
    async how => {
      await side.behave(how);
      const { measureId } = await order();
      await round();
      expect(await ordersOf()).toHaveLength(0);
      await round();
      await round();
      expect((await states(measureId)).at(-1)).toBe('effective');
      expect(await ordersOf()).toHaveLength(1);
    },
  );

  test('that is so already is a success that says so', async () => {
    await side.setCard(phone, 'seen bound');
    const { measureId } = await order();
    await round();
    await round();
    const steps = await db.database.corridor(tx => stepsOf(tx, measureId));
    expect(steps.at(-1)).toMatchObject({ toState: 'effective', proof: { already: true } });
    expect(await ordersOf()).toHaveLength(0);
  });

  test('in force is what the card shows, not what was answered', async () => {
    await side.behave({ delayMs: 3_600_000 });
    const { measureId } = await order();
    await round();
    await round();
    expect((await states(measureId)).at(-1)).toBe('accepted');
    await side.setCard(phone, 'seen bound');
    await round();
    expect((await states(measureId)).at(-1)).toBe('effective');
  });

  test.each([
    ['bind-device', 'area', 'not-held-there'],
    ['suspend-card', 'seen', 'action-not-offered'],
  ])('%s for a card that is %s there is refused: %s', async (kind, word, reason) => {
    await side.setCard(phone, word);
    const { caseId, measureId } = await order(kind);
    await round();
    expect((await states(measureId)).at(-1)).toBe('failed');
    expect(await reasons(caseId)).toEqual([reason]);
  });

  test('for a card whose number they do not know, and for one that has none, is refused', async () => {
    await bear('+14499999999');
    await sql`update alias set retired_at = now() where claim = ${`msisdn:${phone.slice(1)}`}`.execute(
      db.owner,
    );
    const unknown = await order();
    await round();
    expect(await reasons(unknown.caseId)).toEqual(['card-unknown-to-provider']);
    await sql`update alias set retired_at = now() where claim = 'msisdn:14499999999'`.execute(db.owner);
    const none = await order();
    await round();
    expect((await reasons(none.caseId)).at(-1)).toBe('card-without-number');
  });
});

describe('signing in', () => {
  test('a token is bought once, renewed before its end and when they say it is over', async () => {
    const { signIns } = await side.log();
    const ask = () => askState(asking(), scene.partyId, providerId, scene.iccid);
    await ask();
    await ask();
    expect((await side.log()).signIns).toBe(signIns + 1);
    scene.clock.advance(60 * MINUTE_MS);
    await ask();
    expect((await side.log()).signIns).toBe(signIns + 2);
    await side.endPasses();
    await ask();
    expect((await side.log()).signIns).toBe(signIns + 3);
  });

  test('a secret that is not accepted is told, tried again only after a rest, and set anew works at once', async () => {
    await keep({ ...SECRETS, client_secret: 'not-the-secret-value', token_url: `${side.url}/token` });
    const { measureId } = await order();
    await round();
    const { questions } = await side.log();
    await round(1_000);
    expect((await side.log()).questions).toBe(questions);
    expect(JSON.stringify(logged)).toContain('provider-sign-in-refused');
    await keep({ ...SECRETS, token_url: `${side.url}/token` });
    await round();
    await round();
    expect((await states(measureId)).at(-1)).toBe('effective');
  });

  test('no secret, no token and no number stands in the log or the ledger', async () => {
    await side.behave({ cutBefore: 1 });
    await order();
    await round();
    await round();
    const { rows } = await sql<{ all: string }>`
      select coalesce(string_agg(ledger_stage::text, ' '), '') as all from ledger_stage`.execute(db.owner);
    const everything = JSON.stringify([logged, rows]);
    expect(logged.length).toBeGreaterThan(0);
    for (const secret of [SECRETS.client_secret, 'simulated.token', phone.slice(1)])
      expect(everything).not.toContain(secret);
  });

  test.each(['http://10.0.0.1/token', 'ftp://x.example/token', 'nonsense'])(
    'a token is bought at no address such as %s',
    async token_url => {
      await keep({ ...SECRETS, token_url });
      await expect(askState(asking(), scene.partyId, providerId, scene.iccid)).rejects.toMatchObject({
        code: expect.stringMatching(/^provider-(settings-invalid|sign-in-refused)$/),
      });
    },
  );
});

test('the version of the paths is the provider’s own, and is refused where it is no segment or nobody asks for it', async () => {
  const add = (adapter: string, version?: string) =>
    db.database.door(scene.partyId, tx =>
      registerProvider(
        tx,
        { ...scene.works, adapters: { camara, other: Object.assign(camara.bind(null), {}) } },
        {
          partyId: scene.partyId,
          name: 'versioned',
          adapter,
          settings: { url: side.url, ...(version === undefined ? {} : { version }) },
        },
        hand(),
      ),
    );
  expect((await add('camara')).settings.version).toBe('v0.1');
  expect((await add('camara', 'vwip')).settings.version).toBe('vwip');
  for (const version of ['v1/../x', 'V1', '', 'v 1'])
    await expect(add('camara', version)).rejects.toMatchObject({ code: 'provider-settings-invalid' });
  await expect(add('other', 'v0.1')).rejects.toMatchObject({ code: 'provider-settings-invalid' });
});

test('a version they do not have is no such card to a measure, and is told', async () => {
  const settings = { url: side.url, dueMs: 1, quietMs: 1, version: 'v9' };
  const port = camara(settings, { ...scene.works, partyId: scene.partyId, providerId });
  const answer = await port.submit({
    orderKey: 'k',
    action: 'bind-device',
    reference: scene.iccid,
    terms: {},
  });
  expect(answer).toEqual({ taken: false, reason: 'card-unknown-to-provider' });
});
