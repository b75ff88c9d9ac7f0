import { Type } from 'typebox';
import type { Tx } from '../../../kernel/database/transaction.ts';
import { isRefusal, Refusal } from '../../../kernel/refusal.ts';
import { rfc3339 } from '../../../kernel/time.ts';
import { type ModuleRoute, moduleRoute, type RouteHand } from '../../../spine/module-route.ts';
import { recorded, recordRefused } from '../../../spine/registry/recorded.ts';
import { registerRows } from '../../../spine/registry/register.ts';
import { type NamedSubject, subjectsNamed, subjectsNumbered } from '../../../spine/views/named-subjects.ts';
import type { SourceCode } from '../gate/gate-code.ts';
import { cardsNamed, HOLDER, named, SELLER, SUPPLIER } from '../gate/move-cards.ts';
import { countsByBatch } from '../gate/store.ts';
import { moveProfile, PROFILE_STATES, type ProfileState } from './profiles.ts';
import { takeChips, takeIn } from './stock.ts';
import * as store from './store.ts';

const tag = 'card-source';
const MOST_CARDS = 1_000;
const DEFAULT_LIMIT = 100;
const Reference = Type.String({ minLength: 1, maxLength: 200 });
/** A reference that somebody gives: no blanks at its ends, no control characters. */
const NewReference = Type.String({ pattern: '^[^\\s\\p{Cc}]([^\\p{Cc}]{0,98}[^\\s\\p{Cc}])?$' });
const Digits = Type.String({ pattern: '^[0-9]{4,32}$' });
const Id = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });
const page = {
  after: Type.Optional(Id),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500 })),
};
const closed = { additionalProperties: false };

/** Suppliers, holders and sellers: who cards come from and who they go to. Their names are references, never a person's. */
const partners: readonly ModuleRoute[] = [
  partnerRoute('/card-suppliers', SUPPLIER),
  partnerRoute('/card-holders', HOLDER),
  partnerRoute('/card-sellers', SELLER),
];

function partnerRoute(path: string, kind: string): ModuleRoute {
  return moduleRoute({
    method: 'POST',
    path,
    right: 'registry:write',
    tag,
    status: 201,
    body: Type.Object(
      {
        reference: NewReference,
        // Of a seller that is a party of the house: which one.
        party: Type.Optional(Id),
      },
      closed,
    ),
    async answer(hand, { body }) {
      const { actor, clock } = hand;
      const attempt = { act: `card-${kind}-registered`, object: `kind/${kind}`, ...whoIs(actor) };
      const subjectId = await recorded(hand, attempt, async tx => {
        const before = await ownNamed(tx, actor.partyId, kind, body.reference);
        if (before !== undefined) throw new Refusal<SourceCode>('source-exists', { detail: { kind } });
        const attributes = body.party === undefined ? {} : { party: String(body.party) };
        const registrations = [{ do: 'subject' as const, kind, reference: body.reference, attributes }];
        const rows = [{ place: 'body', asks: { registrations } }];
        const { outcomes } = await registerRows(tx, actor.partyId, rows, actor.label, clock.now());
        if (outcomes[0]?.outcome !== 'registered') throw new Refusal<SourceCode>('source-number-faulty');
        const made = await ownNamed(tx, actor.partyId, kind, body.reference);
        return { result: made!.subjectId, object: `subject/${made!.subjectId}` };
      });
      return { id: subjectId, reference: body.reference };
    },
  });
}

