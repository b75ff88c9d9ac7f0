import { Type } from 'typebox';
import type { Database } from '../../../kernel/database/transaction.ts';
import { instant, rfc3339 } from '../../../kernel/time.ts';
import { bounded, listQuery, numberedPage, pageAsked } from '../../../spine/module-list.ts';
import { type ModuleRoute, moduleRoute, type RouteHand } from '../../../spine/module-route.ts';
import { type Binding, bindAtFirstBill, bindCard, bindingsOfCard, declareSwap } from './bindings/bindings.ts';
import { holdArea, liftArea, unbindCard } from './bindings/hold.ts';
import { cardKey } from './card-at-hand.ts';
import { Clauses, compiled, faultsOf, Moment, momentOf } from './clauses.ts';
import * as contracts from './contracts.ts';
import { rulesFor, type SaleDoors } from './contracts.ts';
import * as openings from './openings/openings.ts';
import type { SaleRules } from './sale-rules.ts';

const tag = 'contracts';
const closed = { additionalProperties: false };
const Numeral = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });
const id = { id: Numeral };
const Reference = Type.String({ minLength: 1, maxLength: 100, pattern: '^\\S(.*\\S)?$' });
const Reason = Type.String({ minLength: 1, maxLength: 2_000 });
const Iccid = Type.String({ minLength: 10, maxLength: 40 });

/** Contracts, openings, bindings and swap windows over HTTP. */
export function contractRoutes(saleRules: readonly SaleRules[]): readonly ModuleRoute[] {
  const doorsOf = ({ database, clock }: { database: Database; clock: SaleDoors['clock'] }): SaleDoors => ({
    database,
    clock,
    saleRules,
  });
  const said = (hand: RouteHand, contract: contracts.Contract) => {
    hand.announce('contract', `contract/${contract.contractId}`);
    return shownContract(doorsOf(hand), contract);
  };
  return [
    moduleRoute({
      method: 'GET',
      path: '/contracts',
      right: 'registry:read',
      tag,
      query: { ...listQuery, state: Type.Optional(Type.String({ maxLength: 20 })) },
      answer: async (hand, { query }) => {
        const { afterId, limit, rows } = pageAsked(query);
        const found = await hand.database.door(hand.actor.partyId, tx =>
          contracts.listContracts(tx, query.state, afterId, rows),
        );
        return numberedPage(
          found,
          limit,
          row => row.contractId,
          row => shownContract(doorsOf(hand), row),
        );
      },
    }),
    moduleRoute({
      method: 'GET',
      path: '/contracts/:id',
      right: 'registry:read',
      tag,
      params: id,
      answer: async (hand, { params }) => {
        const found = await hand.database.door(hand.actor.partyId, tx =>
          contracts.contractById(tx, params.id),
        );
        if (found === undefined) throw contracts.no('contract-unknown', params.id);
        return shownContract(doorsOf(hand), found);
      },
    }),
    moduleRoute({
      method: 'POST',
      path: '/contracts',
      right: 'registry:write',
      tag,
      status: 201,
      body: Type.Object({ reference: Reference, clauses: Clauses }, closed),
      answer: async (hand, { body }) =>
        said(hand, await contracts.draftContract(doorsOf(hand), doerOf(hand), body.reference, body.clauses)),
    }),
    moduleRoute({
      method: 'PUT',
      path: '/contracts/:id',
      right: 'registry:write',
      tag,
      params: id,
      body: Type.Object({ clauses: Clauses }, closed),
      answer: async (hand, { params, body }) =>
        said(hand, await contracts.redraftContract(doorsOf(hand), doerOf(hand), params.id, body.clauses)),
    }),
    moduleRoute({
      method: 'POST',
      path: '/contracts/:id/sign',
      right: 'policies:write',
      tag,
      params: id,
      answer: async (hand, { params }) =>
        said(hand, await contracts.signContract(doorsOf(hand), doerOf(hand), params.id)),
    }),
    moduleRoute({
      method: 'POST',
      path: '/contracts/:id/amend',
      right: 'policies:write',
      tag,
      params: id,
      body: Type.Object({ clauses: Clauses, from: Type.Optional(Moment) }, closed),
      answer: async (hand, { params, body }) => {
        const fromMs = body.from === undefined ? undefined : needMoment(body.from);
        const doors = doorsOf(hand);
        return said(
          hand,
          await contracts.amendContract(doors, doerOf(hand), params.id, body.clauses, fromMs),
        );
      },
    }),
    moduleRoute({
      method: 'POST',
      path: '/contracts/:id/end',
      right: 'policies:write',
      tag,
      params: id,
      body: Type.Object({ reason: Reason, at: Type.Optional(Moment) }, closed),
      answer: async (hand, { params, body }) => {
        const endMs = body.at === undefined ? undefined : needMoment(body.at);
        const asked = { reason: body.reason, endMs };
        return said(hand, await contracts.endContract(doorsOf(hand), doerOf(hand), params.id, asked));
      },
    }),
    moduleRoute({
      method: 'POST',
      path: '/contracts/:id/first-bill',
      right: 'registry:write',
      tag,
      params: id,
      body: Type.Object({ at: Type.Optional(Moment) }, closed),
      answer: async (hand, { params, body }) => {
        const atMs = body.at === undefined ? hand.clock.now() : needMoment(body.at);
        const bill = await bindAtFirstBill(doorsOf(hand), doerOf(hand), params.id, atMs);
        hand.announce('contract', `contract/${params.id}`);
        return bill;
      },
    }),
    ...openingRoutes(doorsOf),
    ...bindingRoutes(doorsOf),
  ];
}

