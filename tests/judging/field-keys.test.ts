import { readFileSync } from 'node:fs';
import { sql } from 'kysely';
import { afterAll, describe, expect, it } from 'vitest';
import { gatherEvidence } from '../../server/src/spine/evidence.ts';
import { MOST_BEARERS } from '../../server/src/spine/keys/key-records.ts';
import { type EvidenceFolder, rejudge } from '../../server/src/spine/rejudging.ts';
import { backTestedIds, openStoredCorridor, type StoredCorridor } from './stored-corridor.ts';
import { TWO_CARDS } from './two-cards.ts';
import { shippedText, soundRule } from './world.ts';

const CLASSES = readFileSync(
  new URL('../../content/catalogues/card-classes/cards.yaml', import.meta.url),
  'utf8',
);
const NOW = Date.UTC(2026, 10, 20);
const DAY = Date.UTC(2026, 10, 10);
const HOUR = 3_600_000;
const [A, B, C] = ['8986011000000000001', '8986011000000000019', '8986011000000000027'] as const;
const IMEI = '35752007426533';

const opened: StoredCorridor[] = [];
afterAll(() => Promise.all(opened.map(each => each.close())));

const table = (iccids: readonly string[]): string =>
  `iccid,class\n${iccids.map(id => `${id},other`).join('\n')}\n`;
const told = (iccid: string, hour: number, imei: string = IMEI): string =>
  `${iccid},,,${new Date(DAY + hour * HOUR).toISOString()},10,10,${imei}`;
const at = (hour: number): string => new Date(DAY + hour * HOUR).toISOString().slice(0, 13);

async function open(hasMemory = true): Promise<{ corridor: StoredCorridor; source: number }> {
  const corridor = await openStoredCorridor([TWO_CARDS], CLASSES, NOW, hasMemory);
  opened.push(corridor);
  await corridor.importCards(table([A, B, C]));
  return { corridor, source: await corridor.source() };
}

async function feed(corridor: StoredCorridor, source: number, ...rows: readonly string[]): Promise<void> {
  await corridor.feed(source, rows);
  await corridor.judge();
}

