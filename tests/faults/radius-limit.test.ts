import { createSocket, type Socket } from 'node:dgram';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../server/src/kernel/database/test-database.ts';
import type { Database } from '../../server/src/kernel/database/transaction.ts';
import { silentLog } from '../../server/src/kernel/log.ts';
import { SECOND_MS } from '../../server/src/kernel/time.ts';
import { NasRequests } from '../../server/src/modules/cards/adapters/radius/dynamic-authorization.ts';
import {
  type LimitedCard,
  outcomeOfLimit,
  submitLimit,
} from '../../server/src/modules/cards/adapters/radius/limit.ts';
import { limitFormOf } from '../../server/src/modules/cards/adapters/radius/limit-form.ts';
import { firstOf } from '../../server/src/modules/cards/adapters/radius/packet.ts';
import type { RadiusLive } from '../../server/src/modules/cards/adapters/radius/running.ts';
import type { Outcome } from '../../server/src/spine/measures/ports.ts';
import { makeScene, type Scene } from '../../server/src/spine/measures/testing/scene.ts';
import { Broken, breakTransaction, type Fault } from '../measures/faulty-database.ts';
import { AccessServer, SECRET } from '../radius/access-server.ts';

const form = limitFormOf({
  ...{ limitAttribute: 'Filter-Id', limitNumber: '11', limitForm: 'text' },
  ...{ limitValue: 'slow', unlimitValue: 'full' },
})!;

let db: TestDatabase;
let nas: AccessServer;
let outward: Socket;
let requests: NasRequests;
let made = 0;

beforeAll(async () => {
  db = await testDatabase();
  nas = await AccessServer.open({ port: 9 });
  outward = createSocket('udp4');
  await new Promise<void>(resolve => outward.bind(0, '127.0.0.1', resolve));
  requests = new NasRequests(outward);
});
afterAll(async () => {
  requests?.stop();
  outward?.close();
  nas?.close();
  await db?.close();
});

interface Prepared {
  readonly scene: Scene;
  readonly card: LimitedCard;
  /** One session that the server changes, and one that it answers as the walk says. */
  readonly sessions: readonly [string, string];
  live(database: Database): RadiusLive;
}

/** A card with two open sessions at an access server that really answers. */
async function prepared(): Promise<Prepared> {
  const scene = await makeScene(db.database, { url: 'radius:sessions', kinds: [], adapters: {} });
  const { partyId, subjectId, clock } = scene;
  made += 1;
  const claim = `imsi:26201${String(1_000_000_000 + made)}`;
  const sessions = [`s${made}-a`, `s${made}-b`] as const;
  await sql`insert into alias (party_id, claim, subject_id, stated_by) values (${partyId}, ${claim}, ${subjectId}, 'test')`.execute(
    db.owner,
  );
  const source = await sql<{ id: number }>`
    insert into source (party_id, name, format, profile) values (${partyId}, 'core', 'freeradius-detail', '{}') returning source_id as id`.execute(
    db.owner,
  );
  const client = await sql<{ id: number }>`
    insert into radius_client (party_id, source_id, name, address, secret_file, port, silence_ms, needs_hmac, made_by, made_at)
    values (${partyId}, ${source.rows[0]!.id}, 'ggsn', ${`test ${made}`}, 'nas', ${nas.port}, 0, false, 'test', now()) returning client_id as id`.execute(
    db.owner,
  );
  for (const session of sessions)
    await sql`
      insert into radius_session (source_id, series, party_id, client_id, claim, nas, attributes, begun_at, is_begin_told, heard_at)
      values (${source.rows[0]!.id}, ${session}, ${partyId}, ${client.rows[0]!.id}, ${claim}, 'ggsn',
        ${JSON.stringify({ 'Acct-Session-Id': session })}::jsonb, now(), true, now())`.execute(db.owner);
  const known = { address: '127.0.0.1', port: nas.port, secrets: [Buffer.from(SECRET)] };
  const clients = { numbered: () => known } as unknown as RadiusLive['clients'];
  const blocked = {} as RadiusLive['blocked'];
  return {
    scene,
    sessions,
    card: { partyId, subjectId, form },
    live: database => ({ database, clock, log: silentLog, clients, requests, blocked }),
  };
}

/** Orders and asks until it is settled, as the rounds of the server do; the outcome. */
async function walk({ scene, card, live }: Prepared, database: Database, action: string): Promise<Outcome> {
  const orderKey = `${action}-${card.subjectId}`;
  const order = { orderKey, action, reference: 'card', terms: {} };
  const taken = await submitLimit(live(database), card, order);
  if (!taken.taken) throw new Error(taken.reason);
  for (let i = 0; i < 100; i += 1) {
    const outcome = await outcomeOfLimit(live(database), card, taken.providerOrder);
    if (outcome.state !== 'queued' || outcome.reason !== undefined) return outcome;
    await sleep(20);
    // An answer that was lost is asked for anew after its time.
    if (i % 10 === 9) scene.clock.advance(11 * SECOND_MS);
  }
  throw new Error('it did not settle');
}