function openingRoutes(doorsOf: (hand: RouteHand) => SaleDoors): readonly ModuleRoute[] {
  const said = (hand: RouteHand, opening: openings.Opening) => {
    hand.announce('opening', `opening/${opening.openingId}`);
    return shownOpening(opening);
  };
  const decision = (
    path: string,
    right: ModuleRoute['right'],
    decide: (
      doors: SaleDoors,
      doer: contracts.Doer,
      openingId: number,
      note: string,
    ) => Promise<openings.Opening>,
  ): ModuleRoute =>
    moduleRoute({
      method: 'POST',
      path: `/openings/:id/${path}`,
      right,
      tag,
      params: id,
      body: Type.Object({ note: Reason }, closed),
      answer: async (hand, { params, body }) =>
        said(hand, await decide(doorsOf(hand), doerOf(hand), params.id, body.note)),
    });
  return [
    moduleRoute({
      method: 'GET',
      path: '/openings',
      right: 'registry:read',
      tag,
      query: {
        ...listQuery,
        state: Type.Optional(Type.String({ maxLength: 20 })),
        contract: Type.Optional(Numeral),
      },
      answer: async (hand, { query }) => {
        const { afterId, limit, rows } = pageAsked(query);
        const filter = { state: query.state, contractId: query.contract };
        const found = await hand.database.door(hand.actor.partyId, tx =>
          openings.listOpenings(tx, filter, afterId, rows),
        );
        return numberedPage(found, limit, row => row.openingId, shownOpening);
      },
    }),
    moduleRoute({
      method: 'POST',
      path: '/openings',
      right: 'registry:write',
      tag,
      status: 201,
      body: Type.Object(
        {
          contract: Numeral,
          iccid: Type.Optional(Iccid),
          what: Type.Union(openings.OPENED.map(each => Type.Literal(each))),
          value: Type.Optional(
            Type.Union([
              Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
              Type.Array(Type.String({ pattern: '^\\d{3,6}$' }), { maxItems: 500 }),
            ]),
          ),
          why: Reason,
          from: Type.Optional(Moment),
          until: Moment,
        },
        closed,
      ),
      answer: async (hand, { body }) => {
        const asked = {
          contractId: body.contract,
          card: body.iccid === undefined ? undefined : cardKey(body.iccid),
          what: body.what,
          value: body.value,
          why: body.why,
          fromMs: body.from === undefined ? undefined : needMoment(body.from),
          untilMs: needMoment(body.until),
        };
        return said(hand, await openings.askOpening(doorsOf(hand), doerOf(hand), asked));
      },
    }),
    moduleRoute({
      method: 'POST',
      path: '/openings/:id/approve',
      right: 'policies:write',
      tag,
      params: id,
      answer: async (hand, { params }) =>
        said(hand, await openings.approveOpening(doorsOf(hand), doerOf(hand), params.id)),
    }),
    decision('refuse', 'policies:write', openings.refuseOpening),
    decision('revoke', 'registry:write', openings.revokeOpening),
  ];
}

