import { Type } from 'typebox';
import { instant, rfc3339 } from '../../../kernel/time.ts';
import { measureById } from '../../../spine/measures/store.ts';
import { type ModuleRoute, moduleRoute } from '../../../spine/module-route.ts';
import { answerAppeal, noticeOfCode, receiveAppeal } from '../appeals.ts';
import { onRecord } from '../attempt.ts';
import type { PersonalDataRules } from '../catalogue.ts';
import { lookAt } from '../looks.ts';
import { noticeSent, noticeWithCode } from '../notices.ts';
import { passOpenDoor } from '../open-doors.ts';
import { personOfRow } from '../persons.ts';
import { appealById, appealsPage, lastAppealOf, noticesPage } from '../remedies/store.ts';
import { openValues, openVault } from '../vault.ts';
import {
  absentAs,
  closed,
  DEFAULT_LIMIT,
  handOf,
  Id,
  Letter,
  Line,
  oneOf,
  Page,
  pageOf,
  readerOf,
  Sha256,
} from './parts.ts';
import { textsOf } from './persons.ts';
import { shownAppeal, shownNotice } from './shown.ts';

const tag = 'remedies';
const Told = { text: Letter, contact: Type.Optional(Line(300)) };
const Code = Type.String({ minLength: 16, maxLength: 40 });
const BOUNDS = { perPeer: 20, all: 2_000 };

