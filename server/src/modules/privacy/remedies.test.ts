import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../kernel/database/test-database.ts';
import { type RootKeyFile, rootKeyFile } from '../../kernel/seal/root-keys.ts';
import { DAY_MS, HOUR_MS } from '../../kernel/time.ts';
import { clocksOf } from '../../spine/clocks/store.ts';
import { liftMeasure } from '../../spine/measures/lift.ts';
import type { Measure, MeasureState } from '../../spine/measures/measure.ts';
import { moveMeasure } from '../../spine/measures/move.ts';
import { orderMeasure } from '../../spine/measures/order.ts';
import { putProvider } from '../../spine/measures/providers/store.ts';
import { lockMeasure, measuresOfCase } from '../../spine/measures/store.ts';
import { makeScene, type Scene } from '../../spine/measures/testing/scene.ts';
import type { RouteHand } from '../../spine/module-route.ts';
import { answerAppeal, liftUpheld, noticeOfCode, receiveAppeal } from './appeals.ts';
import { missReports, reportAcknowledged, reportSent, writeReport } from './authority-reports.ts';
import { readPersonalDataRules } from './catalogue.ts';
import {
  answerCreditAppeal,
  appealCredit,
  endCredit,
  enterCredit,
  monthsAfter,
  repairCredit,
} from './credit.ts';
import {
  acknowledgeReport,
  answerReport,
  missInformants,
  receiveReport,
  reportOfReceipt,
} from './informants.ts';
import { issueNotices, noticeSent, noticeWithCode } from './notices.ts';
import { passOpenDoor } from './open-doors.ts';
import { registerPerson, verifyIdentity } from './persons.ts';
import { reVerificationById } from './re-verify/store.ts';
import {
  askReVerification,
  identityVerifiedAgain,
  lapseReVerifications,
  reVerificationFailed,
  scenarioVerifiedAgain,
} from './re-verify.ts';
import { noticesPage } from './remedies/store.ts';
import { RULES_TEXT } from './testing/privacy-scene.ts';
import { openVault, type Vault } from './vault.ts';

const kind = { kind: 'suspend-card', applies: 'suspend', lifts: 'resume', terms: {} };
const editions = [readPersonalDataRules(RULES_TEXT, 'test')];
const folder = mkdtempSync(join(tmpdir(), 'remedies-'));
let db: TestDatabase;
let scene: Scene;
let rootKeys: RootKeyFile;
let vault: Vault;
let caseId: number;

beforeAll(async () => {
  db = await testDatabase();
  rootKeys = rootKeyFile(join(folder, 'vault.keys'));
});
afterAll(async () => {
  await db.close();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  scene = await makeScene(db.database, { url: 'http://127.0.0.1:9', kinds: [kind], adapters: {} });
  vault = await openVault({ database: db.database, clock: scene.clock, rootKeys });
  caseId = (await scene.raise(scene.finding(`n${scene.subjectId}`)))!.case.caseId;
});

const hand = (actor = 'person/officer') => ({ partyId: scene.partyId, actor, atMs: scene.clock.now() });
const doors = () => ({ ...scene.works, desk: scene.works, rootKeys }) as unknown as RouteHand;
const inDoor = <T>(work: Parameters<typeof db.database.door<T>>[1]): Promise<T> =>
  db.database.door(scene.partyId, work);
const entries = async (act: string): Promise<Array<Record<string, unknown>>> => {
  const { rows } = await sql<{
    entry: Buffer;
  }>`select entry from ledger_stage where act = ${act} and party_id = ${scene.partyId} order by stage_id`.execute(
    db.owner,
  );
  return rows.map(row => JSON.parse(row.entry.toString('utf8')) as Record<string, unknown>);
};

