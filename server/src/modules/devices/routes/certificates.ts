import { Type } from 'typebox';
import type { Tx } from '../../../kernel/database/transaction.ts';
import { pemParts } from '../../../kernel/der/pem.ts';
import { listQuery, numberedPage, pageAsked } from '../../../spine/module-list.ts';
import { type ModuleRoute, moduleRoute, type RouteHand } from '../../../spine/module-route.ts';
import { subjectsNumbered } from '../../../spine/views/named-subjects.ts';
import { no } from '../authorities/authorities.ts';
import type { Profiles } from '../authorities/profiles.ts';
import * as issue from '../certificates/issue.ts';
import * as standing from '../certificates/standing.ts';
import { deskOf } from '../desk.ts';
import { registerDevice } from '../devices.ts';
import { type Beside, besideThose } from '../forecast/store.ts';
import { doerOf, Numeral, Pem, Reference, tag, Why } from './parts.ts';
import { shownAct, shownCertificate, shownPlan } from './shown.ts';

const closed = { additionalProperties: false };
const id = { id: Numeral };
const Grounds = { why: Why, basis: Type.Optional(Why) };

/** What the devices of some certificates are registered as. */
async function devicesOf(tx: Tx, all: readonly issue.Certificate[]): Promise<ReadonlyMap<number, string>> {
  const subjects = await subjectsNumbered(tx, [...new Set(all.map(each => each.subjectId))]);
  return new Map(subjects.map(each => [each.subjectId, each.reference]));
}

async function besideEach(tx: Tx, all: readonly issue.Certificate[]): Promise<ReadonlyMap<number, Beside>> {
  const found = await besideThose(
    tx,
    all.map(each => each.certificateId),
  );
  return new Map(found.map(each => [each.certificateId, each]));
}

/** Devices one by one, and their certificates from issue to end. */
export function certificateRoutes(profiles: Profiles): readonly ModuleRoute[] {
  const told = (hand: RouteHand, one: issue.Certificate) => {
    hand.announce('certificate', `certificate/${one.certificateId}`);
    return shownCertificate(one);
  };
  return [
    moduleRoute({
      method: 'POST',
      path: '/devices',
      right: 'registry:write',
      tag,
      status: 201,
      body: Type.Object(
        {
          product: Type.String({ maxLength: 100 }),
          serial: Type.String({ maxLength: 100 }),
          title: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
        },
        closed,
      ),
      answer: async (hand, { body }) => {
        const made = await registerDevice(hand, doerOf(hand), body);
        hand.announce('device', `subject/${made.subjectId}`);
        return { id: made.subjectId, reference: made.reference };
      },
    }),
    moduleRoute({
      method: 'GET',
      path: '/certificates',
      right: 'registry:read',
      tag,
      query: {
        ...listQuery,
        subject: Type.Optional(Numeral),
        authority: Type.Optional(Numeral),
        state: Type.Optional(
          Type.Union([Type.Literal('valid'), Type.Literal('held'), Type.Literal('revoked')]),
        ),
        serial: Type.Optional(Type.String({ pattern: '^[0-9a-f]{32}$' })),
        endsBeforeMs: Type.Optional(Type.Integer({ minimum: 0, maximum: 253_402_214_400_000 })),
        claim: Type.Optional(Numeral),
      },
      answer: async (hand, { query }) => {
        const { afterId, limit, rows } = pageAsked(query);
        const { subject, authority, state, serial, endsBeforeMs, claim } = query;
        const filter = {
          subjectId: subject,
          authorityId: authority,
          state,
          serial: serial === undefined ? undefined : Buffer.from(serial, 'hex'),
          endsBeforeMs,
          claimId: claim,
        };
        const { found, names, beside } = await hand.database.door(hand.actor.partyId, async tx => {
          const found = await issue.listCertificates(tx, filter, afterId, rows);
          return { found, names: await devicesOf(tx, found), beside: await besideEach(tx, found) };
        });
        const nowMs = hand.clock.now();
        return numberedPage(
          found,
          limit,
          each => each.certificateId,
          each => ({
            ...shownCertificate(each),
            device: names.get(each.subjectId) ?? null,
            ...shownPlan(each, beside.get(each.certificateId), nowMs),
          }),
        );
      },
    }),
    moduleRoute({
      method: 'POST',
      path: '/certificates',
      right: 'registry:write',
      tag,
      status: 201,
      body: Type.Object(
        {
          device: Reference,
          authority: Numeral,
          profile: Type.Optional(Type.String({ maxLength: 40 })),
          request: Pem,
        },
        closed,
      ),
      answer: async (hand, { body }) => {
        const [request = Buffer.alloc(0)] = pemParts(
          body.request,
          'CERTIFICATE REQUEST',
          'NEW CERTIFICATE REQUEST',
        );
        const { device, authority, profile = 'device' } = body;
        const asked = { device, authorityId: authority, profile, request };
        return told(hand, await issue.issueCertificate(deskOf(hand, profiles), doerOf(hand), asked));
      },
    }),
    moduleRoute({
      method: 'GET',
      path: '/certificates/:id',
      right: 'registry:read',
      tag,
      params: id,
      answer: async (hand, { params }) =>
        await hand.database.door(hand.actor.partyId, async tx => {
          const found = await issue.certificateById(tx, params.id);
          if (found === undefined) throw no('certificate-unknown', `certificate/${params.id}`);
          const device = (await devicesOf(tx, [found])).get(found.subjectId) ?? null;
          const acts = (await issue.actsOf(tx, params.id)).map(shownAct);
          const beside = (await besideEach(tx, [found])).get(found.certificateId);
          return { ...shownCertificate(found), device, ...shownPlan(found, beside, hand.clock.now()), acts };
        }),
    }),
    moduleRoute({
      method: 'POST',
      path: '/certificates/:id/revoke',
      right: 'measures:order',
      tag,
      params: id,
      body: Type.Object(
        { reason: Type.Union(standing.REVOKING.map(each => Type.Literal(each))), ...Grounds },
        closed,
      ),
      answer: async (hand, { params, body }) =>
        told(hand, await standing.revokeCertificate(hand, doerOf(hand), params.id, body)),
    }),
    moduleRoute({
      method: 'POST',
      path: '/certificates/:id/hold',
      right: 'measures:order',
      tag,
      params: id,
      body: Type.Object(Grounds, closed),
      answer: async (hand, { params, body }) =>
        told(hand, await standing.holdCertificate(hand, doerOf(hand), params.id, body)),
    }),
    moduleRoute({
      method: 'POST',
      path: '/certificates/:id/release',
      right: 'measures:order',
      tag,
      params: id,
      body: Type.Object(Grounds, closed),
      answer: async (hand, { params, body }) =>
        told(hand, await standing.releaseCertificate(hand, doerOf(hand), params.id, body)),
    }),
  ];
}
