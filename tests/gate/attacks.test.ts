/**
 * C-01 as an attacker: ways to get a card active without a passed assessment or a verified holder, by any SQL of the
 * door's role, by races, swaps, resellers and clocks. None works, and each leaves a record.
 */
import { sql } from 'kysely';
import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { TestDatabase } from '../../server/src/kernel/database/test-database.ts';
import { assess } from '../../server/src/modules/cards/risk/assess.ts';
import { gateDatabase, PASSED_HOLDER, PASSED_SELLER, verified } from './scene.ts';

let db: TestDatabase;
let pool: pg.Pool;
let party: number;
let other: number;
let below: number;
let good: number;
let bare: number;
let seller: number;
let card: number;
let count = 0;

beforeAll(async () => {
  db = await gateDatabase();
  pool = db.rawPool({ role: 'door', max: 4 });
  const found = async (above: number | null): Promise<number> =>
    (
      await sql<{
        id: number;
      }>`select found_party(${above}::bigint, 'operator', 'A', 'A', now()) as id`.execute(db.corridor)
    ).rows[0]!.id;
  const root = await found(null);
  party = await found(root);
  other = await found(root);
  below = await found(party);
  good = await subject('holder');
  await verified(db.database, good);
  await pass('holder', good);
  bare = await subject('holder');
  seller = await subject('seller', party, { party: String(below) });
  await verified(db.database, seller);
});
afterAll(() => db.close());

async function subject(kind: string, of = party, attributes = {}): Promise<number> {
  count += 1;
  const { rows } = await sql<{ id: number }>`
    insert into subject (party_id, kind, reference, attributes)
    values (${of}, ${kind}, ${`${kind}-${count}`}, ${JSON.stringify(attributes)}::text::jsonb) returning subject_id as id`.execute(
    db.corridor,
  );
  return rows[0]!.id;
}

function pass(
  of: 'holder' | 'seller' | 'card',
  subjectId: number,
  inputs: object = {},
  untilMs: number | null = null,
  byParty = party,
) {
  const base = of === 'holder' ? PASSED_HOLDER : PASSED_SELLER;
  const asked = {
    subjectId,
    partyId: party,
    of,
    inputs: { ...base, ...inputs },
    untilMs,
    byParty,
    actor: 'person/1',
  };
  return db.database.corridor(tx => assess(tx, asked, Date.now()));
}

/** Runs statements as the door and commits what there is. */
async function door(statements: readonly string[], as = party, begin = 'begin'): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query(begin);
    await client.query(`select set_config('thingward.party', '${as}', true)`);
    for (const statement of statements) await client.query(statement);
    await client.query('commit');
  } finally {
    await client.query('rollback').catch(() => {});
    client.release();
  }
}

const set = (changes: string, id = card): string => `update card_life set ${changes} where card_id = ${id}`;
const CLASSED = `industry_class = 'industry', scenario = 'metering', device_type = 'meter'`;

/** A card sold to the good holder, one step before active. */
beforeEach(async () => {
  card = await subject('card');
  await door([
    `insert into card_life (card_id, party_id, state) values (${card}, ${party}, 'stock')`,
    set(CLASSED),
  ]);
});
const allocate = (holder = good): string =>
  set(`state = 'allocated', holder_id = ${holder}, channel = 'direct'`);
const sell = (): string => set(`state = 'sold'`);