describe('a rule keyed by a field', () => {
  it('finds live that two cards share a device, on the card whose record completed it, in any order', async () => {
    const ids: string[][] = [];
    for (const order of [
      [0, 1, 2],
      [2, 0, 1],
      [1, 2, 0],
    ]) {
      const { corridor, source } = await open();
      const rows = [told(A, 1), told(B, 2), told(A, 3)];
      for (const i of order) await feed(corridor, source, rows[i] as string);
      expect(await corridor.standing()).toEqual([`two-cards ${A} ${at(3)}`, `two-cards ${B} ${at(2)}`]);
      ids.push(await corridor.standingIds('two-cards', 0, NOW));
    }
    expect(ids[1]).toEqual(ids[0]);
    expect(ids[2]).toEqual(ids[0]);
  }, 60_000);

  it('goes on from what it remembers, after a restart too, and after a lost answer from what is stored', async () => {
    const { corridor, source } = await open();
    await feed(corridor, source, told(A, 1));
    expect(corridor.rememberedKeys()).toBe(1);
    await feed(corridor, source, told(B, 2));
    await corridor.keep();
    await corridor.recall();
    expect(corridor.rememberedKeys()).toBe(1);
    await feed(corridor, source, told(A, 3));
    await corridor.feed(source, [told(B, 4)]);
    await corridor.judge('answer-lost');
    await corridor.feed(source, [told(A, 5)]);
    await corridor.judge('not-written');
    expect(await corridor.standing()).toEqual([
      ...[3, 5].map(hour => `two-cards ${A} ${at(hour)}`),
      ...[2, 4].map(hour => `two-cards ${B} ${at(hour)}`),
    ]);
  });

  it('judges under the terms of each card, changed afterwards too', async () => {
    const { corridor, source } = await open();
    await feed(corridor, source, told(A, 1), told(B, 2));
    await corridor.importCards(`iccid,class,cap_bytes\n${B},other,10\n`);
    await corridor.judge();
    expect(await corridor.standing()).toEqual([]);
    await corridor.importCards(`iccid,class,cap_bytes\n${B},other,5000\n`);
    await corridor.judge();
    expect(await corridor.standing()).toEqual([`two-cards ${B} ${at(2)}`]);
    // A record that comes in order is judged under the terms of now, not under those remembered.
    await corridor.importCards(
      `iccid,class,cap_bytes,from\n${A},other,10,${new Date(DAY + 3 * HOUR).toISOString()}\n`,
    );
    await corridor.judge();
    await feed(corridor, source, told(A, 4));
    await feed(corridor, source, told(B, 5));
    expect(await corridor.standing()).toEqual([`two-cards ${B} ${at(2)}`, `two-cards ${B} ${at(5)}`]);
  });

  it('follows an identifier that moves to another card, or to nobody', async () => {
    const { corridor, source } = await open();
    const imsi = '460011234567890';
    const named = (iccid: string, from: number, to: number) =>
      corridor.importCards(
        `iccid,class,imsi,from,to\n${iccid},other,${imsi},${new Date(DAY + from * HOUR).toISOString()},${new Date(DAY + to * HOUR).toISOString()}\n`,
      );
    await named(A, 0, 9);
    await feed(
      corridor,
      source,
      told(B, 1),
      `,${imsi},,${new Date(DAY + 2 * HOUR).toISOString()},1,1,${IMEI}`,
    );
    expect(await corridor.standing()).toEqual([`two-cards ${A} ${at(2)}`]);
    // The record is of no card any more.
    await named(A, 0, 1);
    await corridor.judge();
    expect(await corridor.standing()).toEqual([]);
    // It is of another card: another finding, on that one.
    await named(C, 1, 9);
    await corridor.judge();
    expect(await corridor.standing()).toEqual([`two-cards ${C} ${at(2)}`]);
    // It is of the very card that came first, and they were never two.
    await named(C, 1, 2);
    await named(B, 2, 9);
    await corridor.judge();
    expect(await corridor.standing()).toEqual([]);
  });

  it('counts no card of another party, though one source tells of both', async () => {
    const { corridor, source } = await open();
    const [one, other] = [await corridor.partyBelow(), await corridor.partyBelow()];
    const [D, E, F] = ['8986011000000000035', '8986011000000000043', '8986011000000000050'];
    await corridor.importCards(table([D, F]), one);
    await corridor.importCards(table([E]), other);
    await feed(corridor, source, told(D, 1), told(E, 2));
    await feed(corridor, source, told(D, 3), told(E, 4));
    expect(await corridor.standing()).toEqual([]);
    await feed(corridor, source, told(F, 5));
    expect(await corridor.standing()).toEqual([`two-cards ${F} ${at(5)}`]);
    const { rows } = await corridor.database.corridor(tx =>
      sql<{ key: string; party: number }>`select key, party_id as party from finding`.execute(tx),
    );
    expect(rows).toEqual([{ key: `party/${one}/imei/${IMEI}`, party: one }]);
    expect(await backTested(corridor)).toEqual(await corridor.standingIds('two-cards', 0, NOW));
  });

  it('armed later judges what was stored before, and a card registered later counts with its past', async () => {
    const corridor = await openStoredCorridor([], CLASSES, NOW);
    opened.push(corridor);
    await corridor.importCards(table([A]));
    const source = await corridor.source();
    await feed(corridor, source, told(A, 1), told(B, 2), told(A, 3));
    await corridor.arm(TWO_CARDS);
    await corridor.judge();
    expect(await corridor.standing()).toEqual([]);
    await corridor.importCards(table([B]));
    await corridor.judge();
    expect(await corridor.standing()).toEqual([`two-cards ${A} ${at(3)}`, `two-cards ${B} ${at(2)}`]);
    expect(await backTested(corridor)).toEqual(await corridor.standingIds('two-cards', 0, NOW));
  });

  it('finds nothing under a value that very many cards bear, says so, and leaves what was found', async () => {
    const { corridor, source } = await open();
    await feed(corridor, source, told(A, 1), told(B, 2));
    const many = Array.from({ length: MOST_BEARERS }, (_, i) => `8986012${String(i).padStart(12, '0')}`);
    await corridor.importCards(table(many));
    await feed(corridor, source, ...many.map((iccid, i) => told(iccid, 3 + i / 100)));
    expect(corridor.leftOut.map(each => each.why)).toContain('key-crowded');
    const before = corridor.leftOut.length;
    await feed(corridor, source, told(A, 10), told(A, 11, '86012345000001'), told(B, 12, '86012345000001'));
    expect(corridor.leftOut.length).toBeGreaterThan(before);
    expect(await corridor.standing()).toEqual([`two-cards ${B} ${at(2)}`, `two-cards ${B} ${at(12)}`]);
  }, 60_000);

  it('bears a long value', async () => {
    const byApn = { id: TWO_CARDS.id, text: TWO_CARDS.text.replaceAll('imei', 'apn') };
    const corridor = await openStoredCorridor([byApn], CLASSES, NOW);
    opened.push(corridor);
    await corridor.importCards(table([A, B]));
    const columns = { iccid: 'iccid', time: 'time', apn: 'apn' };
    const source = await corridor.source({ mapping: { columns, time: ['iso'] } });
    const apn = Array.from({ length: 50 }, (_, i) => `net${i}`).join('.');
    for (const [i, iccid] of [A, B, A].entries()) {
      const row = `${iccid},${new Date(DAY + i * HOUR).toISOString()},${apn}`;
      await corridor.feed(source, [row], 'iccid,time,apn');
      await corridor.judge();
    }
    expect(await corridor.standing()).toEqual([`two-cards ${A} ${at(2)}`, `two-cards ${B} ${at(1)}`]);
    await corridor.importCards(`iccid,class,cap_bytes\n${A},other,10\n`);
    await corridor.judge();
    expect(await corridor.standing()).toEqual([`two-cards ${B} ${at(1)}`]);
  });
});

