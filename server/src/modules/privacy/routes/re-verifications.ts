import { Type } from 'typebox';
import { type ModuleRoute, moduleRoute, type RouteHand } from '../../../spine/module-route.ts';
import { reVerificationsPage } from '../re-verify/store.ts';
import {
  askReVerification,
  identityVerifiedAgain,
  type ReVerification,
  reVerificationFailed,
  scenarioVerifiedAgain,
} from '../re-verify.ts';
import { closed, DEFAULT_LIMIT, Handle, handOf, Id, oneOf, Page, pageOf, Reason, Sha256 } from './parts.ts';
import { shownReVerification } from './shown.ts';

const tag = 'remedies';
const STATES = ['running', 'passed', 'failed', 'lapsed', 'passed-late'] as const;

/** Verifying identity and scenario again, by a moment. */
export function reVerificationRoutes(): readonly ModuleRoute[] {
  const done = (hand: RouteHand, row: ReVerification) => {
    hand.announce('re-verification', `re-verification/${row.reVerificationId}`);
    return shownReVerification(row);
  };
  return [
    moduleRoute({
      method: 'GET',
      path: '/re-verifications',
      right: 'cases:read',
      tag,
      query: { ...Page, case: Type.Optional(Id), state: Type.Optional(oneOf(STATES)) },
      answer: (hand, { query }) =>
        hand.database.door(hand.actor.partyId, async tx => {
          const limit = query.limit ?? DEFAULT_LIMIT;
          const filter = { caseId: query.case, state: query.state };
          const rows = await reVerificationsPage(tx, filter, query.after ?? null, limit + 1);
          return pageOf(rows, limit, row => row.reVerificationId, shownReVerification);
        }),
    }),
    moduleRoute({
      method: 'POST',
      path: '/cases/:id/re-verifications',
      right: 'measures:order',
      tag,
      status: 201,
      params: { id: Id },
      body: Type.Object(
        { reason: Reason, onLapse: Type.Optional(Type.String({ minLength: 1, maxLength: 63 })) },
        closed,
      ),
      answer: async (hand, { params, body }) => {
        const asked = { reason: body.reason, onLapse: body.onLapse ?? 'suspend-card' };
        const row = await hand.database.door(hand.actor.partyId, tx =>
          askReVerification(tx, hand.desk, handOf(hand), params.id, asked),
        );
        return done(hand, row);
      },
    }),
    moduleRoute({
      method: 'POST',
      path: '/re-verifications/:id/identity',
      right: 'persons:write',
      tag,
      params: { id: Id },
      body: Type.Object({ person: Handle }, closed),
      answer: async (hand, { params, body }) => {
        const row = await hand.database.door(hand.actor.partyId, tx =>
          identityVerifiedAgain(tx, hand.desk, handOf(hand), params.id, body.person),
        );
        return done(hand, row);
      },
    }),
    moduleRoute({
      method: 'POST',
      path: '/re-verifications/:id/scenario',
      right: 'persons:write',
      tag,
      params: { id: Id },
      body: Type.Object({ evidenceSha256: Type.Optional(Sha256) }, closed),
      answer: async (hand, { params, body }) => {
        const row = await hand.database.door(hand.actor.partyId, tx =>
          scenarioVerifiedAgain(tx, hand.desk, handOf(hand), params.id, body.evidenceSha256),
        );
        return done(hand, row);
      },
    }),
    moduleRoute({
      method: 'POST',
      path: '/re-verifications/:id/failure',
      right: 'measures:order',
      tag,
      params: { id: Id },
      body: Type.Object({ reason: Reason }, closed),
      answer: async (hand, { params, body }) => {
        const row = await hand.database.door(hand.actor.partyId, tx =>
          reVerificationFailed(tx, hand.desk, handOf(hand), params.id, body.reason),
        );
        return done(hand, row);
      },
    }),
  ];
}