const blockRoutes: readonly ModuleRoute[] = [
  moduleRoute({
    method: 'POST',
    path: '/number-blocks',
    right: 'registry:write',
    tag,
    status: 201,
    body: Type.Object(
      {
        supplier: Reference,
        kind: Type.Union(['iccid', 'imsi', 'msisdn', 'eid'].map(each => Type.Literal(each))),
        first: Digits,
        last: Digits,
      },
      closed,
    ),
    async answer(hand, { body }) {
      const { actor } = hand;
      const attempt = { act: 'number-block-registered', object: 'kind/number-block', ...whoIs(actor) };
      const blockId = await recorded(hand, attempt, async tx => {
        const { supplier, kind, first, last } = body;
        if (first.length !== last.length || first > last)
          throw new Refusal<SourceCode>('source-number-faulty', { detail: { kind, fault: 'order' } });
        const { subjectId } = await ownSupplier(tx, actor.partyId, supplier);
        const by = actor.label;
        const made = await store.addBlock(tx, actor.partyId, {
          supplierId: subjectId,
          kind,
          first,
          last,
          by,
        });
        if (made === 'overlaps')
          throw new Refusal<SourceCode>('source-exists', { detail: { kind: 'number-block' } });
        return { result: made, object: `number-block/${made}`, detail: { kind, digits: first.length } };
      });
      return { id: blockId };
    },
  }),
  moduleRoute({
    method: 'GET',
    path: '/number-blocks',
    right: 'registry:read',
    tag,
    query: page,
    answer: ({ database, actor }, { query }) =>
      database.door(actor.partyId, async tx => {
        const { after = 0, limit = DEFAULT_LIMIT } = query;
        const rows = await store.blocks(tx, after, limit + 1);
        const names = await namesOf(
          tx,
          rows.map(row => row.supplierId),
        );
        const items = rows.slice(0, limit).map(({ blockId, supplierId, registeredAtMs, ...rest }) => ({
          id: blockId,
          supplier: names.get(supplierId) ?? null,
          ...rest,
          registeredAt: rfc3339(registeredAtMs),
        }));
        return { items, next: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
      }),
  }),
];

const batchRoutes: readonly ModuleRoute[] = [
  moduleRoute({
    method: 'POST',
    path: '/card-batches',
    right: 'registry:write',
    tag,
    status: 201,
    body: Type.Object(
      {
        reference: NewReference,
        supplier: Reference,
        form: Type.Union(['plug-in', 'mff2', 'esim', 'softsim'].map(each => Type.Literal(each))),
        ordered: Type.Integer({ minimum: 1, maximum: 100_000_000 }),
      },
      closed,
    ),
    async answer(hand, { body }) {
      const { actor } = hand;
      const attempt = { act: 'card-batch-ordered', object: 'kind/card-batch', ...whoIs(actor) };
      const batchId = await recorded(hand, attempt, async tx => {
        const { reference, form, ordered } = body;
        const { subjectId: supplierId } = await ownSupplier(tx, actor.partyId, body.supplier);
        const by = actor.label;
        const made = await store.addBatch(tx, actor.partyId, { reference, supplierId, form, ordered, by });
        if (made === 'exists')
          throw new Refusal<SourceCode>('source-exists', { detail: { kind: 'card-batch' } });
        return { result: made, object: `card-batch/${made}`, detail: { form, ordered } };
      });
      return { id: batchId, reference: body.reference };
    },
  }),
  moduleRoute({
    method: 'GET',
    path: '/card-batches',
    right: 'registry:read',
    tag,
    query: page,
    answer: ({ database, actor }, { query }) =>
      database.door(actor.partyId, async tx => {
        const { after = 0, limit = DEFAULT_LIMIT } = query;
        const rows = await store.batchesPage(tx, after, limit + 1);
        const items = await shownBatches(tx, rows.slice(0, limit));
        return { items, next: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
      }),
  }),
  moduleRoute({
    method: 'GET',
    path: '/card-batches/:id',
    right: 'registry:read',
    tag,
    params: { id: Id },
    answer: ({ database, actor }, { params }) =>
      database.door(actor.partyId, async tx => {
        const found = await store.batchById(tx, params.id);
        if (found === undefined) throw unknown('card-batch');
        return (await shownBatches(tx, [found]))[0];
      }),
  }),
  moduleRoute({
    method: 'POST',
    path: '/card-batches/:id/cards',
    right: 'registry:write',
    tag,
    params: { id: Id },
    body: Type.Object(
      {
        cards: Type.Array(
          Type.Object(
            {
              iccid: Type.String({ maxLength: 60 }),
              imsi: Type.Optional(Type.String({ maxLength: 60 })),
              msisdn: Type.Optional(Type.String({ maxLength: 60 })),
            },
            closed,
          ),
          { minItems: 1, maxItems: MOST_CARDS },
        ),
      },
      closed,
    ),
    async answer(hand, { params, body }) {
      const { database, actor, clock } = hand;
      try {
        const outcomes = await database.door(actor.partyId, tx =>
          takeIn(tx, actor.label, params.id, body.cards, clock.now()),
        );
        hand.announce('card', `card-batch/${params.id}`);
        const count = (outcome: string) => outcomes.filter(each => each.outcome === outcome).length;
        return {
          takenIn: count('moved'),
          unchanged: count('unchanged'),
          refused: outcomes.filter(each => each.outcome === 'refused'),
        };
      } catch (thrown) {
        if (isRefusal(thrown))
          await recordRefused(
            hand,
            { act: 'cards-taken-in', object: `card-batch/${params.id}`, ...whoIs(actor) },
            thrown.code,
          );
        throw thrown;
      }
    },
  }),
];

const poolRoutes: readonly ModuleRoute[] = [
  moduleRoute({
    method: 'POST',
    path: '/esim-pools',
    right: 'registry:write',
    tag,
    status: 201,
    body: Type.Object({ reference: NewReference }, closed),
    async answer(hand, { body }) {
      const { actor } = hand;
      const attempt = { act: 'esim-pool-registered', object: 'kind/esim-pool', ...whoIs(actor) };
      const poolId = await recorded(hand, attempt, async tx => {
        const made = await store.addPool(tx, actor.partyId, body.reference, actor.label);
        if (made === 'exists')
          throw new Refusal<SourceCode>('source-exists', { detail: { kind: 'esim-pool' } });
        return { result: made, object: `esim-pool/${made}` };
      });
      return { id: poolId, reference: body.reference };
    },
  }),
  moduleRoute({
    method: 'GET',
    path: '/esim-pools',
    right: 'registry:read',
    tag,
    query: page,
    answer: ({ database, actor }, { query }) =>
      database.door(actor.partyId, async tx => {
        const { after = 0, limit = DEFAULT_LIMIT } = query;
        const rows = await store.pools(tx, after, limit + 1);
        const items = rows.slice(0, limit).map(({ poolId, registeredAtMs, ...rest }) => ({
          id: poolId,
          ...rest,
          registeredAt: rfc3339(registeredAtMs),
        }));
        return { items, next: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
      }),
  }),
  moduleRoute({
    method: 'POST',
    path: '/esim-pools/:id/chips',
    right: 'registry:write',
    tag,
    params: { id: Id },
    body: Type.Object(
      { eids: Type.Array(Type.String({ maxLength: 60 }), { minItems: 1, maxItems: MOST_CARDS }) },
      closed,
    ),
    answer(hand, { params, body }) {
      const attempt = { act: 'esim-chips-added', object: `esim-pool/${params.id}`, ...whoIs(hand.actor) };
      return recorded(hand, attempt, async tx => {
        const pool = await store.poolById(tx, params.id);
        if (pool === undefined) throw unknown('esim-pool');
        const result = await takeChips(tx, pool, body.eids);
        const { added, known, refused } = result;
        return { result, detail: { added, known, refused: refused.length } };
      });
    },
  }),
  moduleRoute({
    method: 'POST',
    path: '/esim-profiles/:iccid/state',
    right: 'registry:write',
    tag,
    params: { iccid: Reference },
    body: Type.Object(
      {
        state: Type.Union(PROFILE_STATES.map(each => Type.Literal(each))),
        eid: Type.Optional(Type.String({ maxLength: 60 })),
      },
      closed,
    ),
    async answer(hand, { params, body }) {
      const { database, actor, clock } = hand;
      try {
        const asked = { state: body.state as ProfileState, eid: body.eid };
        const moved = await database.door(actor.partyId, async tx => {
          const [card] = await cardsNamed(tx, [params.iccid]);
          return moveProfile(tx, card!, asked, { actor: actor.label, atMs: clock.now() });
        });
        hand.announce('card', 'act/profile');
        return moved;
      } catch (thrown) {
        if (isRefusal(thrown))
          await recordRefused(
            hand,
            { act: 'esim-profile-move', object: `state/${body.state}`, ...whoIs(actor) },
            thrown.code,
          );
        throw thrown;
      }
    },
  }),
];

/** Where cards come from: suppliers, number blocks, batches, pools of eSIMs; and whom they go to. */
export const sourceRoutes: readonly ModuleRoute[] = [
  ...partners,
  ...blockRoutes,
  ...batchRoutes,
  ...poolRoutes,
];

function whoIs(actor: RouteHand['actor']): { partyId: number; actor: string } {
  return { partyId: actor.partyId, actor: actor.label };
}

function unknown(kind: string): Refusal<SourceCode> {
  return new Refusal<SourceCode>('card-source-unknown', { detail: { kind } });
}

async function ownNamed(
  tx: Tx,
  partyId: number,
  kind: string,
  reference: string,
): Promise<NamedSubject | undefined> {
  return (await subjectsNamed(tx, kind, [reference])).find(each => each.partyId === partyId);
}

/** A supplier of the party itself or of one that it sees. */
async function ownSupplier(tx: Tx, partyId: number, reference: string): Promise<NamedSubject> {
  return (await ownNamed(tx, partyId, SUPPLIER, reference)) ?? (await named(tx, SUPPLIER, reference));
}

async function namesOf(tx: Tx, ids: readonly number[]): Promise<Map<number, string>> {
  return new Map((await subjectsNumbered(tx, ids)).map(each => [each.subjectId, each.reference]));
}

async function shownBatches(tx: Tx, rows: readonly store.CardBatch[]) {
  const names = await namesOf(
    tx,
    rows.map(row => row.supplierId),
  );
  const counts = await countsByBatch(
    tx,
    rows.map(row => row.batchId),
  );
  return rows.map(({ batchId, supplierId, registeredAtMs, registeredBy, ...rest }) => ({
    id: batchId,
    supplier: names.get(supplierId) ?? null,
    ...rest,
    cards: counts.get(batchId) ?? {},
    registeredBy,
    registeredAt: rfc3339(registeredAtMs),
  }));
}