async function order(actor = 'person/decider'): Promise<Measure> {
  const { measure } = await inDoor(tx =>
    orderMeasure(tx, scene.works, caseId, { kind: kind.kind }, hand(actor)),
  );
  return measure;
}
async function move(measureId: number, ...states: MeasureState[]): Promise<void> {
  for (const state of states)
    await db.database.corridor(async tx => {
      const held = (await lockMeasure(tx, measureId)) as Measure;
      await moveMeasure(
        tx,
        held,
        state,
        hand('corridor'),
        {},
        state === 'effective' ? scene.clock.now() : null,
      );
    });
}
const stateOf = async (measureId: number): Promise<MeasureState> =>
  (await db.database.corridor(tx => measuresOfCase(tx, caseId))).find(each => each.measureId === measureId)!
    .state;
const notice = async () => {
  await issueNotices(doors(), editions);
  const [first] = await inDoor(tx => noticesPage(tx, caseId, null, 10));
  return inDoor(tx => noticeWithCode(tx, vault, first!.noticeId));
};
const words = { text: 'Li Xiaolong says the card is in the lift of block 9', contact: 'li@private.example' };

describe('a restriction', () => {
  test('has one notice with reason, remedy channel and documents in both languages, also with two issuers at once (C-45)', async () => {
    await order();
    await Promise.all([issueNotices(doors(), editions), issueNotices(doors(), editions)]);
    const rows = await inDoor(tx => noticesPage(tx, caseId, null, 10));
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({
      remedy: { en: 'Appeal here', zh: '在此申诉' },
      documents: [{ en: 'Identity document' }],
    });
    expect(rows[0]!.reason.zh).not.toBe('');
    await inDoor(tx => noticeSent(tx, scene.works, hand(), rows[0]!.noticeId, { channel: 'letter' }));
    const clock = (await db.database.corridor(tx => clocksOf(tx, caseId))).find(
      each => each.clockId === 'card-restriction-notice',
    );
    expect(clock?.state).toBe('met');
    await expect(
      inDoor(tx => noticeSent(tx, scene.works, hand(), rows[0]!.noticeId, { channel: 'sms' })),
    ).rejects.toMatchObject({ code: 'notice-sent' });
  });

  test('is appealed by its code, and the upheld appeal orders the lifting itself (C-45)', async () => {
    const measure = await order();
    await move(measure.measureId, 'accepted', 'effective');
    const { code } = await notice();
    const lax = ` ${code.toLowerCase().replaceAll('-', ' ')} `;
    const found = await db.database.corridor(tx => noticeOfCode(tx, vault, lax));
    expect(found.measureId).toBe(measure.measureId);
    await expect(
      db.database.corridor(tx => noticeOfCode(tx, vault, '0000-0000-0000-0000')),
    ).rejects.toMatchObject({ code: 'code-invalid' });
    const appeal = await db.database.corridor(tx =>
      receiveAppeal(tx, scene.works, vault, hand('remedy-notice/1'), caseId, 'code', words),
    );
    expect(appeal.dueAtMs).toBeGreaterThan(scene.clock.now());
    await expect(
      db.database.corridor(tx => receiveAppeal(tx, scene.works, vault, hand(), caseId, 'desk', words)),
    ).rejects.toMatchObject({ code: 'appeal-running' });
    const answer = { outcome: 'upheld' as const, reason: 'The lift is where it was' };
    await expect(
      inDoor(tx => answerAppeal(tx, scene.works, vault, hand('person/decider'), appeal.appealId, answer)),
    ).rejects.toMatchObject({ code: 'appeal-own-decision' });
    await inDoor(tx => answerAppeal(tx, scene.works, vault, hand(), appeal.appealId, answer));
    expect(await stateOf(measure.measureId)).toBe('lift-ordered');
    await expect(
      inDoor(tx => answerAppeal(tx, scene.works, vault, hand(), appeal.appealId, answer)),
    ).rejects.toMatchObject({ code: 'appeal-answered' });
  });

  test('that was still on its way when its appeal was upheld is lifted as soon as it can be, and once', async () => {
    const measure = await order();
    const appeal = await inDoor(tx => receiveAppeal(tx, scene.works, vault, hand(), caseId, 'desk', words));
    await inDoor(tx =>
      answerAppeal(tx, scene.works, vault, hand(), appeal.appealId, { outcome: 'upheld', reason: 'x' }),
    );
    expect(await stateOf(measure.measureId)).toBe('ordered');
    await liftUpheld(doors());
    expect(await stateOf(measure.measureId)).toBe('ordered');
    await move(measure.measureId, 'accepted', 'effective');
    await liftUpheld(doors());
    expect(await stateOf(measure.measureId)).toBe('lift-ordered');
    // Refused by the provider: it escalates, and is not ordered every few seconds.
    await move(measure.measureId, 'effective');
    await liftUpheld(doors());
    expect(await stateOf(measure.measureId)).toBe('effective');
  });
});

