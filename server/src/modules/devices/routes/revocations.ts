import { Type } from 'typebox';
import { instant, rfc3339 } from '../../../kernel/time.ts';
import { numberedList } from '../../../spine/module-list.ts';
import { type ModuleRoute, moduleRoute, type RouteHand } from '../../../spine/module-route.ts';
import { no } from '../authorities/authorities.ts';
import { REVOKING } from '../certificates/standing.ts';
import * as revocations from '../revocations/revocations.ts';
import { doerOf, Numeral, tag, Why } from './parts.ts';
import { reasonNamed } from './shown.ts';

const closed = { additionalProperties: false };
const id = { id: Numeral };
const Ms = Type.Integer({ minimum: 0, maximum: 253_402_214_400_000 });
const Selection = Type.Object(
  {
    authority: Type.Optional(Numeral),
    product: Type.Optional(Type.String({ minLength: 1, maxLength: 24 })),
    issuedFromMs: Type.Optional(Ms),
    issuedUntilMs: Type.Optional(Ms),
    certificates: Type.Optional(Type.Array(Numeral, { minItems: 1, maxItems: 10_000 })),
  },
  closed,
);

/** Revocations of many certificates: seen first, asked for by one person, approved by another (I-28). */
export function revocationRoutes(): readonly ModuleRoute[] {
  const told = (hand: RouteHand, one: revocations.Revocation) => {
    hand.announce('certificate-revocation', revocations.objectOf(one));
    return shown(one);
  };
  return [
    moduleRoute({
      method: 'POST',
      path: '/certificate-revocations/preview',
      right: 'registry:read',
      tag,
      body: Type.Object({ selection: Selection }, closed),
      answer: async (hand, { body }) =>
        await revocations.previewRevocation(hand, hand.actor.partyId, body.selection),
    }),
    numberedList({
      path: '/certificate-revocations',
      tag,
      read: revocations.listRevocations,
      idOf: each => each.revocationId,
      show: shown,
    }),
    moduleRoute({
      method: 'POST',
      path: '/certificate-revocations',
      right: 'measures:order',
      tag,
      status: 201,
      body: Type.Object(
        {
          selection: Selection,
          reason: Type.Union(REVOKING.map(each => Type.Literal(each))),
          expected: Numeral,
          why: Why,
          basis: Type.Optional(Why),
        },
        closed,
      ),
      answer: async (hand, { body }) =>
        told(hand, await revocations.askRevocation(hand, personOf(hand), body)),
    }),
    moduleRoute({
      method: 'GET',
      path: '/certificate-revocations/:id',
      right: 'registry:read',
      tag,
      params: id,
      answer: async (hand, { params }) =>
        await hand.database.door(hand.actor.partyId, async tx => {
          const found = await revocations.revocationById(tx, params.id);
          if (found === undefined) throw no('revocation-unknown', `certificate-revocation/${params.id}`);
          return { ...shown(found), progress: await revocations.progressOf(tx, params.id) };
        }),
    }),
    moduleRoute({
      method: 'POST',
      path: '/certificate-revocations/:id/approve',
      right: 'policies:write',
      tag,
      params: id,
      answer: async (hand, { params }) =>
        told(hand, await revocations.approveRevocation(hand, personOf(hand), params.id)),
    }),
    moduleRoute({
      method: 'POST',
      path: '/certificate-revocations/:id/withdraw',
      right: 'measures:order',
      tag,
      params: id,
      body: Type.Object({ note: Why }, closed),
      answer: async (hand, { params, body }) =>
        told(hand, await revocations.withdrawRevocation(hand, personOf(hand), params.id, body.note)),
    }),
  ];
}

function personOf(hand: RouteHand): revocations.Person {
  return { ...doerOf(hand), userId: hand.actor.userId };
}

function shown(one: revocations.Revocation) {
  return {
    id: one.revocationId,
    party: one.partyId,
    state: one.state,
    selection: one.selection,
    certificates: one.certificates,
    devices: one.devices,
    reason: reasonNamed(one.reason),
    why: one.why,
    basis: one.basis,
    askedBy: one.askedBy,
    askedAt: rfc3339(one.askedAtMs),
    approvedBy: one.approvedBy,
    approvedAt: instant(one.approvedAtMs),
    withdrawnBy: one.withdrawnBy,
    withdrawnAt: instant(one.withdrawnAtMs),
    note: one.note,
    endedAt: instant(one.endedAtMs),
  };
}
