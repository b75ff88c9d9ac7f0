import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import type pg from 'pg';
import { expect } from 'vitest';
import { oldWorkbookOf } from '../../server/src/kernel/workbook/testing/old-workbook-maker.ts';
import { textWorkbook } from '../../server/src/kernel/workbook/write.ts';
import {
  assess,
  bareHolder,
  cardAt,
  codeOf,
  goodHolder,
  move,
  verify,
  type Way,
  type WaysScene,
} from './ways-scene.ts';

const YEAR_MS = 365 * 86_400_000;
const ROWS = [
  ['iccid', 'provider_status', 'activated', 'seller', 'owner', 'scenario', 'device_type', 'channel'],
  ['8986001234567877771', 'ACTIVE', '2026-01-01', 'me', 'me', 'metering', 'meter', 'direct'],
];

/** By tables, commands, other doors than the gate's, and a server under a wrong clock. */
export const OUTSIDE_WAYS: readonly Way[] = [
  ['a table of cards (CSV) that says they are active', scene => imported(scene, Buffer.from(csv()), '')],
  [
    'the same as a workbook (XLSX), for a card that is in stock',
    async scene => {
      const card = await cardAt(scene.mine.client, 'stock');
      const rows = (async function* () {
        for (const row of ROWS) yield row.map(cell => (cell === '8986001234567877771' ? card : cell));
      })();
      const pieces: Buffer[] = [];
      for await (const piece of textWorkbook(rows)) pieces.push(piece);
      await imported(scene, Buffer.concat(pieces), card);
    },
  ],
  [
    'the same as a workbook of Excel 97 (XLS)',
    async scene => {
      const card = await cardAt(scene.mine.client, 'stock');
      const rows = ROWS.map(row => row.map(cell => (cell === '8986001234567877771' ? card : cell)));
      await imported(scene, oldWorkbookOf(rows), card);
    },
  ],
  [
    'a table with columns of the gate’s own',
    async scene => {
      const card = await cardAt(scene.mine.client, 'stock');
      const text = `iccid,state,holder,assessment\n${card},active,anybody,passed\n`;
      await scene.mine.client.importTable('cards', text).catch(codeOf);
      expect(await move(scene.mine.client, 'activate', card)).toBe('move-not-allowed');
    },
  ],
  [
    'the command line, step by step',
    async scene => {
      const { client } = scene.mine;
      const card = await cardAt(client, 'stock');
      const { handle } = await bareHolder(client);
      for (const act of ['allocate', 'sell', 'test', 'activate', 'resume']) {
        const said = await scene.cli.run('cards', 'move', act, '--card', card, '--holder', handle);
        expect(said.code).toBe(1);
      }
      const file = join(scene.folder, 'cards.csv');
      writeFileSync(file, csv().replace('8986001234567877771', card));
      await scene.cli.run('import', 'cards', file);
    },
  ],
  [
    'the profile of an eSIM that is enabled on its chip',
    async ({ mine: { client } }) => {
      const card = await cardAt(client, 'stock');
      const { id } = await client.post<{ id: number }>('/esim-pools', { reference: `pool-${card}` });
      const eid = '89049032123451234512345678901235';
      await client.post(`/esim-pools/${id}/chips`, { eids: [eid] });
      for (const state of ['reserved', 'installed', 'enabled'])
        await client.post(`/esim-profiles/${card}/state`, { state, eid }).catch(codeOf);
      expect(await move(client, 'activate', card)).toBe('move-not-allowed');
    },
  ],
  [
    'a reseller’s return that says the card is sold and its holder known',
    async ({ mine: { client } }) => {
      const card = await cardAt(client, 'stock');
      const agreement = {
        title: 'R',
        homeOperator: 'home',
        realNameClause: 'by us',
        penaltyClause: 'ten each',
      };
      const { id } = await client.post<{ id: number }>('/resellers', { reference: 'sells-on', ...agreement });
      const rows = [{ iccid: card, at: new Date(Date.now() - 60_000).toISOString() }];
      for (const what of ['allocated', 'sold', 'real-name'])
        await client.post(`/resellers/${id}/returns`, { what, rows, sentTo: 'home', proof: 'a'.repeat(64) });
      expect(await move(client, 'activate', card)).toBe('move-not-allowed');
    },
  ],
];

/** The last of all: a wrong clock ends sessions. */
export const CLOCK_WAYS: readonly Way[] = [
  ['a server whose clock was set back two years', scene => expiredUnder(scene, -2 * YEAR_MS)],
  ['a server whose clock is two years ahead', scene => expiredUnder(scene, 2 * YEAR_MS)],
];