async function count({ scene, card, sessions }: Prepared): Promise<unknown> {
  const { rows } = await sql`
    select
      (select json_build_array(wanted, failed) from radius_limit where subject_id = ${card.subjectId}) as limit,
      (select json_agg(json_build_array(split_part(change_key, '-', 1), change_answer, closed_by) order by series) from radius_session
        where series = any(${[...sessions]}::text[])) as sessions,
      (select array_agg(act order by stage_id) from ledger_stage where party_id = ${scene.partyId} and act like 'radius-%') as entries`.execute(
    db.owner,
  );
  return rows[0];
}

const WALKS = {
  'a limit and its lifting': {
    nak: null,
    actions: ['limit', 'unlimit'],
    outcome: { state: 'done', already: false },
    wanted: {
      limit: ['free', null],
      sessions: [
        ['unlimit', 'ack', null],
        ['unlimit', 'ack', null],
      ],
      entries: ['radius-limited', 'radius-freed'],
    },
  },
  'a limit one of whose sessions is unknown': {
    nak: 503,
    actions: ['limit'],
    outcome: { state: 'done', already: false },
    wanted: {
      limit: ['limited', null],
      sessions: [
        ['limit', 'ack', null],
        ['limit', 'nak-503', 'unknown-to-server'],
      ],
      entries: ['radius-limited'],
    },
  },
  'a limit that is refused for good': {
    nak: 404,
    actions: ['limit'],
    outcome: { state: 'refused', reason: 'nak-404' },
    wanted: { limit: ['limited', 'nak-404'], entries: ['radius-limited', 'radius-freed'] },
  },
} as const;

test.for(
  Object.keys(WALKS).flatMap(name =>
    (['not-written', 'answer-lost'] as const).map(fault => [name, fault] as const),
  ),
)('every transaction of %s, %s, then a restart: as if nothing had been', async ([name, fault]) => {
  const { nak, actions, outcome, wanted } = WALKS[name as keyof typeof WALKS];
  const all = async (it: Prepared, database: Database): Promise<Outcome | null> => {
    if (nak !== null) nas.changeManners.set(it.sessions[1], { nak });
    let last: Outcome | null = null;
    for (const action of actions) last = await walk(it, database, action);
    return last;
  };
  const whole = await prepared();
  expect(await all(whole, db.database)).toEqual(outcome);
  expect(await count(whole)).toMatchObject(wanted);
  // The server's two answers are written in one transaction or in two, as they come: a walk that was spared
  // may have been a short one, and the next is asked too.
  let spared = 0;
  let n = 1;
  for (; ; n += 1) {
    const it = await prepared();
    const broken = breakTransaction(db.database, n, fault as Fault);
    await all(it, broken).catch(cause => {
      if (!(cause instanceof Broken)) throw cause;
    });
    if (!broken.didFail() && ++spared === 2) break;
    if (!broken.didFail()) continue;
    it.scene.clock.advance(11 * SECOND_MS);
    // What was done before is given again, and a limit that was lifted since is none.
    const again = actions.length > 1 && (await isFree(it)) ? ['unlimit'] : actions;
    let last: Outcome | null = null;
    for (const action of again) last = await walk(it, db.database, action);
    expect(last, `transaction ${n}`).toEqual(outcome);
    expect(await count(it), `transaction ${n}`).toMatchObject(wanted);
  }
  expect(n).toBeGreaterThan(3);
});

async function isFree({ card }: Prepared): Promise<boolean> {
  const { rows } = await sql`
    select from radius_limit where subject_id = ${card.subjectId} and wanted = 'free'`.execute(db.owner);
  return rows.length > 0;
}

test('a limit refused for good, asked about by many at once, is taken back once, and the session that took it is freed', async () => {
  const it = await prepared();
  const [taken, stubborn] = it.sessions;
  nas.changeManners.set(stubborn, { nak: 404 });
  const order = { orderKey: 'once', action: 'limit', reference: 'card', terms: {} };
  await submitLimit(it.live(db.database), it.card, order);
  while (
    JSON.stringify((await count(it)) as object).includes('null,null]') // not answered yet
  )
    await sleep(20);
  const asked = Array.from({ length: 6 }, () => outcomeOfLimit(it.live(db.database), it.card, 'limit/once'));
  for (const outcome of await Promise.all(asked))
    expect(outcome).toEqual({ state: 'refused', reason: 'nak-404' });
  expect(await count(it)).toMatchObject({ entries: ['radius-limited', 'radius-freed'] });
  const told = () =>
    nas.changes.filter(each => each.session === taken).map(({ packet }) => firstOf(packet, 11)?.toString());
  while (told().length < 2) await sleep(20);
  expect(told()).toEqual(['slow', 'full']);
  expect(nas.changes.filter(each => each.session === stubborn)).toHaveLength(1);
});
