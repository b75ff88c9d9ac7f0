import { readFileSync } from 'node:fs';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestDatabase, testDatabase } from '../../kernel/database/test-database.ts';
import { DAY_MS, settableClock } from '../../kernel/time.ts';
import { drawSubjects } from '../../spine/views/registered.ts';
import {
  type AskedCampaign,
  beginCampaign,
  inspect,
  lapseOverdue,
  listSamples,
} from './campaigns/campaigns.ts';
import { type Doer, gapsAt, nameResponsible, proveDuty, setDuty } from './duties/duties.ts';
import { penaltiesAt, readDutyKinds, readPenalties } from './shelves.ts';

const shelf = (kind: string): string =>
  readFileSync(new URL(`../../../../content/catalogues/${kind}/cards.yaml`, import.meta.url), 'utf8');
const KINDS = readDutyKinds(shelf('duties'), 'cards');
const NOW_MS = Date.parse('2026-03-01T00:00:00Z');
const PROOF = 'a'.repeat(64);

let db: TestDatabase;
const clock = settableClock(NOW_MS);
const doors = () => ({ database: db.database, clock });
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(async () => db?.close());

async function party(name: string): Promise<Doer> {
  const { rows } = await sql<{ id: number }>`
    select found_party(null, 'operator', ${name}, ${name}, now()) as id`.execute(db.corridor);
  return { partyId: rows[0]?.id as number, label: 'person/one' };
}

