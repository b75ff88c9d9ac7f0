import { parse } from 'yaml';
import type { Tx } from '../../kernel/database/transaction.ts';
import { Refusal } from '../../kernel/refusal.ts';
import { caseById } from '../../spine/cases/store.ts';
import type { TitledMeasure } from '../../spine/contribution.ts';
import { armedTexts } from '../../spine/findings/armed/armed-rules.ts';
import { stage } from '../../spine/ledger/stage.ts';
import { taskNamed } from '../../spine/measures/ladder/climb.ts';
import { type ProposedTask, tasksAwaiting } from '../../spine/measures/ladder/tasks.ts';
import { noteOnCase } from '../../spine/measures/lift.ts';
import type { MeasureDesk } from '../../spine/measures/ports.ts';
import type { ModuleDoors } from '../../spine/module-route.ts';
import { type MeasureView, measuresPage } from '../../spine/views/measures.ts';
import { type PersonalDataRules, rulesAt, type Said } from './catalogue.ts';
import { codeDigest, codeOf } from './codes.ts';
import type { Hand, PrivacyCode } from './model.ts';
import * as store from './remedies/store.ts';
import { openVault, type Vault } from './vault.ts';

export type { Notice } from './remedies/store.ts';

const PAGE = 200;
/** Measures that restrict nobody yet, or do no more. */
const SILENT = new Set(['decided', 'failed', 'lifted', 'lift-accepted', 'lift-ordered']);

/**
 * Gives every restriction its notice: reason, remedy channel and documents to submit (anti-fraud law art. 32 ¶3,
 * C-45), in both languages, with a code by which the restricted appeals without an account. A measure has one notice,
 * also where two processes issue at once. Looks at measures from the newest on until a page of them has its notices.
 */
export async function issueNotices(
  doors: ModuleDoors,
  editions: readonly PersonalDataRules[],
): Promise<boolean> {
  let before: number | null = null;
  for (;;) {
    const from: number | null = before;
    const page: readonly MeasureView[] = await doors.database.corridor(tx =>
      measuresPage(tx, {}, from, PAGE),
    );
    const due = page.filter(measure => !SILENT.has(measure.state));
    const told = await doors.database.corridor(tx =>
      store.measuresWithNotice(
        tx,
        due.map(measure => measure.measureId),
      ),
    );
    const missing = due.filter(measure => !told.has(measure.measureId));
    if (missing.length > 0) {
      const vault = await openVault(doors);
      await doors.database.corridor(async tx => {
        const titleOf = await ruleTitles(tx);
        for (const { partyId, caseId, measureId, kind } of missing) {
          const about = { partyId, caseId, measureId, task: null };
          await issue(tx, doors, editions, vault, about, titleOfKind(doors.desk, kind), titleOf);
        }
      });
    }
    if (page.length < PAGE || missing.length === 0) return false;
    before = page.at(-1)?.measureId ?? null;
  }
}

/**
 * Gives every task of telling the holder its notice, where nothing is restricted yet: the case stands on it and says
 * why (C-40, C-45). A task of a case has one notice. Looks from the newest on until a page of them has its notices.
 */
export async function issueTaskNotices(
  doors: ModuleDoors,
  editions: readonly PersonalDataRules[],
): Promise<boolean> {
  const { database, desk } = doors;
  for (let before: number | null = null; ; ) {
    const from: number | null = before;
    const page: readonly ProposedTask[] = await database.corridor(tx =>
      tasksAwaiting(tx, desk, 'restriction-notice', from, PAGE),
    );
    const told = await database.corridor(tx => store.casesWithNotice(tx, page));
    const missing = page.filter(task => !told.has(task.caseId));
    if (missing.length > 0) {
      const vault = await openVault(doors);
      await database.corridor(async tx => {
        const titleOf = await ruleTitles(tx);
        for (const { partyId, caseId, deed } of missing) {
          const title = taskNamed(desk, deed)?.title ?? { en: deed, zh: deed };
          const about = { partyId, caseId, measureId: null, task: deed };
          await issue(tx, doors, editions, vault, about, title, titleOf);
        }
      });
    }
    if (page.length < PAGE || missing.length === 0) return false;
    before = page.at(-1)?.ladderStepId ?? null;
  }
}

type About = Pick<store.Notice, 'partyId' | 'caseId' | 'measureId' | 'task'>;

