/** Exports in the clear by two persons (C-54): whatever is not written or answered, each act is there once or not at all. */
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Database, Tx } from '../../server/src/kernel/database/transaction.ts';
import { silentLog } from '../../server/src/kernel/log.ts';
import { isRefusal } from '../../server/src/kernel/refusal.ts';
import { DAY_MS } from '../../server/src/kernel/time.ts';
import { holderTable } from '../../server/src/modules/privacy/export-tables.ts';
import { lookAt } from '../../server/src/modules/privacy/looks.ts';
import { personSeen, registerPerson } from '../../server/src/modules/privacy/persons.ts';
import { type PrivacyScene, privacyScene } from '../../server/src/modules/privacy/testing/privacy-scene.ts';
import { readElementTable } from '../../server/src/spine/regulator/element-table.ts';
import {
  confirmClearExport,
  endClearExport,
  expireClearExports,
} from '../../server/src/spine/regulator/in-the-clear/decide.ts';
import {
  type ClearExport,
  listClearExports,
} from '../../server/src/spine/regulator/in-the-clear/proposals.ts';
import {
  PROPOSAL_WAIT_MS,
  proposeClearExport,
} from '../../server/src/spine/regulator/in-the-clear/propose.ts';
import { takeClearExport } from '../../server/src/spine/regulator/in-the-clear/take.ts';
import { regulatorDoor } from '../../server/src/spine/regulator/regulator-export.ts';
import { Broken, breakTransaction, type Fault } from '../measures/faulty-database.ts';

const TABLE = readElementTable(
  `
urn: urn:test:elements
version: '1'
inForce: { from: 2026-01-01T00:00:00+08:00, to: null }
zone: Asia/Shanghai
sets:
  - id: people
    elements: ours
    files:
      - id: holders
        title: { en: Holders, zh: 持有人 }
        elements:
          - { id: holder, type: identifier, prefix: holder, title: { en: Holder, zh: 持有人 } }
          - { id: name, type: text, personal: person, title: { en: Name, zh: 姓名 } }
`,
  'test.yaml',
);
/** What one reader may see on a day in the scene. */
const MOST = 3;
const grounds = {
  purpose: 'authority-request',
  ground: 'art. 12',
  reference: 'file 7',
  why: 'asked',
} as const;

let scene: PrivacyScene;
let handles: string[];

/** `persons` registered holders, all of them before the period's end. */
async function begin(persons: number): Promise<void> {
  scene = await privacyScene();
  handles = [];
  for (let n = 0; n < persons; n += 1) {
    const document = { kind: 'passport' as const, number: `P${10_000 + n}` };
    const told = { kind: 'natural' as const, name: `Holder ${n}`, document };
    handles.push((await registerPerson(scene, scene.hand(), told)).handle);
  }
  await grant('officer', 'supervisor');
  await grant('lead', 'administrator');
  scene.clock.advance(60_000);
}

async function grant(name: string, role: string): Promise<void> {
  await sql`insert into membership (user_id, party_id, role, granted_by)
    values (${name}, ${scene.partyId}, ${role}, 'test')`.execute(scene.db.owner);
}

const handOf = (name: string, database: Database = scene.database) => ({
  database,
  clock: scene.clock,
  rootKeys: scene.rootKeys,
  actor: { partyId: scene.partyId, label: `person/${name}`, userId: name },
});
const door = () => regulatorDoor([TABLE], [holderTable(scene.editions)]);
const deed = (name: string) => ({ actor: `person/${name}`, atMs: scene.clock.now() });
const NO_DAY = { isBeyondDay: false, note: '' };
const inParty = <T>(work: (tx: Tx) => Promise<T>, database: Database = scene.database): Promise<T> =>
  database.door(scene.partyId, work);

function propose(name = 'officer', database?: Database): Promise<ClearExport> {
  const toMs = scene.clock.now() - 1_000;
  const asked = { period: { fromMs: toMs - DAY_MS, toMs }, format: 'ndjson' } as const;
  return proposeClearExport(handOf(name, database), door(), asked, grounds);
}

async function take(id: number, name = 'officer', database?: Database): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of await takeClearExport(handOf(name, database), door(), id)) pieces.push(piece);
  return Buffer.concat(pieces).toString('latin1');
}

const confirm = (id: number, said = NO_DAY, name = 'lead') =>
  inParty(tx => confirmClearExport(tx, id, said, deed(name)));