describe('verifying again', () => {
  const ask = () =>
    inDoor(tx =>
      askReVerification(tx, scene.works, hand(), caseId, { reason: 'abroad', onLapse: kind.kind }),
    );
  const holder = async () =>
    registerPerson({ database: db.database, clock: scene.clock, rootKeys }, hand(), {
      kind: 'unit',
      name: 'Lift Works',
      document: { kind: 'organisation-registration', number: `LW${1000 + scene.subjectId}` },
    });
  const verify = (who: Awaited<ReturnType<typeof holder>>) =>
    verifyIdentity({ database: db.database, clock: scene.clock, rootKeys }, editions, hand(), who.handle, {
      documentId: who.documentId,
      outcome: 'verified',
      method: 'in-person',
    });

  test('takes identity and scenario within the clock of the catalogue; then nothing is suspended (C-46)', async () => {
    const who = await holder();
    await verify(who);
    scene.clock.advance(1_000);
    const asked = await ask();
    expect(asked.dueAtMs - asked.askedAtMs).toBe(24 * HOUR_MS);
    await expect(ask()).rejects.toMatchObject({ code: 're-verification-running' });
    const id = asked.reVerificationId;
    // A verification from before it was asked for is none.
    await expect(
      inDoor(tx => identityVerifiedAgain(tx, scene.works, hand(), id, who.handle)),
    ).rejects.toMatchObject({ code: 'verification-missing' });
    scene.clock.advance(HOUR_MS);
    await verify(who);
    expect((await inDoor(tx => identityVerifiedAgain(tx, scene.works, hand(), id, who.handle))).state).toBe(
      'running',
    );
    expect((await inDoor(tx => scenarioVerifiedAgain(tx, scene.works, hand(), id, undefined))).state).toBe(
      'passed',
    );
    scene.clock.advance(2 * DAY_MS);
    await lapseReVerifications(doors());
    expect(await db.database.corridor(tx => measuresOfCase(tx, caseId))).toEqual([]);
  });

  test('that nobody did suspends on lapse, once with two at work, and is lifted when it was done late (L-53)', async () => {
    const who = await holder();
    const asked = await ask();
    await lapseReVerifications(doors());
    expect(await db.database.corridor(tx => measuresOfCase(tx, caseId))).toEqual([]);
    scene.clock.advance(DAY_MS + 1);
    await Promise.all([lapseReVerifications(doors()), lapseReVerifications(doors())]);
    const [measure, ...more] = await db.database.corridor(tx => measuresOfCase(tx, caseId));
    expect(more).toEqual([]);
    await move(measure!.measureId, 'accepted', 'effective');
    await verify(who);
    await inDoor(tx =>
      scenarioVerifiedAgain(tx, scene.works, hand(), asked.reVerificationId, 'a'.repeat(64)),
    );
    const done = await inDoor(tx =>
      identityVerifiedAgain(tx, scene.works, hand(), asked.reVerificationId, who.handle),
    );
    expect(done.state).toBe('passed-late');
    expect(await stateOf(measure!.measureId)).toBe('lift-ordered');
  });

  test('passed before the provider took the order is lifted as soon as it did; another reason’s measure stays', async () => {
    const who = await holder();
    const asked = await ask();
    scene.clock.advance(DAY_MS + 1);
    await lapseReVerifications(doors());
    const [measure] = await db.database.corridor(tx => measuresOfCase(tx, caseId));
    await verify(who);
    await inDoor(tx => scenarioVerifiedAgain(tx, scene.works, hand(), asked.reVerificationId, undefined));
    await inDoor(tx => identityVerifiedAgain(tx, scene.works, hand(), asked.reVerificationId, who.handle));
    expect(await stateOf(measure!.measureId)).toBe('ordered');
    await move(measure!.measureId, 'accepted');
    await lapseReVerifications(doors());
    expect(await stateOf(measure!.measureId)).toBe('lift-ordered');
    await lapseReVerifications(doors());
  });

  test('failed orders at once; what stood before for another reason is not its own to lift', async () => {
    const before = await order();
    await move(before.measureId, 'accepted', 'effective');
    const asked = await ask();
    const failed = await inDoor(tx =>
      reVerificationFailed(tx, scene.works, hand(), asked.reVerificationId, 'a stranger'),
    );
    expect([failed.state, failed.measureId]).toEqual(['failed', null]);
    expect(await stateOf(before.measureId)).toBe('effective');
    await inDoor(tx => liftMeasure(tx, scene.works, before.measureId, 'x', hand()));
  });

  test('whose measure cannot be ordered says why and tries again', async () => {
    const asked = await ask();
    const settings = { url: 'http://127.0.0.1:9', dueMs: HOUR_MS, quietMs: HOUR_MS };
    await sql`delete from provider where party_id = ${scene.partyId}`.execute(db.owner);
    const state = async () =>
      (await db.database.corridor(tx => reVerificationById(tx, asked.reVerificationId)))!;
    scene.clock.advance(DAY_MS + 1);
    await lapseReVerifications(doors());
    await lapseReVerifications(doors());
    expect(await state()).toMatchObject({ state: 'lapsed', notOrdered: 'provider-missing', measureId: null });
    expect(await entries('re-verification-measure-not-ordered')).toHaveLength(1);
    const provider = { partyId: scene.partyId, name: 'late', adapter: 'simulated-provider', settings };
    await db.database.corridor(tx => putProvider(tx, provider));
    await lapseReVerifications(doors());
    expect(await state()).toMatchObject({ state: 'lapsed', notOrdered: null, measureId: expect.any(Number) });
  });
});