/** Notices of restrictions, and appeals against them: by the code of a notice from outside, by officers from within. */
export function remedyRoutes(editions: readonly PersonalDataRules[]): readonly ModuleRoute[] {
  return [
    moduleRoute({
      method: 'GET',
      path: '/remedy-notices',
      right: 'cases:read',
      tag,
      query: { ...Page, case: Type.Optional(Id) },
      answer: (hand, { query }) =>
        hand.database.door(hand.actor.partyId, async tx => {
          const limit = query.limit ?? DEFAULT_LIMIT;
          const rows = await noticesPage(tx, query.case, query.after ?? null, limit + 1);
          return pageOf(rows, limit, row => row.noticeId, shownNotice);
        }),
    }),
    moduleRoute({
      method: 'GET',
      path: '/remedy-notices/:id',
      right: 'remedies:write',
      tag,
      params: { id: Id },
      answer: async (hand, { params }) => {
        const vault = await openVault(hand);
        return hand.database.door(hand.actor.partyId, async tx => {
          const notice = await noticeWithCode(tx, vault, params.id);
          return { ...shownNotice(notice), code: notice.code };
        });
      },
    }),
    moduleRoute({
      method: 'POST',
      path: '/remedy-notices/:id/sent',
      right: 'remedies:write',
      tag,
      params: { id: Id },
      body: Type.Object(
        {
          channel: oneOf(['sms', 'e-mail', 'letter', 'counter', 'call', 'app']),
          proofSha256: Type.Optional(Sha256),
        },
        closed,
      ),
      answer: async (hand, { params, body }) => {
        await hand.database.door(hand.actor.partyId, tx =>
          noticeSent(tx, hand.desk, handOf(hand), params.id, body),
        );
        hand.announce('remedy-notice', `remedy-notice/${params.id}`);
        return { id: params.id, sentAt: rfc3339(hand.clock.now()) };
      },
    }),
    moduleRoute({
      method: 'GET',
      path: '/appeals',
      right: 'cases:read',
      tag,
      query: {
        ...Page,
        case: Type.Optional(Id),
        state: Type.Optional(oneOf(['received', 'upheld', 'rejected'])),
      },
      answer: (hand, { query }) =>
        hand.database.door(hand.actor.partyId, async tx => {
          const limit = query.limit ?? DEFAULT_LIMIT;
          const filter = { caseId: query.case, state: query.state };
          const rows = await appealsPage(tx, filter, query.after ?? null, limit + 1);
          return pageOf(rows, limit, row => row.appealId, shownAppeal);
        }),
    }),
    moduleRoute({
      method: 'POST',
      path: '/cases/:id/appeals',
      right: 'remedies:write',
      tag,
      status: 201,
      params: { id: Id },
      body: Type.Object(Told, closed),
      answer: async (hand, { params, body }) => {
        const vault = await openVault(hand);
        const made = await hand.database.door(hand.actor.partyId, tx =>
          receiveAppeal(tx, hand.desk, vault, handOf(hand), params.id, 'desk', body),
        );
        hand.announce('appeal', `appeal/${made.appealId}`);
        return shownAppeal(made);
      },
    }),
    moduleRoute({
      method: 'POST',
      path: '/appeals/:id/answer',
      right: 'remedies:write',
      tag,
      params: { id: Id },
      body: Type.Object({ outcome: oneOf(['upheld', 'rejected']), reason: Letter }, closed),
      answer: async (hand, { params, body }) => {
        const attempt = { act: 'appeal-answer', object: `appeal/${params.id}`, ...handOf(hand) };
        await onRecord(hand, attempt, async () => {
          const vault = await openVault(hand);
          await hand.database.door(hand.actor.partyId, tx =>
            answerAppeal(tx, hand.desk, vault, handOf(hand), params.id, body),
          );
        });
        hand.announce('appeal', `appeal/${params.id}`);
        return { id: params.id, state: body.outcome };
      },
    }),
    moduleRoute({
      method: 'POST',
      path: '/appeals/:id/looks',
      right: 'persons:unmask',
      tag,
      params: { id: Id },
      answer: async (hand, { params }) => {
        const appeal = await hand.database.door(hand.actor.partyId, tx => appealById(tx, params.id));
        if (appeal === undefined) throw absentAs('appeal-unknown', `appeal/${params.id}`);
        const asked = { purpose: 'remedy' as const, use: 'appeal' as const, caseId: appeal.caseId };
        const look = await lookAt(
          hand,
          editions,
          readerOf(hand),
          tx => personOfRow(tx, appeal.personId),
          asked,
        );
        return { look: look.lookId, values: textsOf(look.values) };
      },
    }),
    moduleRoute({
      method: 'POST',
      path: '/open/appeals',
      right: null,
      tag,
      status: 201,
      body: Type.Object({ code: Code, ...Told }, closed),
      answer: async (hand, { body }) => {
        const vault = await openVault(hand);
        await passOpenDoor(hand, vault, 'appeals', BOUNDS);
        const { code, ...told } = body;
        const made = await hand.database.corridor(async tx => {
          const notice = await noticeOfCode(tx, vault, code);
          const by = {
            partyId: notice.partyId,
            actor: `remedy-notice/${notice.noticeId}`,
            atMs: hand.clock.now(),
          };
          return receiveAppeal(tx, hand.desk, vault, by, notice.caseId, 'code', told);
        });
        return { state: made.state, receivedAt: rfc3339(made.receivedAtMs), dueAt: instant(made.dueAtMs) };
      },
    }),
    moduleRoute({
      method: 'POST',
      path: '/open/appeals/status',
      right: null,
      tag,
      body: Type.Object({ code: Code }, closed),
      answer: async (hand, { body }) => {
        const vault = await openVault(hand);
        await passOpenDoor(hand, vault, 'appeals', BOUNDS);
        return hand.database.corridor(async tx => {
          const notice = await noticeOfCode(tx, vault, body.code);
          const { measureId } = notice;
          const measure = measureId === null ? undefined : await measureById(tx, measureId);
          const appeal = await lastAppealOf(tx, notice.caseId);
          const { reason, remedy, documents } = notice;
          const restriction = measure === undefined ? null : { kind: measure.kind, state: measure.state };
          if (appeal === undefined) return { reason, remedy, documents, restriction, appeal: null };
          const isAnswered = appeal.state !== 'received';
          const values = isAnswered ? await openValues(tx, vault, appeal.personId, 'remedy') : null;
          const answer = values?.get('answer')?.toString('utf8') ?? null;
          const { state, receivedAt, dueAt, answeredAt } = shownAppeal(appeal);
          return {
            reason,
            remedy,
            documents,
            restriction,
            appeal: { state, receivedAt, dueAt, answeredAt, answer },
          };
        });
      },
    }),
  ];
}