const csv = (): string => `${ROWS.map(row => row.join(',')).join('\n')}\n`;

async function imported({ mine: { client } }: WaysScene, bytes: Buffer, card: string): Promise<void> {
  await client.importTable('cards', new Uint8Array(bytes));
  expect(await move(client, 'activate', card === '' ? '8986001234567877771' : card)).toBe('move-not-allowed');
}

/** A sold card whose holder's assessment has run out: a wrong clock of the server makes it neither young nor assessed. */
async function expiredUnder(scene: WaysScene, shiftMs: number): Promise<void> {
  const { client } = scene.mine;
  const holder = await goodHolder(client);
  const card = await cardAt(client, 'sold', holder);
  const bare = await bareHolder(client);
  const other = await cardAt(client, 'stock');
  await assess(client, holder, {}, new Date(Date.now() + 1_000).toISOString());
  await new Promise(done => setTimeout(done, 1_100));
  await scene.underClock(shiftMs, async shifted => {
    expect(await move(shifted, 'activate', card)).toBe('assessment-expired');
    // What is verified and assessed under such a clock is in force by the database's clock or not at all.
    await verify(shifted, bare).catch(() => undefined);
    expect(await move(shifted, 'allocate', other, { holder: bare.handle, channel: 'direct' })).toMatch(
      /^(identity|assessment)-/,
    );
  });
}

async function says(pool: pg.Pool, party: number | null, ...statements: readonly string[]): Promise<string> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    if (party !== null) await client.query(`select set_config('thingward.party', '${party}', true)`);
    for (const statement of statements) await client.query(statement);
    await client.query('commit');
    return 'done';
  } catch (thrown) {
    return (thrown as { code?: string }).code ?? 'unknown';
  } finally {
    await client.query('rollback').catch(() => {});
    client.release();
  }
}

async function stocked({ mine, db }: WaysScene): Promise<number> {
  const card = await cardAt(mine.client, 'stock');
  const { rows } = await sql<{
    id: number;
  }>`select subject_id as id from subject where reference = ${card}`.execute(db.owner);
  return rows[0]!.id;
}

/** By the database itself, as each of the server's roles: a refusal is on record, or the database names an error. */
export const DATABASE_WAYS: readonly Way[] = [
  ...(['door', 'corridor'] as const).flatMap((role): Way[] => {
    const as = (scene: WaysScene, ...statements: readonly string[]) =>
      role === 'door'
        ? says(scene.doorPool, scene.mine.partyId, ...statements)
        : says(scene.corridorPool, null, ...statements);
    return [
      [
        `the ${role}’s role sets the state itself`,
        async scene => {
          const id = await stocked(scene);
          expect(await as(scene, `update card_life set state = 'active' where card_id = ${id}`)).toBe('done');
        },
      ],
      [
        `the ${role}’s role puts the guards out of the way`,
        async scene => {
          const id = await stocked(scene);
          const disabled = await as(scene, 'alter table card_life disable trigger zz_gate');
          const replica = await as(scene, `set local session_replication_role = replica`);
          const owner = await as(scene, 'set role thingward_owner');
          expect([disabled, replica, owner]).toEqual(['42501', '42501', '42501']);
          await as(scene, `update card_life set state = 'active' where card_id = ${id}`);
          return owner;
        },
      ],
      [
        `the ${role}’s role takes the row away and puts another in its place`,
        async scene => {
          const id = await stocked(scene);
          return await as(
            scene,
            `delete from card_life where card_id = ${id}`,
            `insert into card_life (card_id, party_id, state) values (${id}, ${scene.mine.partyId}, 'active')`,
          );
        },
      ],
      [
        `the ${role}’s role turns a failed verdict into a passed one`,
        async scene => {
          const holder = await goodHolder(scene.mine.client);
          await assess(scene.mine.client, holder, { creditEntry: true });
          const card = await cardAt(scene.mine.client, 'stock');
          const changed = await as(scene, 'update risk_assessment set passed = true where not passed');
          const columns =
            'party_id, subject_id, of_what, native_id, dynamic_id, passed, cause, valid_to, stated_by, stated_at';
          await as(
            scene,
            `insert into risk_assessment (${columns}) select ${columns.replace('passed', 'true').replace('stated_at', 'now()')} from risk_assessment where not passed order by assessment_id desc limit 1`,
          );
          const asked = { holder: holder.handle, channel: 'direct' };
          expect(await move(scene.mine.client, 'allocate', card, asked)).toBe('assessment-failed');
          return changed;
        },
      ],
    ];
  }),
];
