import { Type } from 'typebox';
import { instant, rfc3339 } from '../../../kernel/time.ts';
import { listQuery, numberedList, numberedPage, pageAsked } from '../../../spine/module-list.ts';
import { type ModuleRoute, moduleRoute } from '../../../spine/module-route.ts';
import type { Profiles } from '../authorities/profiles.ts';
import { deskOf } from '../desk.ts';
import { type Enrolment, listEnrolments } from '../enrolment/enrolment-store.ts';
import * as fleets from '../enrolment/fleets.ts';
import { STEPS } from '../enrolment/trace.ts';
import { doerOf, Numeral, tag } from './parts.ts';

const closed = { additionalProperties: false };
const id = { id: Numeral };
/** A clock that stands before this was never set: chips begin in 1970, 1980 or 2000. */
const NEVER_SET_MS = Date.UTC(2001, 0, 1);

/** Fleets, the devices they expect, and what became of those that came. */
export function fleetRoutes(profiles: Profiles): readonly ModuleRoute[] {
  return [
    numberedList({
      path: '/device-fleets',
      tag,
      read: fleets.listFleets,
      idOf: each => each.fleetId,
      show: shownFleet,
    }),
    moduleRoute({
      method: 'POST',
      path: '/device-fleets',
      right: 'policies:write',
      tag,
      status: 201,
      body: Type.Object(
        {
          name: Type.String({ pattern: '^[a-z][a-z0-9-]{0,30}$' }),
          product: Type.String({ minLength: 1, maxLength: 24 }),
          authority: Numeral,
          profile: Type.Optional(Type.String({ maxLength: 40 })),
          makesKeys: Type.Optional(Type.Boolean()),
          graceDays: Type.Optional(Type.Integer({ minimum: 0, maximum: 366 })),
          approval: Type.Optional(
            Type.Union([Type.Literal('none'), Type.Literal('first'), Type.Literal('every')]),
          ),
        },
        closed,
      ),
      answer: async (hand, { body }) => {
        const { name, product, authority: authorityId, profile = 'device' } = body;
        const { makesKeys = false, graceDays = 0, approval } = body;
        const asked = { name, product, authorityId, profile, makesKeys, graceDays, approval };
        const made = await fleets.makeFleet(deskOf(hand, profiles), doerOf(hand), asked);
        hand.announce('fleet', `fleet/${made.fleetId}`);
        return shownFleet(made);
      },
    }),
    moduleRoute({
      method: 'POST',
      path: '/device-fleets/:id/close',
      right: 'policies:write',
      tag,
      params: id,
      answer: async (hand, { params }) => {
        const done = await fleets.endFleet(hand, doerOf(hand), params.id);
        hand.announce('fleet', `fleet/${done.fleetId}`);
        return shownFleet(done);
      },
    }),
    moduleRoute({
      method: 'POST',
      path: '/device-fleets/:id/expected',
      right: 'registry:write',
      tag,
      status: 201,
      params: id,
      body: Type.Object(
        {
          serials: Type.Array(Type.String({ minLength: 1, maxLength: 39 }), { minItems: 1, maxItems: 1_000 }),
          days: Type.Optional(Type.Integer({ minimum: 1, maximum: 366 })),
        },
        closed,
      ),
      answer: async (hand, { params, body }) => {
        const { serials, days = 30 } = body;
        const made = await fleets.expectDevices(hand, doerOf(hand), params.id, serials, days);
        hand.announce('fleet', `fleet/${params.id}`);
        return {
          items: made.map(({ device, subjectId, secret }) => ({ device, subject: subjectId, secret })),
        };
      },
    }),
    moduleRoute({
      method: 'GET',
      path: '/device-enrolments',
      right: 'registry:read',
      tag,
      query: {
        ...listQuery,
        fleet: Type.Optional(Numeral),
        device: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
      },
      answer: async (hand, { query }) => {
        const { limit, rows } = pageAsked(query);
        // The newest stand first: a page goes on below its last.
        const beforeId = query.after === undefined ? Number.MAX_SAFE_INTEGER : Number(query.after);
        const filter = { fleetId: query.fleet, named: query.device };
        const found = await hand.database.door(hand.actor.partyId, tx =>
          listEnrolments(tx, filter, beforeId, rows),
        );
        return numberedPage(found, limit, each => each.enrolmentId, shownEnrolment);
      },
    }),
  ];
}

function shownFleet(one: fleets.Fleet) {
  return {
    id: one.fleetId,
    party: one.partyId,
    name: one.name,
    label: fleets.labelOf(one),
    product: one.product,
    authority: one.authorityId,
    profile: one.profile,
    state: one.state,
    makesKeys: one.makesKeys,
    graceDays: one.graceMs / 86_400_000,
    approval: one.approval,
    madeBy: one.madeBy,
    madeAt: rfc3339(one.madeAtMs),
  };
}

/** With the two steps that happen after the answer: that it left, and that the device came with the certificate. */
function shownEnrolment(one: Enrolment) {
  const later = (step: (typeof STEPS)[number], atMs: number | null) => ({
    step,
    outcome: atMs === null ? 'waited-for' : 'ok',
    detail: atMs === null ? {} : { at: rfc3339(atMs) },
  });
  const after =
    one.certificateId === null
      ? []
      : [later('delivery', one.deliveredAtMs ?? one.usedAtMs), later('first-use', one.usedAtMs)];
  return {
    id: one.enrolmentId,
    party: one.partyId,
    fleet: one.fleetId,
    operation: one.operation,
    device: one.named,
    outcome: one.code,
    firstAt: rfc3339(one.firstAtMs),
    lastAt: rfc3339(one.lastAtMs),
    times: one.times,
    certificate: one.certificateId,
    usedAt: instant(one.usedAtMs),
    clock: clockOf(one),
    steps: [...one.steps, ...after].map(each => ({ no: STEPS.indexOf(each.step) + 1, ...each })),
  };
}

/** What the device took the time for, where it said so and was wrong by more than a minute (I-13). */
function clockOf({ steps, lastAtMs }: Enrolment) {
  const says = steps.find(each => each.step === 'connection')?.detail['deviceClock'];
  const saysMs = typeof says === 'string' ? Date.parse(says) : Number.NaN;
  if (!Number.isFinite(saysMs)) return null;
  const state = saysMs < NEVER_SET_MS ? 'never-set' : saysMs < lastAtMs ? 'slow' : 'fast';
  return { at: rfc3339(saysMs), state };
}