function bindingRoutes(doorsOf: (hand: RouteHand) => SaleDoors): readonly ModuleRoute[] {
  const shown = (hand: RouteHand, found: readonly Binding[]) => {
    hand.announce('binding', 'card/binding');
    return { items: found.map(shownBinding), next: null };
  };
  return [
    moduleRoute({
      method: 'GET',
      path: '/bindings',
      right: 'registry:read',
      tag,
      query: { iccid: Iccid },
      answer: async (hand, { query }) => {
        const { partyId } = hand.actor;
        const found = await hand.database.door(partyId, tx => bindingsOfCard(tx, partyId, query.iccid));
        return { items: found.map(shownBinding), next: null };
      },
    }),
    moduleRoute({
      method: 'POST',
      path: '/bindings',
      right: 'registry:write',
      tag,
      body: Type.Object({ iccid: Iccid, imei: Type.String({ maxLength: 40 }) }, closed),
      answer: async (hand, { body }) =>
        shown(hand, await bindCard(doorsOf(hand), doerOf(hand), body.iccid, body.imei)),
    }),
    moduleRoute({
      method: 'POST',
      path: '/bindings/end',
      right: 'policies:write',
      tag,
      body: Type.Object({ iccid: Iccid }, closed),
      answer: async (hand, { body }) =>
        shown(hand, await unbindCard(doorsOf(hand), doerOf(hand), body.iccid)),
    }),
    moduleRoute({
      method: 'POST',
      path: '/bindings/area',
      right: 'policies:write',
      tag,
      body: Type.Object({ iccid: Iccid, held: Type.Boolean() }, closed),
      answer: async (hand, { body }) => {
        const area = await (body.held ? holdArea : liftArea)(doorsOf(hand), doerOf(hand), body.iccid);
        hand.announce('binding', 'card/binding');
        return { held: body.held, ...area };
      },
    }),
    moduleRoute({
      method: 'POST',
      path: '/swap-windows',
      right: 'registry:write',
      tag,
      body: Type.Object(
        { iccid: Iccid, imei: Type.String({ maxLength: 40 }), from: Moment, to: Moment, reason: Reason },
        closed,
      ),
      answer: async (hand, { body }) => {
        const { iccid, imei, reason } = body;
        const asked = { iccid, imei, reason, fromMs: needMoment(body.from), toMs: needMoment(body.to) };
        return shown(hand, await declareSwap(doorsOf(hand), doerOf(hand), asked));
      },
    }),
  ];
}

export function doerOf({ actor }: RouteHand): contracts.Doer {
  return { partyId: actor.partyId, label: actor.label, userId: actor.userId };
}

/** Refuses `moment-unreadable` for text that is no instant with its zone. */
export function needMoment(text: string): number {
  const ms = momentOf(text);
  if (ms === null) throw contracts.no('moment-unreadable', 'request');
  return ms;
}

/** A contract with what keeps it from being signed, and what it binds its cards to. */
function shownContract(doors: SaleDoors, contract: contracts.Contract) {
  const { clauses } = contract;
  const rules = rulesFor(doors, contract);
  const faults = contract.state === 'draft' ? faultsOf(clauses, rules, doors.clock.now()) : [];
  const span = { endMs: contract.endedAtMs, beginMs: contract.effectiveMs };
  const restrictions = faults.length > 0 ? [] : compiled(contract.reference, clauses, rules, span);
  return {
    id: contract.contractId,
    partyId: contract.partyId,
    reference: contract.reference,
    state: contract.state,
    version: contract.version,
    clauses,
    faults,
    restrictions: restrictions.map(({ fromMs, toMs, terms }) => ({
      from: rfc3339(fromMs),
      to: instant(toMs),
      terms,
    })),
    draftedBy: contract.draftedBy,
    draftedAt: rfc3339(contract.draftedAtMs),
    signedBy: contract.signedBy,
    signedAt: instant(contract.signedAtMs),
    endedBy: contract.endedBy,
    endedAt: instant(contract.endedAtMs),
    endReason: contract.endReason,
  };
}

function shownOpening(opening: openings.Opening) {
  return {
    id: opening.openingId,
    partyId: opening.partyId,
    contractId: opening.contractId,
    card: opening.card,
    what: opening.what,
    value: opening.value,
    why: opening.why,
    from: rfc3339(opening.fromMs),
    until: rfc3339(opening.untilMs),
    state: opening.state,
    askedBy: opening.askedBy,
    askedAt: rfc3339(opening.askedAtMs),
    decidedBy: opening.decidedBy,
    decidedAt: instant(opening.decidedAtMs),
    revokedBy: opening.revokedBy,
    revokedAt: instant(opening.revokedAtMs),
    note: opening.note,
  };
}

function shownBinding({ imei, fromMs, toMs }: Binding) {
  return { imei, from: bounded(fromMs), to: bounded(toMs) };
}