describe('a report to an authority (C-47, art. 14)', () => {
  const told = {
    addresseeKind: 'police' as const,
    addressee: 'Bureau of the city',
    about: 'sim-box' as const,
    basis: 'art. 14',
    text: words.text,
  };

  test('is sent with proof or is a missed duty, told once; then acknowledged', async () => {
    const written = await inDoor(tx => writeReport(tx, editions, vault, hand(), { ...told, caseId }));
    expect(written.dueAtMs - written.writtenAtMs).toBe(24 * HOUR_MS);
    scene.clock.advance(25 * HOUR_MS);
    await Promise.all([missReports(doors()), missReports(doors())]);
    expect(await entries('authority-report-missed')).toHaveLength(1);
    await expect(
      inDoor(tx =>
        reportSent(tx, scene.works, vault, hand(), written.reportId, { channel: 'portal', proof: '!!!!' }),
      ),
    ).rejects.toMatchObject({ code: 'file-digest-differs' });
    const proof = Buffer.from('receipt of the portal').toString('base64');
    const sent = await inDoor(tx =>
      reportSent(tx, scene.works, vault, hand(), written.reportId, { channel: 'portal', proof }),
    );
    expect(sent.proofSha256).toMatch(/^[0-9a-f]{64}$/);
    expect((await entries('authority-report-sent'))[0]).toMatchObject({ detail: { isLate: true } });
    await expect(
      inDoor(tx =>
        reportSent(tx, scene.works, vault, hand(), written.reportId, { channel: 'portal', proof }),
      ),
    ).rejects.toMatchObject({ code: 'report-state-wrong' });
    expect((await inDoor(tx => reportAcknowledged(tx, hand(), written.reportId, '2026-77'))).state).toBe(
      'acknowledged',
    );
  });
});

