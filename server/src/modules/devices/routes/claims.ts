import { Type } from 'typebox';
import type { Tx } from '../../../kernel/database/transaction.ts';
import { pemParts } from '../../../kernel/der/pem.ts';
import { instant, rfc3339 } from '../../../kernel/time.ts';
import { listQuery, numberedPage, pageAsked } from '../../../spine/module-list.ts';
import { type ModuleRoute, moduleRoute } from '../../../spine/module-route.ts';
import { subjectsNumbered } from '../../../spine/views/named-subjects.ts';
import type { Profiles } from '../authorities/profiles.ts';
import { deskOf } from '../desk.ts';
import * as approvals from '../enrolment/approvals.ts';
import * as claims from '../enrolment/claims.ts';
import { doerOf, Numeral, Pem, tag, Why } from './parts.ts';
import { shownCertificate } from './shown.ts';

const closed = { additionalProperties: false };
const Count = Type.Integer({ minimum: 1, maximum: 1_000_000 });

/** Claim certificates, and what waits for a person before it is issued. */
export function claimRoutes(profiles: Profiles): readonly ModuleRoute[] {
  return [
    moduleRoute({
      method: 'GET',
      path: '/device-claims',
      right: 'registry:read',
      tag,
      query: { ...listQuery, fleet: Type.Optional(Numeral) },
      answer: async (hand, { query }) => {
        const { afterId, limit, rows } = pageAsked(query);
        const found = await hand.database.door(hand.actor.partyId, tx =>
          claims.listClaims(tx, query.fleet, afterId, rows),
        );
        return numberedPage(found, limit, each => each.claimId, shownClaim);
      },
    }),
    moduleRoute({
      method: 'POST',
      path: '/device-claims',
      right: 'policies:write',
      tag,
      status: 201,
      body: Type.Object(
        {
          fleet: Numeral,
          title: Type.String({ minLength: 1, maxLength: 200 }),
          request: Pem,
          devices: Count,
          anHour: Type.Optional(Count),
          days: Type.Optional(Type.Integer({ minimum: 1, maximum: 366 })),
          registers: Type.Optional(Type.Boolean()),
        },
        closed,
      ),
      answer: async (hand, { body }) => {
        const { fleet: fleetId, title, devices: most, anHour = most, days = 30, registers = false } = body;
        const names = ['CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST'] as const;
        const [request = Buffer.alloc(0)] = pemParts(body.request, ...names);
        const asked = { fleetId, title, request, most, mostAnHour: anHour, days, registers };
        const { claim, certificate } = await claims.makeClaim(deskOf(hand, profiles), doerOf(hand), asked);
        hand.announce('claim', `claim/${claim.claimId}`);
        return { ...shownClaim(claim), certificate: shownCertificate(certificate).certificate };
      },
    }),
    moduleRoute({
      method: 'GET',
      path: '/device-approvals',
      right: 'registry:read',
      tag,
      query: {
        ...listQuery,
        fleet: Type.Optional(Numeral),
        state: Type.Optional(
          Type.Union([Type.Literal('asked'), Type.Literal('approved'), Type.Literal('declined')]),
        ),
      },
      answer: async (hand, { query }) => {
        const { afterId, limit, rows } = pageAsked(query);
        const filter = { fleetId: query.fleet, state: query.state };
        const { found, names } = await hand.database.door(hand.actor.partyId, async tx => {
          const found = await approvals.listApprovals(tx, filter, afterId, rows);
          return { found, names: await devicesOf(tx, found) };
        });
        return numberedPage(
          found,
          limit,
          each => each.approvalId,
          each => shownApproval(each, names),
        );
      },
    }),
    ...(['approved', 'declined'] as const).map(state =>
      moduleRoute({
        method: 'POST',
        path: state === 'approved' ? '/device-approvals/:id/approve' : '/device-approvals/:id/decline',
        right: 'registry:write',
        tag,
        params: { id: Numeral },
        body: Type.Object({ why: Type.Optional(Why) }, closed),
        answer: async (hand, { params, body }) => {
          const doer = doerOf(hand);
          const done = await approvals.decideApproval(hand, doer, params.id, state, body.why ?? null);
          hand.announce('approval', `approval/${done.approvalId}`);
          const names = await hand.database.door(hand.actor.partyId, tx => devicesOf(tx, [done]));
          return shownApproval(done, names);
        },
      }),
    ),
  ];
}

async function devicesOf(tx: Tx, all: readonly approvals.Approval[]): Promise<ReadonlyMap<number, string>> {
  const subjects = await subjectsNumbered(tx, [...new Set(all.map(each => each.subjectId))]);
  return new Map(subjects.map(each => [each.subjectId, each.reference]));
}

function shownClaim(one: claims.Claim) {
  return {
    id: one.claimId,
    party: one.partyId,
    fleet: one.fleetId,
    title: one.title,
    state: one.state,
    most: one.most,
    mostAnHour: one.mostAnHour,
    until: rfc3339(one.untilMs),
    registers: one.registers,
    devices: one.devices,
    madeBy: one.madeBy,
    madeAt: rfc3339(one.madeAtMs),
  };
}

function shownApproval(one: approvals.Approval, names: ReadonlyMap<number, string>) {
  return {
    id: one.approvalId,
    party: one.partyId,
    fleet: one.fleetId,
    device: names.get(one.subjectId) ?? null,
    operation: one.operation,
    shownBy: one.shownBy,
    key: `sha256:${one.keySha256.toString('hex')}`,
    state: one.state,
    askedAt: rfc3339(one.askedAtMs),
    decidedBy: one.decidedBy,
    decidedAt: instant(one.decidedAtMs),
    why: one.why,
    until: instant(one.untilMs),
  };
}
