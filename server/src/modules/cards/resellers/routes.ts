import { Type } from 'typebox';
import { instant, rfc3339 } from '../../../kernel/time.ts';
import { listQuery, numberedList, numberedPage, pageAsked } from '../../../spine/module-list.ts';
import { type ModuleRoute, moduleRoute, type RouteHand } from '../../../spine/module-route.ts';
import { Moment } from '../contracts/clauses.ts';
import type { SaleDoors } from '../contracts/contracts.ts';
import { doerOf } from '../contracts/routes.ts';
import type { SaleRules } from '../contracts/sale-rules.ts';
import * as resellers from './resellers.ts';

const tag = 'resellers';
const closed = { additionalProperties: false };
const Numeral = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });
const Text = Type.String({ minLength: 1, maxLength: 1_000 });
const Reference = Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$' });
const id = { id: Numeral };
const Row = Type.Object({ iccid: Type.String({ maxLength: 40 }), at: Moment }, closed);

/** Who sells cards on, their returns, and what differs between these and the network, over HTTP. */
export function resellerRoutes(saleRules: readonly SaleRules[]): readonly ModuleRoute[] {
  const doorsOf = ({ database, clock }: RouteHand): SaleDoors => ({ database, clock, saleRules });
  return [
    numberedList({
      path: '/resellers',
      tag,
      read: resellers.listResellers,
      idOf: row => row.resellerId,
      show: shownReseller,
    }),
    moduleRoute({
      method: 'GET',
      path: '/resellers/:id',
      right: 'registry:read',
      tag,
      params: id,
      answer: async (hand, { params }) =>
        await hand.database.door(hand.actor.partyId, async tx => {
          const [found] = await resellers.listResellers(tx, params.id - 1, 1);
          if (found?.resellerId !== params.id) throw resellers.no('reseller-unknown', params.id);
          return { ...shownReseller(found), stock: await resellers.stockOf(tx, params.id) };
        }),
    }),
    moduleRoute({
      method: 'POST',
      path: '/resellers',
      right: 'registry:write',
      tag,
      status: 201,
      body: Type.Object(
        { reference: Reference, title: Text, homeOperator: Text, realNameClause: Text, penaltyClause: Text },
        closed,
      ),
      answer: async (hand, { body }) => {
        const made = await resellers.registerReseller(doorsOf(hand), doerOf(hand), body);
        hand.announce('reseller', `reseller/${made.resellerId}`);
        return shownReseller(made);
      },
    }),
    moduleRoute({
      method: 'GET',
      path: '/resellers/:id/returns',
      right: 'registry:read',
      tag,
      params: id,
      query: listQuery,
      answer: async (hand, { params, query }) => {
        const { afterId, limit, rows } = pageAsked(query);
        const found = await hand.database.door(hand.actor.partyId, async tx => {
          const [reseller] = await resellers.listResellers(tx, params.id - 1, 1);
          if (reseller?.resellerId !== params.id) throw resellers.no('reseller-unknown', params.id);
          return await resellers.listReturns(tx, params.id, afterId, rows);
        });
        return numberedPage(found, limit, row => row.returnId, shownReturn);
      },
    }),
    moduleRoute({
      method: 'POST',
      path: '/resellers/:id/returns',
      right: 'registry:write',
      tag,
      status: 201,
      params: id,
      body: Type.Object(
        {
          what: Type.Union([
            Type.Literal('allocated'),
            Type.Literal('stock'),
            Type.Literal('sold'),
            Type.Literal('real-name'),
          ]),
          rows: Type.Array(Row, { maxItems: 5_000 }),
          statedStock: Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })),
          sentTo: Type.Optional(Text),
          proof: Type.Optional(Type.String({ pattern: '^[0-9a-f]{64}$' })),
        },
        closed,
      ),
      answer: async (hand, { params, body }) => {
        const asked = { resellerId: params.id, ...body };
        const report = await resellers.takeReturn(doorsOf(hand), doerOf(hand), asked);
        hand.announce('reseller', `reseller/${params.id}`);
        return report;
      },
    }),
    moduleRoute({
      method: 'POST',
      path: '/resellers/:id/reconcile',
      right: 'registry:write',
      tag,
      params: id,
      answer: async (hand, { params }) => {
        const done = await resellers.reconcileReseller(doorsOf(hand), doerOf(hand), params.id);
        hand.announce('reseller', `reseller/${params.id}`);
        return done;
      },
    }),
    moduleRoute({
      method: 'GET',
      path: '/sale-differences',
      right: 'registry:read',
      tag,
      query: { ...listQuery, reseller: Type.Optional(Numeral), resolved: Type.Optional(Type.Boolean()) },
      answer: async (hand, { query }) => {
        const { afterId, limit, rows } = pageAsked(query);
        const filter = { resellerId: query.reseller, isOpen: query.resolved !== true };
        const found = await hand.database.door(hand.actor.partyId, tx =>
          resellers.listDifferences(tx, filter, afterId, rows),
        );
        return numberedPage(found, limit, row => row.differenceId, shownDifference);
      },
    }),
  ];
}

function shownReseller(reseller: resellers.Reseller) {
  const { resellerId, registeredAtMs, endedAtMs, ...rest } = reseller;
  return { id: resellerId, ...rest, registeredAt: rfc3339(registeredAtMs), endedAt: instant(endedAtMs) };
}

function shownReturn(row: resellers.Return) {
  const { returnId, contentSha256, proofSha256, handedAtMs, ...rest } = row;
  return {
    id: returnId,
    ...rest,
    contentSha256: contentSha256.toString('hex'),
    proofSha256: proofSha256?.toString('hex') ?? null,
    handedAt: rfc3339(handedAtMs),
  };
}

function shownDifference(row: resellers.Difference) {
  const { differenceId, foundAtMs, lastFoundAtMs, resolvedAtMs, iccid, ...rest } = row;
  return {
    id: differenceId,
    ...rest,
    iccid: iccid === '' ? null : iccid,
    foundAt: rfc3339(foundAtMs),
    lastFoundAt: rfc3339(lastFoundAtMs),
    resolvedAt: instant(resolvedAtMs),
  };
}
