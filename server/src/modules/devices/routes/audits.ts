import { Type } from 'typebox';
import { instant, rfc3339 } from '../../../kernel/time.ts';
import { listQuery, numberedPage, pageAsked } from '../../../spine/module-list.ts';
import { type ModuleRoute, moduleRoute } from '../../../spine/module-route.ts';
import * as audit from '../audits/audit.ts';
import type { Checks } from '../audits/checks.ts';
import { lastRun } from '../audits/result-store.ts';
import { doerOf, Numeral, tag, Why } from './parts.ts';

const closed = { additionalProperties: false };
const Verification = Type.Union(audit.VERIFICATIONS.map(each => Type.Literal(each)));

/** Checks of devices, what they found, and what people say of it. */
export function auditRoutes(checks: Checks): readonly ModuleRoute[] {
  return [
    moduleRoute({
      method: 'GET',
      path: '/device-audits',
      right: 'registry:read',
      tag,
      answer: async hand => {
        const { run, standing } = await hand.database.door(hand.actor.partyId, async tx => ({
          run: await lastRun(tx, hand.actor.partyId),
          standing: await audit.standingByCheck(tx),
        }));
        const items = [...checks.all.values()].map(({ spanMs, ...each }) => ({
          ...{ ...each, days: spanMs / 86_400_000, standing: standing.get(each.id) ?? 0 },
        }));
        return { items, next: null, last: run === undefined ? null : shownRun(run) };
      },
    }),
    moduleRoute({
      method: 'POST',
      path: '/device-audits/run',
      right: 'registry:write',
      tag,
      answer: async hand => {
        const run = await audit.auditParty(hand, doerOf(hand), checks);
        await audit.tellResults(hand);
        hand.announce('audit', `device-audit/${run.runId}`);
        return shownRun(run);
      },
    }),
    moduleRoute({
      method: 'GET',
      path: '/device-audit-results',
      right: 'findings:read',
      tag,
      query: {
        ...listQuery,
        check: Type.Optional(Type.String({ maxLength: 60 })),
        verification: Type.Optional(Verification),
        all: Type.Optional(Type.Boolean()),
      },
      answer: async (hand, { query }) => {
        const { afterId, limit, rows } = pageAsked(query);
        const filter = { checkId: query.check, verification: query.verification, isAll: query.all ?? false };
        const found = await hand.database.door(hand.actor.partyId, tx =>
          audit.listResults(tx, filter, afterId, rows),
        );
        return numberedPage(found, limit, each => each.resultId, shownResult);
      },
    }),
    moduleRoute({
      method: 'POST',
      path: '/device-audit-results/:id/verify',
      right: 'cases:write',
      tag,
      params: { id: Numeral },
      body: Type.Object({ verification: Verification, why: Type.Optional(Why) }, closed),
      answer: async (hand, { params, body }) => {
        const { verification, why = null } = body;
        return shownResult(await audit.verifyResult(hand, doerOf(hand), params.id, verification, why));
      },
    }),
  ];
}

function shownRun({ runId, partyId, madeBy, atMs, standing, fresh, cleared, cut }: audit.AuditRun) {
  return { id: runId, party: partyId, madeBy, at: rfc3339(atMs), standing, fresh, cleared, cut };
}

function shownResult(one: audit.AuditResult) {
  return {
    id: one.resultId,
    party: one.partyId,
    check: one.checkId,
    severity: one.severity,
    object: one.object,
    of: one.claim,
    reason: one.reason,
    detail: one.detail,
    firstAt: rfc3339(one.firstAtMs),
    lastAt: rfc3339(one.lastAtMs),
    clearedAt: instant(one.clearedAtMs),
    verification: one.verification,
    verificationBy: one.verificationBy,
    verificationAt: instant(one.verificationAtMs),
    verificationWhy: one.verificationWhy,
  };
}