describe('the chain of responsibility (C-48)', () => {
  it('a gap is wherever nobody answers, or too late; a duty proven closes it', async () => {
    const doer = await party('chain');
    const name = (
      level: 'operator' | 'seller' | 'unit' | 'user',
      above: number | null,
      agreement: string | null,
    ) => nameResponsible(doors(), doer, { level, reference: level, title: level, aboveId: above, agreement });
    const gaps = async () =>
      (await db.database.door(doer.partyId, tx => gapsAt(tx, clock.now(), KINDS, 100))).map(each =>
        `${each.reference} ${each.what} ${each.duty ?? ''}`.trim(),
      );
    const operator = await name('operator', null, null);
    expect(await gaps()).toEqual([
      'operator duty-missing monitoring',
      'operator duty-missing risk-assessment',
    ]);
    const user = await name('user', operator.responsibleId, ' ');
    const due = { dueAtMs: NOW_MS + DAY_MS, substituteId: null };
    const set = (kind: string, ownerId: string | null, responsibleId = operator.responsibleId) =>
      setDuty(doors(), doer, KINDS, { ...due, responsibleId, kind, ownerId });
    const one = await set('monitoring', 'person/one');
    await set('risk-assessment', null);
    expect(await gaps()).toEqual([
      'operator no-owner risk-assessment',
      'user duty-missing contracted-use',
      'user level-skipped',
      'user no-agreement',
    ]);
    await expect(set('sale-returns', 'person/one')).rejects.toMatchObject({ code: 'duty-kind-unknown' });
    await expect(
      setDuty(doors(), doer, KINDS, {
        ...due,
        dueAtMs: NOW_MS,
        responsibleId: user.responsibleId,
        kind: 'contracted-use',
        ownerId: null,
      }),
    ).rejects.toMatchObject({ code: 'duty-due-past' });
    clock.set(NOW_MS + DAY_MS);
    expect(await gaps()).toContain('operator overdue monitoring');
    await expect(proveDuty(doors(), doer, one.dutyId, '')).rejects.toMatchObject({
      code: 'duty-proof-missing',
    });
    const tries = await Promise.allSettled([
      proveDuty(doors(), doer, one.dutyId, PROOF),
      proveDuty(doors(), doer, one.dutyId, PROOF),
    ]);
    expect(tries.map(each => each.status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await gaps()).not.toContain('operator overdue monitoring');
    const stranger = await party('stranger');
    await expect(proveDuty(doors(), stranger, one.dutyId, PROOF)).rejects.toMatchObject({
      code: 'duty-unknown',
    });
    clock.set(NOW_MS);
  });
});

describe('a yearly inspection (C-49)', () => {
  const asked: AskedCampaign = { title: '2026', year: 2026, size: 10, dueAtMs: NOW_MS + 30 * DAY_MS };
  async function fleet(doer: Doer): Promise<void> {
    await sql`insert into subject (party_id, kind, reference)
      select ${doer.partyId}, 'card', '898600' || (1000000000000 + n) from generate_series(1, 100) n`.execute(
      db.corridor,
    );
  }
  async function closed(doer: Doer, atMs: number): Promise<number> {
    const { rows } = await sql<{ n: number }>`
      select count(*) as n from dated_fact where party_id = ${doer.partyId} and kind like 'lapse/%' and retired_at is null
        and valid_from <= to_timestamp(${atMs} / 1000.0) and valid_to > to_timestamp(${atMs} / 1000.0)`.execute(
      db.corridor,
    );
    return rows[0]?.n as number;
  }

  it('draws by a seed on record: the same seed draws the same cards, another draws others', async () => {
    const doer = await party('drawn');
    await fleet(doer);
    const [one, two] = [await beginCampaign(doors(), doer, asked), await beginCampaign(doors(), doer, asked)];
    const cards = async (id: number) =>
      (await db.database.door(doer.partyId, tx => listSamples(tx, id, 0, 100))).map(each => each.card).sort();
    const again = await db.database.door(doer.partyId, tx =>
      drawSubjects(tx, {
        partyId: doer.partyId,
        kind: 'card',
        under: null,
        seed: one.seed,
        size: 10,
        atMs: NOW_MS,
      }),
    );
    expect(await cards(one.campaignId)).toEqual(again.sort());
    expect(await cards(two.campaignId)).not.toEqual(again);
    const { rows } = await sql<{ entry: Buffer }>`
      select entry from ledger_stage where object = ${`inspection/${one.campaignId}`}`.execute(db.corridor);
    expect(rows[0]?.entry.toString()).toContain(one.seed);
  });

  it('closes what was not inspected in time, once, and opens it when it passes with evidence', async () => {
    const doer = await party('lapsed');
    await fleet(doer);
    const { campaignId } = await beginCampaign(doors(), doer, asked);
    const samples = await db.database.door(doer.partyId, tx => listSamples(tx, campaignId, 0, 100));
    const [first, second] = samples.map(each => each.sampleId) as [number, number];
    await expect(inspect(doors(), doer, first, { result: 'passed' })).rejects.toMatchObject({
      code: 'sample-evidence-missing',
    });
    await inspect(doors(), doer, first, { result: 'passed', evidence: PROOF });
    await inspect(doors(), doer, second, { result: 'failed' });
    expect(await closed(doer, NOW_MS)).toBe(1);
    clock.set(asked.dueAtMs);
    const rounds = await Promise.all([lapseOverdue(doors()), lapseOverdue(doors())]);
    expect(await lapseOverdue(doors())).toBe(0);
    expect(rounds[0] + rounds[1]).toBeGreaterThanOrEqual(8);
    expect(await closed(doer, asked.dueAtMs)).toBe(9);
    clock.advance(DAY_MS);
    await inspect(doors(), doer, second, { result: 'passed', evidence: PROOF });
    expect(await closed(doer, clock.now())).toBe(8);
    expect(await closed(doer, asked.dueAtMs)).toBe(9);
    clock.set(NOW_MS);
  });

  it('is not begun for the past, for nobody, or without an end in sight', async () => {
    const doer = await party('none');
    for (const dueAtMs of [NOW_MS, NOW_MS + 400 * DAY_MS])
      await expect(beginCampaign(doors(), doer, { ...asked, dueAtMs })).rejects.toMatchObject({
        code: 'campaign-term-invalid',
      });
    await expect(beginCampaign(doors(), doer, asked)).rejects.toMatchObject({ code: 'campaign-empty' });
  });
});

it('penalties are those in force at the time of the act (C-52)', () => {
  const all = readPenalties(shelf('penalties'), 'cards');
  const at = (text: string) => penaltiesAt(all, Date.parse(text)).map(each => each.id);
  expect(at('2022-11-30T23:59:59+08:00')).toEqual(['csl-real-name']);
  expect(at('2022-12-01T00:00:00+08:00')).toContain('anti-fraud-39-serious');
  expect(at('2026-01-01T00:00:00+08:00')).not.toContain('csl-real-name');
  expect(() => readPenalties(shelf('penalties').replace('standing: read, who', 'who'), 'cards')).toThrow(
    'responsibility-shelf-invalid',
  );
});