/** How often the ledger has each act of exports. */
async function acts(): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { act } of await scene.acts())
    if (/^(clear|regulator)-export/.test(act)) counts[act] = (counts[act] ?? 0) + 1;
  return counts;
}

describe('the persons of an export', () => {
  beforeAll(() => begin(MOST), 60_000);
  afterAll(() => scene.close());

  test('are shown to whoever proposed it, after another confirmed it, and once', async () => {
    const { clearExportId: id, persons, most } = await propose();
    expect([persons, most]).toEqual([MOST, MOST]);
    await expect(take(id)).rejects.toMatchObject({ code: 'clear-export-not-confirmed' });
    await expect(confirm(id, NO_DAY, 'officer')).rejects.toMatchObject({ code: 'clear-export-by-the-same' });
    await confirm(id);
    await expect(take(id, 'lead')).rejects.toMatchObject({ code: 'clear-export-not-yours' });
    await take(id);
    await expect(take(id)).rejects.toMatchObject({ code: 'clear-export-given' });
    expect(await acts()).toEqual({
      'clear-export-proposed': 1,
      'clear-export-confirmed': 1,
      'clear-export-taken-refused': 3,
      'regulator-export-begun': 1,
      'regulator-export': 1,
    });
  });

  test('are shown to nobody when one of the two lost their role, was none, or came too late', async () => {
    await grant('clerk', 'case-officer');
    await expect(propose('clerk')).rejects.toMatchObject({ code: 'clear-export-needs-roles' });
    await expect(propose('lead')).rejects.toMatchObject({ code: 'clear-export-needs-roles' });
    const { clearExportId: id } = await propose();
    await expect(confirm(id, NO_DAY, 'clerk')).rejects.toMatchObject({ code: 'clear-export-needs-roles' });
    await confirm(id);
    await sql`delete from membership where user_id = 'lead'`.execute(scene.db.owner);
    await expect(take(id)).rejects.toMatchObject({ code: 'clear-export-needs-roles' });
    await grant('lead', 'administrator');
    scene.clock.advance(DAY_MS);
    await expect(take(id)).rejects.toMatchObject({ code: 'clear-export-expired' });
    const { clearExportId: late } = await propose();
    scene.clock.advance(PROPOSAL_WAIT_MS);
    await expect(confirm(late)).rejects.toMatchObject({ code: 'clear-export-expired' });
    expect(await expireClearExports({ ...scene, log: silentLog })).toBe(1);
    expect(await expireClearExports({ ...scene, log: silentLog })).toBe(0);
    await expect(confirm(late)).rejects.toMatchObject({ code: 'clear-export-decided' });
  });

  test('are kept from who writes to the database past the program', async () => {
    const { clearExportId: id } = await propose();
    const at = new Date(scene.clock.now()).toISOString();
    const decision = (actor: string) =>
      inParty(tx =>
        sql`insert into clear_export_decision (clear_export_id, party_id, decision, actor, note, beyond_day, at, take_until)
          values (${id}, ${scene.partyId}, 'confirmed', ${actor}, '', false, ${at}::text::timestamptz,
            ${at}::text::timestamptz + interval '1 hour')`.execute(tx),
      );
    for (const actor of ['person/officer', 'person/clerk', 'person/nobody', 'key/lead'])
      await expect(decision(actor)).rejects.toThrow('by two persons');
    const taking = (actor: string) =>
      inParty(tx =>
        sql`insert into clear_export_take (clear_export_id, party_id, actor, at)
          values (${id}, ${scene.partyId}, ${actor}, ${at}::text::timestamptz)`.execute(tx),
      );
    await expect(taking('person/officer')).rejects.toThrow('as another confirmed it');
    await confirm(id);
    await expect(taking('person/lead')).rejects.toThrow('as another confirmed it');
    await taking('person/officer');
    await expect(inParty(tx => sql`update clear_export set why = 'other'`.execute(tx))).rejects.toThrow();
  });
});