describe('an informant (Decision art. 9, art. 30)', () => {
  test('gets a receipt, is masked, answered within the clock and told the result; nothing of it lies in the clear', async () => {
    const { receipt, report } = await receiveReport(doors(), editions, vault, {
      kind: 'card-trade',
      ...words,
    });
    await expect(
      db.database.corridor(tx =>
        reportOfReceipt(tx, vault, `${receipt.slice(0, -1)}${receipt.endsWith('0') ? '1' : '0'}`),
      ),
    ).rejects.toMatchObject({ code: 'code-invalid' });
    const mine = { ...hand(), partyId: report.partyId };
    await db.database.door(report.partyId, tx => acknowledgeReport(tx, mine, report.reportId));
    await db.database.door(report.partyId, tx =>
      answerReport(tx, vault, mine, report.reportId, { outcome: 'confirmed', text: 'It was sold on' }),
    );
    const seen = await db.database.corridor(tx => reportOfReceipt(tx, vault, receipt));
    expect([seen.report.state, seen.report.outcome, seen.answer]).toEqual([
      'answered',
      'confirmed',
      'It was sold on',
    ]);
    const { rows } = await sql<{ row: string }>`
      select t::text as row from informant_report t union all select t::text from person t
      union all select convert_from(entry, 'UTF8') from ledger_stage`.execute(db.owner);
    const all = rows.map(row => row.row).join();
    for (const secret of [words.contact, 'Xiaolong', 'sold on', receipt]) expect(all).not.toContain(secret);
  });

  test('of a party is received by whoever stands above it, never by the party itself', async () => {
    const { rows } = await sql<{
      id: number;
    }>`select found_party(${scene.partyId}::bigint, 'customer', 'x', 'x', now()) as id`.execute(db.corridor);
    const { report } = await receiveReport(doors(), editions, vault, {
      kind: 'fraud',
      text: 'x',
      about: rows[0]!.id,
    });
    expect(report.partyId).toBe(scene.partyId);
    const strange = await receiveReport(doors(), editions, vault, {
      kind: 'fraud',
      text: 'x',
      about: 987_654_321,
    });
    expect(strange.report.partyId).not.toBe(987_654_321);
  });

  test('left unanswered is two missed duties, each told once', async () => {
    const { rows } = await sql<{
      id: number;
    }>`select found_party(${scene.partyId}::bigint, 'customer', 'x', 'x', now()) as id`.execute(db.corridor);
    await receiveReport(doors(), editions, vault, { kind: 'fraud', text: 'x', about: rows[0]!.id });
    scene.clock.advance(8 * DAY_MS);
    await missInformants(doors());
    await missInformants(doors());
    expect(
      (await entries('informant-report-missed')).map(each => (each['detail'] as { what: string }).what),
    ).toEqual(['acknowledge']);
    scene.clock.advance(90 * DAY_MS);
    await Promise.all([missInformants(doors()), missInformants(doors())]);
    expect(
      (await entries('informant-report-missed')).map(each => (each['detail'] as { what: string }).what),
    ).toEqual(['acknowledge', 'answer']);
  });

  test('cannot flood: the fourth from one network within an hour waits, whatever address of it is used', async () => {
    const from = (peer: string) =>
      passOpenDoor({ ...doors(), peer } as RouteHand, vault, `t${scene.subjectId}`, { perPeer: 3, all: 5 });
    for (const peer of ['2001:db8:1:2::1', '2001:db8:1:2:ffff::9', '2001:0db8:1:2:0:0:0:7'])
      await from(peer).catch(() => {});
    await expect(from('2001:db8:1:2::abcd')).rejects.toMatchObject({ code: 'too-many-reports' });
    await from('2001:db8:1:3::1');
    await from('192.0.2.1');
    await expect(from('192.0.2.2')).rejects.toMatchObject({ code: 'too-many-reports' });
    scene.clock.advance(HOUR_MS);
    await from('192.0.2.2');
    const { rows } = await sql<{ row: string }>`select t::text as row from open_try t`.execute(db.owner);
    expect(rows.map(row => row.row).join()).not.toContain('192.0');
  });
});