async function records(): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select (select count(*) from card_move where outcome = 'refused')
      + (select count(*) from ledger_stage where act = 'attestation-refused')
      + (select coalesce(sum(greatest(times - 5, 0)), 0) from refusal_count where act = 'attestation') as n`.execute(
    db.owner,
  );
  return Number(rows[0]!.n);
}

async function holderWith(
  fault: 'expired' | 'failed' | 'withdrawn' | 'identity-expired' | 'shopped',
): Promise<number> {
  const id = await subject('holder');
  const soon = Date.now() + 400;
  await verified(db.database, id, fault === 'identity-expired' ? { untilMs: soon } : {});
  await pass('holder', id, {}, fault === 'expired' ? soon : null);
  if (fault === 'failed' || fault === 'shopped') await pass('holder', id, { creditEntry: true });
  if (fault === 'withdrawn') await verified(db.database, id, { outcome: 'withdrawn' });
  if (fault === 'expired' || fault === 'identity-expired') await new Promise(done => setTimeout(done, 600));
  return id;
}

const forgedIdentity = (by: string) =>
  `insert into identity_statement (party_id, subject_id, outcome, person, identity_key, method, evidence, valid_to, stated_by, stated_at)
   values (${party}, ${bare}, 'verified', 'unit', sha256('x'), 'm', 'e', 'infinity', '${by}', now())`;
const forgedVerdict = () =>
  `insert into risk_assessment (party_id, subject_id, of_what, native_id, dynamic_id, passed, cause, valid_to, stated_by, stated_at)
   select party_id, ${bare}, of_what, native_id, dynamic_id, true, 'asked', valid_to, 'vault', now() from risk_assessment limit 1`;
const steps = (holder: number) => [allocate(holder), sell(), set(`state = 'active'`)];

/** Each way: its name and what the attacker does. */
const WAYS: readonly (readonly [string, () => Promise<void>])[] = [
  [
    'a new row that is active already',
    async () => {
      const id = await subject('card');
      card = id;
      await door([
        `insert into card_life (card_id, party_id, state, holder_id) values (${id}, ${party}, 'active', ${good})`,
      ]);
    },
  ],
  [
    'a new row that is sold already',
    async () => {
      const id = await subject('card');
      card = id;
      await door([
        `insert into card_life (card_id, party_id, state, holder_id, channel) values (${id}, ${party}, 'sold', ${good}, 'direct')`,
        set(`state = 'active'`),
      ]);
    },
  ],
  [
    'stock to active in one step',
    () => door([set(`state = 'active', holder_id = ${good}, channel = 'direct'`)]),
  ],
  ['a holder nobody assessed or verified', () => door(steps(bare))],
  ['a holder whose assessment failed', async () => door(steps(await holderWith('failed')))],
  ['a holder whose assessment ran out', async () => door(steps(await holderWith('expired')))],
  ['a holder whose identity ran out', async () => door(steps(await holderWith('identity-expired')))],
  ['a holder whose identity was withdrawn', async () => door(steps(await holderWith('withdrawn')))],
  [
    'no holder at all',
    () => door([set(`state = 'allocated', channel = 'direct'`), sell(), set(`state = 'active'`)]),
  ],
  [
    'a holder of another party',
    async () => {
      const id = await subject('holder', other);
      await verified(db.database, id);
      await door(steps(id));
    },
  ],
  ['a card in the place of the holder', () => door(steps(card))],
  ['a seller in the place of the holder', () => door(steps(seller))],
  ['a forged statement of identity', () => door([forgedIdentity('vault'), ...steps(bare)])],
  [
    'a forged statement of identity that names the corridor',
    () =>
      door([
        `select set_config('thingward.actor', 'corridor', true)`,
        forgedIdentity('corridor'),
        ...steps(bare),
      ]),
  ],
  ['a forged verdict', () => door([forgedVerdict(), ...steps(bare)])],
  ['both forged', () => door([forgedIdentity('vault'), forgedVerdict(), ...steps(bare)])],
  [
    'a dated fact that says verified',
    () =>
      door([
        `insert into dated_fact (party_id, subject_id, kind, body, stated_by) values (${party}, ${bare}, 'identity', '{"verified":true}', 'vault')`,
        ...steps(bare),
      ]),
  ],
  [
    'a swap of the holder after the sale',
    () =>
      door([allocate(), sell(), set(`holder_id = ${bare}`), set(`state = 'active', holder_id = ${bare}`)]),
  ],
  [
    'a swap of the holder in the same move',
    () => door([allocate(), sell(), set(`state = 'active', holder_id = ${bare}`)]),
  ],
  [
    'a swap of the card beneath the row',
    async () => {
      const id = await subject('card');
      await door([allocate(), sell(), set(`card_id = ${id}, state = 'active'`)]);
    },
  ],
  [
    'a card of another party',
    async () => {
      card = await subject('card', other);
      await door([
        `insert into card_life (card_id, party_id, state) values (${card}, ${party}, 'stock')`,
        ...steps(good),
      ]);
    },
  ],
  [
    'a suspension that is lifted to active',
    () => door([set(`state = 'suspended', holder_id = ${bare}`), set(`state = 'active'`)]),
  ],
  ['a state no catalogue knows', () => door([set(`state = 'live', holder_id = ${bare}`)])],
  [
    'an act with a name of its own',
    () =>
      door([
        `select set_config('thingward.act', 'override', true)`,
        allocate(),
        sell(),
        set(`state = 'active'`),
      ]),
  ],
  [
    'an insert that turns into an update',
    () =>
      door([
        `insert into card_life (card_id, party_id, state) values (${card}, ${party}, 'active') on conflict (card_id) do update set state = 'active', holder_id = ${bare}`,
      ]),
  ],
  [
    'a picture of before, kept by a stricter isolation',
    async () => {
      const id = await holderWith('failed');
      await door(steps(id), party, 'begin isolation level repeatable read');
    },
  ],
  ['serializable isolation', () => door([...steps(good)], party, 'begin isolation level serializable')],
  [
    'a reseller that names no seller',
    async () => {
      card = await subject('card', below);
      const id = await subject('holder', below);
      await verified(db.database, id);
      await pass('holder', id);
      const first = `insert into card_life (card_id, party_id, state) values (${card}, ${below}, 'stock')`;
      await door([first, set(CLASSED), ...steps(id)], below);
    },
  ],
  [
    'a seller that nobody assessed',
    () =>
      door([
        set(`state = 'allocated', holder_id = ${good}, seller_id = ${seller}, channel = 'reseller'`),
        sell(),
        set(`state = 'active'`),
      ]),
  ],
  [
    'a seller that assessed itself',
    async () => {
      const id = await subject('seller', party, { party: String(below) });
      await verified(db.database, id);
      await pass('seller', id, {}, null, below);
      await door([
        set(`state = 'allocated', holder_id = ${good}, seller_id = ${id}, channel = 'reseller'`),
        sell(),
        set(`state = 'active'`),
      ]);
    },
  ],
  [
    'a channel that is forbidden',
    () =>
      door([
        set(`state = 'allocated', holder_id = ${good}, channel = 'online'`),
        sell(),
        set(`state = 'active'`),
      ]),
  ],
  [
    'a clock of the session’s own',
    () =>
      door([
        `set local timezone = 'Pacific/Kiritimati'`,
        `create function pg_temp.clock_timestamp() returns timestamptz language sql as $$ select '2020-01-01'::timestamptz $$`,
        `set local search_path = pg_temp, thingward`,
        ...steps(bare),
      ]),
  ],
  [
    'a race: the assessment fails while the sale is on its way',
    async () => {
      const id = await subject('holder');
      await verified(db.database, id);
      await pass('holder', id);
      await door([allocate(id), sell()]);
      const asked = { subjectId: id, partyId: party, of: 'holder' as const, untilMs: null, byParty: party };
      const inputs = { ...PASSED_HOLDER, creditEntry: true };
      let begun = () => {};
      const isBegun = new Promise<void>(resolve => {
        begun = resolve;
      });
      const failing = db.database.corridor(async tx => {
        await assess(tx, { ...asked, inputs, actor: 'person/1' }, Date.now());
        begun();
        await new Promise(done => setTimeout(done, 300));
      });
      await isBegun;
      const activation = door([set(`state = 'active'`)]);
      await failing;
      await activation;
    },
  ],
];

test.each(WAYS)('%s: the card is not active, and there is a record', async (_name, way) => {
  const before = await records();
  await way();
  const { rows } = await sql`select 1 from card_life where state = 'active'`.execute(db.owner);
  expect(rows).toEqual([]);
  expect(await records()).toBeGreaterThan(before);
});

test('there are thirty ways and more', () => {
  expect(WAYS.length).toBeGreaterThanOrEqual(30);
});
