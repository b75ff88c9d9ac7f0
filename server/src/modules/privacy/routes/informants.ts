import { Type } from 'typebox';
import { Refusal } from '../../../kernel/refusal.ts';
import { type ModuleRoute, moduleRoute } from '../../../spine/module-route.ts';
import { type PersonalDataRules, rulesAt } from '../catalogue.ts';
import { informantReportById, informantReportsPage, OUTCOMES } from '../informants/store.ts';
import { acknowledgeReport, answerReport, INFORMED, receiveReport, reportOfReceipt } from '../informants.ts';
import { lookAt } from '../looks.ts';
import type { PrivacyCode } from '../model.ts';
import { passOpenDoor } from '../open-doors.ts';
import { personOfRow } from '../persons.ts';
import { openVault } from '../vault.ts';
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
} from './parts.ts';
import { textsOf } from './persons.ts';
import { shownInformantReport } from './shown.ts';

const tag = 'informants';

/** What people report, without an account and under a receipt; and the work on it, with the informant masked. */
export function informantRoutes(editions: readonly PersonalDataRules[]): readonly ModuleRoute[] {
  return [
    moduleRoute({
      method: 'POST',
      path: '/open/informant-reports',
      right: null,
      tag,
      status: 201,
      body: Type.Object(
        { kind: oneOf(INFORMED), text: Letter, contact: Type.Optional(Line(300)), about: Type.Optional(Id) },
        closed,
      ),
      answer: async (hand, { body }) => {
        const vault = await openVault(hand);
        const { perPeerHour, perHour } = rulesAt(editions, hand.clock.now()).informants;
        await passOpenDoor(hand, vault, 'informants', { perPeer: perPeerHour, all: perHour });
        const { receipt, report } = await receiveReport(hand, editions, vault, body);
        const { state, receivedAt, acknowledgeBy, answerBy } = shownInformantReport(report);
        return { receipt, state, receivedAt, acknowledgeBy, answerBy };
      },
    }),
    moduleRoute({
      method: 'POST',
      path: '/open/informant-reports/status',
      right: null,
      tag,
      body: Type.Object({ receipt: Type.String({ minLength: 16, maxLength: 40 }) }, closed),
      answer: async (hand, { body }) => {
        const vault = await openVault(hand);
        await passOpenDoor(hand, vault, 'informant-status', { perPeer: 30, all: 5_000 });
        const { report, answer } = await hand.database.corridor(tx =>
          reportOfReceipt(tx, vault, body.receipt),
        );
        const { state, outcome, receivedAt, acknowledgeBy, answerBy, acknowledgedAt, answeredAt } =
          shownInformantReport(report);
        return { state, outcome, answer, receivedAt, acknowledgeBy, answerBy, acknowledgedAt, answeredAt };
      },
    }),
    moduleRoute({
      method: 'GET',
      path: '/informant-reports',
      right: 'informants:read',
      tag,
      query: { ...Page, state: Type.Optional(oneOf(['received', 'acknowledged', 'answered'])) },
      answer: (hand, { query }) =>
        hand.database.door(hand.actor.partyId, async tx => {
          const limit = query.limit ?? DEFAULT_LIMIT;
          const rows = await informantReportsPage(tx, query.state, query.after ?? null, limit + 1);
          return pageOf(rows, limit, row => row.reportId, shownInformantReport);
        }),
    }),
    moduleRoute({
      method: 'POST',
      path: '/informant-reports/:id/acknowledgement',
      right: 'informants:write',
      tag,
      params: { id: Id },
      answer: async (hand, { params }) => {
        const row = await hand.database.door(hand.actor.partyId, tx =>
          acknowledgeReport(tx, handOf(hand), params.id),
        );
        return shownInformantReport(row);
      },
    }),
    moduleRoute({
      method: 'POST',
      path: '/informant-reports/:id/answer',
      right: 'informants:write',
      tag,
      params: { id: Id },
      body: Type.Object({ outcome: oneOf(OUTCOMES), text: Letter, caseId: Type.Optional(Id) }, closed),
      answer: async (hand, { params, body }) => {
        const vault = await openVault(hand);
        const row = await hand.database.door(hand.actor.partyId, tx =>
          answerReport(tx, vault, handOf(hand), params.id, body),
        );
        return shownInformantReport(row);
      },
    }),
    moduleRoute({
      method: 'POST',
      path: '/informant-reports/:id/looks',
      right: 'informants:write',
      tag,
      params: { id: Id },
      body: Type.Object(
        {
          fields: Type.Array(oneOf(['text', 'contact', 'answer']), { minItems: 1, maxItems: 3 }),
          caseId: Type.Optional(Id),
        },
        closed,
      ),
      answer: async (hand, { params, body }) => {
        const report = await hand.database.door(hand.actor.partyId, tx => informantReportById(tx, params.id));
        if (report === undefined) throw absentAs('informant-report-unknown', `informant-report/${params.id}`);
        // What is reported can be read to be worked on; who reported it takes a case for which that is needed.
        const caseId = body.caseId ?? null;
        if (caseId === null && body.fields.includes('contact'))
          throw new Refusal<PrivacyCode>('look-case-foreign', { subject: `informant-report/${params.id}` });
        const asked = {
          purpose: 'informant' as const,
          use: 'case-work' as const,
          caseId,
          fields: body.fields,
        };
        const look = await lookAt(
          hand,
          editions,
          readerOf(hand),
          tx => personOfRow(tx, report.personId),
          asked,
        );
        return { look: look.lookId, values: textsOf(look.values) };
      },
    }),
  ];
}