describe('a credit entry (art. 31)', () => {
  const decision = Buffer.from('The bureau finds that Li sold his card').toString('base64');
  const told = {
    class: 'general' as const,
    authority: 'Bureau',
    authorityLevel: 'prefecture' as const,
    decisionNumber: '7',
    decisionDate: '2026-05-10',
    decision,
  };
  const person = async () =>
    (
      await registerPerson({ database: db.database, clock: scene.clock, rootKeys }, hand(), {
        kind: 'natural',
        name: 'Li',
        document: { kind: 'passport', number: `P${scene.subjectId}999` },
      })
    ).handle;

  test('is none without the decision, not twice for one, and the database would take none either', async () => {
    const handle = await person();
    const { decision: _none, ...without } = told;
    await expect(
      inDoor(tx => enterCredit(tx, editions, vault, hand(), handle, without)),
    ).rejects.toMatchObject({ code: 'decision-missing' });
    await inDoor(tx => enterCredit(tx, editions, vault, hand(), handle, told));
    await expect(inDoor(tx => enterCredit(tx, editions, vault, hand(), handle, told))).rejects.toMatchObject({
      code: 'credit-entry-known',
    });
    await expect(
      sql`insert into credit_entry (party_id, person_id, class, authority, authority_level, decision_number, decision_date, regime, repairable_from, ends_on, recorded_at, recorded_by)
      select party_id, person_id, class, authority, authority_level, '8', decision_date, regime, repairable_from, ends_on, recorded_at, recorded_by from credit_entry limit 1`.execute(
        db.owner,
      ),
    ).rejects.toThrow(/decision_sha256/);
  });

  test('is withdrawn by an upheld appeal, which somebody else answers', async () => {
    const handle = await person();
    const { entryId } = await inDoor(tx => enterCredit(tx, editions, vault, hand(), handle, told));
    await inDoor(tx => appealCredit(tx, editions, vault, hand(), entryId, words.text));
    await expect(inDoor(tx => answerCreditAppeal(tx, hand(), entryId, 'upheld'))).rejects.toMatchObject({
      code: 'appeal-own-decision',
    });
    const after = await inDoor(tx => answerCreditAppeal(tx, hand('person/other'), entryId, 'upheld'));
    expect([after.state, after.appealState]).toEqual(['withdrawn', 'upheld']);
  });

  test('is repaired from its day on, and ends by itself on its last: decided 2026-05-10, 2026-08-10 and 2027-05-10', async () => {
    const handle = await person();
    const at = (day: string) => scene.clock.set(Date.parse(`${day}T00:00:00+08:00`));
    at('2026-05-20');
    const first = await inDoor(tx => enterCredit(tx, editions, vault, hand(), handle, told));
    const second = await inDoor(tx =>
      enterCredit(tx, editions, vault, hand(), handle, { ...told, decisionNumber: '9' }),
    );
    expect([first.repairableFrom, first.endsOn]).toEqual(['2026-08-10', '2027-05-10']);
    const shown = { duties: decision, pledge: decision };
    at('2026-08-09');
    await expect(inDoor(tx => repairCredit(tx, vault, hand(), first.entryId, shown))).rejects.toMatchObject({
      code: 'credit-not-repairable',
    });
    at('2026-08-10');
    expect((await inDoor(tx => repairCredit(tx, vault, hand(), first.entryId, shown))).state).toBe(
      'repaired',
    );
    at('2027-05-10');
    await endCredit(doors());
    const { rows } = await sql<{
      id: number;
      state: string;
    }>`select entry_id as id, state from credit_entry where entry_id in (${first.entryId}, ${second.entryId}) order by 1`.execute(
      db.owner,
    );
    expect(rows.map(row => row.state)).toEqual(['repaired', 'ended']);
  });

  test.each([
    ['2026-11-30', 3, '2027-02-28'],
    ['2026-01-31', 1, '2026-02-28'],
    ['2026-05-10', 0, '2026-05-10'],
    ['2024-02-29', 12, '2025-02-28'],
  ])('counts months from %s by %i to %s', (day, months, expected) => {
    expect(monthsAfter(day, months)).toBe(expected);
  });
});