describe('the evidence of a finding under a field', () => {
  it('holds whoever lies under the key, and repeats the verdict from nothing else', async () => {
    const { corridor, source } = await open();
    const elsewhere = told(B, 2, '86012345000001');
    await feed(corridor, source, told(A, 0), told(C, 1), elsewhere, told(A, 3));
    const whole = await folderOf(corridor);
    expect(whole.restrictions.others.map(each => each.subjectId)).toHaveLength(1);
    expect(whole.observations).toHaveLength(3);
    const again = rejudge(whole, corridor.contributions());
    expect(again.findings).toMatchObject([{ isRepeated: true, hasSameInputs: true }]);
    expect(again.isGood).toBe(true);
    const less = { ...whole, observations: whole.observations.slice(1) };
    expect(rejudge(less, corridor.contributions()).findings).toMatchObject([{ hasSameInputs: false }]);
    const alone = { ...whole, restrictions: { ...whole.restrictions, others: [] } };
    expect(rejudge(alone, corridor.contributions()).isGood).toBe(false);
    await corridor.importCards(`iccid,class,cap_bytes\n${A},other,10\n`);
    await corridor.judge();
    expect(rejudge(await folderOf(corridor), corridor.contributions())).toMatchObject({
      isGood: true,
      findings: [{ standing: 'withdrawn', isRepeated: false }],
    });
  });
});

/** The evidence of the case of card A, as a folder holds it. */
async function folderOf(corridor: StoredCorridor): Promise<EvidenceFolder> {
  const ledger = {
    proofs: async () => ({ items: [], salts: [], next: null }),
    checkpoint: async () => null,
    verifierKey: () => '',
  };
  const { rows } = await corridor.database.corridor(tx =>
    sql<{ id: number }>`
      select c.case_id as id from incident c join subject s using (subject_id) where s.reference = ${A}`.execute(
      tx,
    ),
  );
  const evidence = await corridor.database.door(corridor.partyId, tx =>
    gatherEvidence(tx, { ledger, contributions: corridor.contributions() }, rows[0]?.id ?? 0),
  );
  return JSON.parse(
    JSON.stringify({ ...evidence, rules: evidence.rules.map(rule => rule.text), entries: [] }),
  );
}

describe('one device with many cards, as it ships', () => {
  it('judges live and opens a case on the card that completed it', async () => {
    const id = 'one-imei-many-cards';
    const corridor = await openStoredCorridor([id], CLASSES, NOW);
    opened.push(corridor);
    await corridor.importCards(table([A, B, C]));
    const source = await corridor.source();
    for (const [i, iccid] of [A, B, C, A, B, C, A].entries()) await feed(corridor, source, told(iccid, i));
    expect(await corridor.standing()).toEqual([`${id} ${A} ${at(6)}`]);
    const { rows } = await corridor.database.corridor(tx =>
      sql<{ reference: string }>`
        select s.reference from incident c join subject s using (subject_id) where c.rule_id = ${id}`.execute(
        tx,
      ),
    );
    expect(rows).toEqual([{ reference: A }]);
    expect(await backTested(corridor, id, shippedText(id))).toEqual(await corridor.standingIds(id, 0, NOW));
  });
});

function backTested(corridor: StoredCorridor, id: string = TWO_CARDS.id, text: string = TWO_CARDS.text) {
  return backTestedIds(corridor, soundRule(text, id), NOW);
}