describe('an export of more persons than one reader sees on a day', () => {
  beforeAll(() => begin(MOST + 2), 60_000);
  afterAll(() => scene.close());

  const look = (handle: string) =>
    lookAt(
      scene,
      scene.editions,
      { ...scene.hand(), reader: 'person/officer' },
      tx => personSeen(tx, handle),
      {
        ...{ purpose: 'real-name', use: 'case-work', caseId: null },
      } as const,
    );

  test('is confirmed only by a second person who says so, and leaves the day as it was', async () => {
    const { clearExportId: id } = await propose();
    await expect(confirm(id)).rejects.toMatchObject({
      code: 'clear-export-beyond-day',
      detail: { persons: MOST + 2, most: MOST },
    });
    await confirm(id, { isBeyondDay: true, note: 'the court asks for all' });
    await take(id);
    const { rows } = await sql<{ looks: number }>`select count(*) as looks from vault_look`.execute(
      scene.db.owner,
    );
    expect(rows[0]?.looks).toBe(MOST + 2);
    const confirmed = (await scene.acts()).find(each => each.act === 'clear-export-confirmed');
    expect(JSON.parse(confirmed?.entry ?? '').detail).toMatchObject({ beyondDay: true, persons: MOST + 2 });
  });

  test('is refused, with the alarm, when the day was used up by others and nobody let it go beyond', async () => {
    scene.clock.advance(DAY_MS);
    const before = handles.slice(0, MOST);
    const document = { kind: 'passport' as const, number: 'P99999' };
    const told = { kind: 'natural' as const, name: 'One more', document };
    const { handle } = await registerPerson(scene, scene.hand(), told);
    scene.clock.advance(60_000);
    for (const each of before) await look(each);
    const toMs = scene.clock.now();
    const asked = { period: { fromMs: toMs - 120_000, toMs }, format: 'csv' } as const;
    const { clearExportId: id, persons } = await proposeClearExport(
      handOf('officer'),
      door(),
      asked,
      grounds,
    );
    expect([persons, handle]).toEqual([1, expect.any(String)]);
    await confirm(id);
    await expect(take(id)).rejects.toMatchObject({ code: 'look-limit-reached' });
    expect(await acts()).toMatchObject({ 'regulator-export-refused': 1 });
    expect((await scene.acts()).map(each => each.act)).toContain('personal-data-bulk-read-alarm');
  });
});

const LASTS = ['confirmed', 'expired', 'refused', 'withdrawn'] as const;
type Last = (typeof LASTS)[number];

/** Each act as its caller would try it, again after a restart; what was done before is refused and changes nothing. */
async function walk(database: Database, last: Last): Promise<void> {
  const again = async (work: Promise<unknown>) =>
    await work.catch(thrown => {
      if (!isRefusal(thrown)) throw thrown;
    });
  const newest = async () => (await inParty(tx => listClearExports(tx, undefined, null, 1)))[0];
  if ((await newest()) === undefined) await again(propose('officer', database));
  const { clearExportId: id } = (await newest()) as ClearExport;
  if (last === 'expired') scene.clock.advance(PROPOSAL_WAIT_MS);
  else if (last === 'confirmed')
    await again(inParty(tx => confirmClearExport(tx, id, NO_DAY, deed('lead')), database));
  else {
    const by = last === 'refused' ? 'lead' : 'officer';
    await again(inParty(tx => endClearExport(tx, id, last, 'no', deed(by)), database));
  }
  await expireClearExports({ ...scene, database, log: silentLog });
  if (last === 'confirmed') await again(take(id, 'officer', database));
}

/** What must be there once; looks and beginnings may be more. */
async function count(): Promise<object> {
  const { rows } = await sql<object>`select
    (select count(*)::int from clear_export) as proposals,
    (select array_agg(decision) from clear_export_decision) as decisions,
    (select count(*)::int from clear_export_given) as given`.execute(scene.db.owner);
  const told = Object.entries(await acts());
  return { ...rows[0], told: told.filter(([act]) => !/refused$|begun$|broken$/.test(act)).sort() };
}

test.for(
  LASTS.flatMap(last =>
    (['not-written', 'answer-lost'] as const).map((fault): [Fault, Last] => [fault, last]),
  ),
)(
  'every transaction of an export in the clear, %s, %s, then a restart: each once',
  { timeout: 240_000 },
  async ([fault, last]) => {
    await begin(1);
    await walk(scene.database, last);
    const wanted = await count();
    await scene.close();
    expect(wanted).toMatchObject({ proposals: 1, decisions: [last], given: last === 'confirmed' ? 1 : 0 });
    let n = 1;
    for (; ; n += 1) {
      await begin(1);
      const broken = breakTransaction(scene.database, n, fault);
      await walk(broken, last).catch(cause => {
        if (!(cause instanceof Broken)) throw cause;
      });
      const isOver = !broken.didFail();
      if (!isOver) await walk(scene.database, last);
      const have = await count();
      await scene.close();
      expect(have, `transaction ${n}`).toEqual(wanted);
      if (isOver) break;
    }
    expect(n).toBeGreaterThan(last === 'confirmed' ? 6 : 3);
  },
);
