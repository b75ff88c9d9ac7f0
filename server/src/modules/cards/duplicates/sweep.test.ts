import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../../kernel/database/test-database.ts';
import { HOUR_MS, MINUTE_MS } from '../../../kernel/time.ts';
import { linkedTo } from '../../../spine/views/registered.ts';
import { MADE_BY, madeBy, ofMaker, ofType } from '../imports/registration.ts';
import { duplicateRound, lookForDuplicates, tellDuplicates } from './sweep.ts';
import { type BoardRecord, type BoardScene, boardScene, DAY_MS, TAC } from './testing/board-scene.ts';

const MAKERS = new Map([[TAC, 'Invented Works']]);
const BOARDS: readonly BoardRecord[] = [
  ...[1, 2, 3].map((card, i) => ({ card, hour: 8 + i / 10 })),
  ...[1, 2, 3].map((card, i) => ({ card, hour: 20 + i / 10 })),
];

let db: TestDatabase;
let scene: BoardScene;
let made = 0;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db?.close());
beforeEach(async () => {
  made += 1;
  scene = await boardScene(db, made);
});

const look = async (makers: ReadonlyMap<string, string> = MAKERS): Promise<void> => {
  await lookForDuplicates(scene.doors(), makers);
  await tellDuplicates(scene.doors(), makers);
};

test('CR-10: boards with one IMEI are told of to their maker once, with IMEI, cards and times, and their cards are kept out of it', async () => {
  await scene.feed(BOARDS);
  await look();
  await look();
  expect(await scene.told()).toEqual([
    {
      claim: 'maker:Invented Works',
      body: {
        ...{
          check: 'duplicate-imei',
          what: 'boards-apart',
          imei: scene.imei,
          tac: TAC,
          maker: 'Invented Works',
        },
        ...{ cards: [1, 2, 3].map(scene.iccid).join(' '), places: '3' },
        ...{ from: '2026-11-20T08:00:00.000Z', to: '2026-11-20T20:12:00.000Z' },
      },
    },
  ]);
  expect(await scene.boundOf(1)).toMatchObject({ duplicateImeis: [scene.imei] });
  expect(await scene.boundOf(4)).not.toHaveProperty('duplicateImeis');
});

test('CR-10: whatever order the records came in, and however often, the same is told', async () => {
  const orders = [BOARDS, [...BOARDS].reverse(), [...BOARDS.slice(3), ...BOARDS, ...BOARDS.slice(0, 2)]];
  const told: unknown[] = [];
  for (const [i, order] of orders.entries()) {
    made += 1;
    scene = await boardScene(db, made);
    for (const record of order) await scene.feed([record]);
    await look();
    const own = new RegExp(`${scene.iccid(1).slice(0, -7)}|${scene.imei}`, 'g');
    told.push(JSON.parse(JSON.stringify(await scene.told()).replace(own, '')));
    if (i > 0) expect(told[i]).toEqual(told[0]);
  }
  expect(told[0]).toHaveLength(1);
});

test('CR-10: a card more is told anew, and what speaks against it ends it for the cards from then on', async () => {
  await scene.feed(BOARDS);
  await look();
  await scene.feed([{ card: 4, hour: 20.3 }]);
  await look();
  expect((await scene.told()).map(({ body }) => body['cards']?.split(' ').length).sort()).toEqual([3, 4]);
  await scene.feed([{ card: 1, hour: 30, more: { cell: '2-1' } }]);
  await look();
  await look();
  expect((await scene.told()).map(({ body }) => body['what'])).toEqual([
    ...['boards-apart', 'boards-apart', 'no-longer-apart'],
  ]);
  expect(await scene.boundOf(1, DAY_MS + 29 * HOUR_MS)).toMatchObject({ duplicateImeis: [scene.imei] });
  expect(await scene.boundOf(1, DAY_MS + 30 * HOUR_MS)).not.toHaveProperty('duplicateImeis');
});

test('CR-10: a maker that nobody knows is told as unknown of the type, and again once it is registered', async () => {
  await scene.feed(BOARDS);
  await look(new Map());
  expect(await scene.told()).toMatchObject([{ claim: `tac:${TAC}`, body: { maker: 'unknown' } }]);
  await scene.register([...ofMaker('Second Works'), ...ofType(TAC), madeBy(TAC, 'Second Works')]);
  await look(new Map());
  await look();
  expect(await scene.told()).toMatchObject([
    { claim: 'maker:Second Works', body: { maker: 'Second Works', imei: scene.imei } },
    { claim: `tac:${TAC}`, body: { maker: 'unknown' } },
  ]);
});

test('CR-10: the maker of a type is linked to it in the registry, as the lists name it', async () => {
  await scene.feed(BOARDS);
  await look();
  const maker = await db.database.door(scene.partyId, async tx => {
    const { rows } = await sql<{ id: number }>`select subject_id as id from subject
      where kind = 'device-type' and reference = ${TAC} and party_id = ${scene.partyId}`.execute(tx);
    return await linkedTo(tx, rows[0]?.id ?? 0, MADE_BY, scene.clock.now());
  });
  expect(maker).toBe('Invented Works');
});

test.each<[string, readonly BoardRecord[]]>([
  ['two boards', BOARDS.filter(({ card }) => card < 3)],
  ['a device with many cards', BOARDS.map(each => ({ ...each, more: { cell: '1-1' } }))],
  ["a tester's modem", [1, 2, 3].map(card => ({ card, hour: 4 * card }))],
])('CR-10: %s: nothing is told, and no card is kept out of anything', async (_name, records) => {
  await scene.feed(records);
  await look();
  expect(await scene.told()).toEqual([]);
  expect(await scene.boundOf(1)).not.toHaveProperty('duplicateImeis');
});

test('the round looks at once, and then every ten minutes', async () => {
  const round = duplicateRound(MAKERS);
  const step = () => round.step(scene.doors() as Parameters<typeof round.step>[0]);
  await step();
  await scene.feed(BOARDS);
  await step();
  expect(await scene.told()).toEqual([]);
  scene.clock.advance(10 * MINUTE_MS);
  await step();
  expect(await scene.told()).toHaveLength(1);
});