async function issue(
  tx: Tx,
  doors: ModuleDoors,
  editions: readonly PersonalDataRules[],
  vault: Vault,
  about: About,
  title: Said,
  titleOf: (ruleId: string) => Said | undefined,
): Promise<void> {
  const atMs = doors.clock.now();
  const found = await caseById(tx, about.caseId);
  if (found === undefined) return;
  const rules = rulesAt(editions, atMs);
  const code = await codeOf(tx, vault, nameOf(about));
  const rule = titleOf(found.ruleId) ?? { en: found.ruleId, zh: found.ruleId };
  const reason = { en: `${title.en}: ${rule.en}`, zh: `${title.zh}：${rule.zh}` };
  const { channel, documents } = rules.remedy;
  const notice = { ...about, reason, remedy: channel, documents, catalogue: rules.edition };
  const noticeId = await store.insertNotice(tx, notice, await codeDigest(tx, vault, code), atMs);
  if (noticeId === undefined) return;
  const { partyId, caseId, measureId, task } = about;
  await stage(tx, {
    act: 'remedy-notice-issued',
    object: `remedy-notice/${noticeId}`,
    partyId,
    actor: 'notices',
    atMs,
    detail: {
      case: `case/${caseId}`,
      ...(measureId === null ? { task } : { measure: `measure/${measureId}` }),
      catalogue: rules.edition,
      reason,
    },
  });
}

/** What the code of a notice is derived from. */
function nameOf({ measureId, caseId, task }: About): string {
  return measureId === null ? `notice-of-task/${caseId}/${task}` : `notice-of-measure/${measureId}`;
}

function titleOfKind(desk: MeasureDesk, name: string): Said {
  const kind = desk.kinds.find(each => each.kind === name) as Partial<TitledMeasure> | undefined;
  return kind?.title ?? { en: name, zh: name };
}

/** What the armed rules are called; a text that says nothing of it leaves the rule's id. */
async function ruleTitles(tx: Tx): Promise<(ruleId: string) => Said | undefined> {
  const texts = new Map((await armedTexts(tx)).map(each => [each.ruleId, each.text]));
  return ruleId => {
    const text = texts.get(ruleId);
    if (text === undefined) return undefined;
    const title = (parse(text, { schema: 'failsafe' }) as { title?: Partial<Said> } | null)?.title;
    return typeof title?.en === 'string' && typeof title.zh === 'string'
      ? { en: title.en, zh: title.zh }
      : undefined;
  };
}

/** A notice with its code, for whoever hands it over; refuses `notice-unknown`. */
export async function noticeWithCode(
  tx: Tx,
  vault: Vault,
  noticeId: number,
): Promise<store.Notice & { readonly code: string }> {
  const notice = await store.lockNotice(tx, noticeId);
  if (notice === undefined)
    throw new Refusal<PrivacyCode>('notice-unknown', { subject: `remedy-notice/${noticeId}` });
  return { ...notice, code: await codeOf(tx, vault, nameOf(notice)) };
}

/**
 * Puts down that a notice reached whom it is for: when, by which channel, with the digest of what shows it. The case's
 * clock of telling the restricted is met by it. Refuses `notice-unknown`, `notice-sent`.
 */
export async function noticeSent(
  tx: Tx,
  desk: MeasureDesk,
  hand: Hand,
  noticeId: number,
  sent: { readonly channel: string; readonly proofSha256?: string | undefined },
): Promise<void> {
  const notice = await store.lockNotice(tx, noticeId);
  if (notice === undefined)
    throw new Refusal<PrivacyCode>('notice-unknown', { subject: `remedy-notice/${noticeId}` });
  if (notice.sentAtMs !== null)
    throw new Refusal<PrivacyCode>('notice-sent', { subject: `remedy-notice/${noticeId}` });
  const { channel } = sent;
  const proofSha256 = sent.proofSha256 ?? null;
  await store.setSent(tx, noticeId, { atMs: hand.atMs, actor: hand.actor, channel, proofSha256 });
  await stage(tx, {
    act: 'remedy-notice-sent',
    object: `remedy-notice/${noticeId}`,
    partyId: notice.partyId,
    actor: hand.actor,
    atMs: hand.atMs,
    detail: { channel, proofSha256 },
  });
  const text = `remedy-notice/${noticeId}: ${channel}`;
  await noteOnCase(tx, desk, notice.caseId, { text, event: 'restriction-notice' }, hand);
}
