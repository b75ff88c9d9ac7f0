import { Type } from 'typebox';
import { type ModuleRoute, moduleRoute } from '../../../spine/module-route.ts';
import { reportById, reportsPage } from '../authority/store.ts';
import { REPORTED, reportAcknowledged, reportSent, writeReport } from '../authority-reports.ts';
import type { PersonalDataRules } from '../catalogue.ts';
import { lookAt } from '../looks.ts';
import { personOfRow } from '../persons.ts';
import { openVault } from '../vault.ts';
import {
  absentAs,
  closed,
  DEFAULT_LIMIT,
  FileText,
  handOf,
  Id,
  Letter,
  Line,
  oneOf,
  Page,
  pageOf,
  readerOf,
} from './parts.ts';
import { shownReport } from './shown.ts';

const tag = 'reports to authorities';

/** Reports to the police or the regulator: written, sent with proof, acknowledged. */
export function authorityReportRoutes(editions: readonly PersonalDataRules[]): readonly ModuleRoute[] {
  return [
    moduleRoute({
      method: 'GET',
      path: '/authority-reports',
      right: 'reports:read',
      tag,
      query: { ...Page, state: Type.Optional(oneOf(['written', 'sent', 'acknowledged'])) },
      answer: (hand, { query }) =>
        hand.database.door(hand.actor.partyId, async tx => {
          const limit = query.limit ?? DEFAULT_LIMIT;
          const rows = await reportsPage(tx, query.state, query.after ?? null, limit + 1);
          return pageOf(rows, limit, row => row.reportId, shownReport);
        }),
    }),
    moduleRoute({
      method: 'POST',
      path: '/authority-reports',
      right: 'reports:write',
      tag,
      status: 201,
      body: Type.Object(
        {
          addresseeKind: oneOf(['police', 'regulator']),
          addressee: Line(200),
          about: oneOf(REPORTED),
          basis: Line(200),
          caseId: Type.Optional(Id),
          text: Letter,
        },
        closed,
      ),
      answer: async (hand, { body }) => {
        const vault = await openVault(hand);
        const row = await hand.database.door(hand.actor.partyId, tx =>
          writeReport(tx, editions, vault, handOf(hand), body),
        );
        hand.announce('authority-report', `authority-report/${row.reportId}`);
        return shownReport(row);
      },
    }),
    moduleRoute({
      method: 'POST',
      path: '/authority-reports/:id/sent',
      right: 'reports:write',
      tag,
      params: { id: Id },
      body: Type.Object({ channel: Line(60), proof: FileText }, closed),
      answer: async (hand, { params, body }) => {
        const vault = await openVault(hand);
        const row = await hand.database.door(hand.actor.partyId, tx =>
          reportSent(tx, hand.desk, vault, handOf(hand), params.id, body),
        );
        hand.announce('authority-report', `authority-report/${params.id}`);
        return shownReport(row);
      },
    }),
    moduleRoute({
      method: 'POST',
      path: '/authority-reports/:id/acknowledgement',
      right: 'reports:write',
      tag,
      params: { id: Id },
      body: Type.Object({ theirNumber: Line(100) }, closed),
      answer: async (hand, { params, body }) => {
        const row = await hand.database.door(hand.actor.partyId, tx =>
          reportAcknowledged(tx, handOf(hand), params.id, body.theirNumber),
        );
        hand.announce('authority-report', `authority-report/${params.id}`);
        return shownReport(row);
      },
    }),
    moduleRoute({
      method: 'POST',
      path: '/authority-reports/:id/looks',
      right: 'persons:unmask',
      tag,
      params: { id: Id },
      answer: async (hand, { params }) => {
        const report = await hand.database.door(hand.actor.partyId, tx => reportById(tx, params.id));
        if (report === undefined) throw absentAs('report-unknown', `authority-report/${params.id}`);
        const asked = {
          purpose: 'authority' as const,
          use: 'report-to-authority' as const,
          caseId: report.caseId,
        };
        const look = await lookAt(
          hand,
          editions,
          readerOf(hand),
          tx => personOfRow(tx, report.personId),
          asked,
        );
        const proof = look.values.get('proof');
        return {
          look: look.lookId,
          text: look.values.get('text')?.toString('utf8') ?? null,
          proof: proof?.toString('base64') ?? null,
        };
      },
    }),
  ];
}
