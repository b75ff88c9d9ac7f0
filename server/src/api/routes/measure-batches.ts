import type { FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import type { Canonical } from '../../kernel/canonical-json.ts';
import type { Tx } from '../../kernel/database/transaction.ts';
import { randomId } from '../../kernel/ids.ts';
import { instant, rfc3339 } from '../../kernel/time.ts';
import { type BatchSource, gatherFailed, gatherMembers } from '../../spine/batch-source.ts';
import type { TitledMeasure } from '../../spine/contribution.ts';
import { hidden } from '../../spine/masked.ts';
import {
  type Batch,
  type Counts,
  LONGEST_NAME,
  MOST_MEMBERS,
  RESULTS,
  stateOf,
} from '../../spine/measures/batches/batch.ts';
import { cancelBatch } from '../../spine/measures/batches/cancel.ts';
import { closeCasesOf } from '../../spine/measures/batches/close-cases.ts';
import { namesListed } from '../../spine/measures/batches/listed.ts';
import { batchNumbered, orderBatch, previewBatch } from '../../spine/measures/batches/order-batch.ts';
import { countsOf, listBatches } from '../../spine/measures/batches/results.ts';
import { type MemberView, membersPage, withReferences } from '../../spine/views/measure-batches.ts';
import { type Actor, type App, type Doors, need } from '../app.ts';
import { Numeral, Whole } from '../numbers.ts';
import { DEFAULT_LIMIT, pageOf, pageQuery, readCursor, writeCursor } from '../paging.ts';
import { tried } from '../tried.ts';
import { passUploadBy, uploadOf } from '../uploads.ts';

const tags = ['measures'];
const closed = { additionalProperties: false };
const Id = Type.Object({ id: Numeral });
const Name = Type.String({ maxLength: 63 });
const Key = Type.Optional(
  Type.String({
    minLength: 1,
    maxLength: 200,
    pattern: '\\S',
    description: 'The caller’s own name for the batch: sent again under it, nothing is ordered twice.',
  }),
);
const Card = Type.String({ minLength: 1, maxLength: LONGEST_NAME, pattern: '\\S' });
const Source = Type.Union([
  Type.Object(
    {
      cards: Type.Array(Card, {
        minItems: 1,
        maxItems: MOST_MEMBERS,
        description: 'ICCID, MSISDN, IMSI or EID as text, or `subject/17`.',
      }),
    },
    closed,
  ),
  Type.Object({ case: Whole }, closed),
  Type.Object({ finding: Type.String({ pattern: '^[0-9a-f]{64}$' }) }, closed),
  Type.Object({ batch: Whole }, closed),
]);
const Wish = {
  deed: Type.Optional(Type.Union([Type.Literal('apply'), Type.Literal('lift')])),
  kind: Name,
  terms: Type.Optional(Type.Record(Name, Name)),
  providerId: Type.Optional(Whole),
  of: Source,
};
const Preview = Type.Object(Wish, closed);
const Order = Type.Object(
  { ...Wish, key: Key, why: Type.String({ minLength: 1, maxLength: 1_000, pattern: '\\S' }) },
  closed,
);
/** A file of cards to their names, as an order takes them. */
const ListQuery = Type.Object({
  column: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
  encoding: Type.Optional(Type.Union([Type.Literal('utf-8'), Type.Literal('gb18030')])),
});
const Cancel = Type.Union([
  Type.Object({ reason: Type.Optional(Type.String({ maxLength: 1_000 })) }, closed),
  Type.Null(),
]);
const CloseCases = Type.Object(
  {
    reason: Type.String({ minLength: 1, maxLength: 4_000, pattern: '\\S' }),
    after: Type.Optional(Type.String({ maxLength: 200 })),
  },
  closed,
);
const Retry = Type.Union([Type.Object({ key: Key }, closed), Type.Null()]);
const Cards = Type.Object({
  ...pageQuery,
  result: Type.Optional(Type.Union(RESULTS.map(result => Type.Literal(result)))),
});

/** Batches of orders: one deed for many subjects, with a result for each (C-43). */
export function measureBatchesRoutes(app: App, doors: Doors): void {
  const { database, desk, contributions } = doors;
  const hand = (actor: Actor) => ({ actor: actor.label, atMs: doors.clock.now() });
  const shown = (batch: Batch, counts?: Counts) => shownBatch(batch, desk.kinds, counts);

  app.post('/api/v1/measure-batches/preview', { schema: { tags, body: Preview } }, async request => {
    const actor = need(request, 'measures:order');
    const { of, deed = 'apply', ...wish } = request.body;
    const { atMs } = hand(actor);
    const { members, verdicts } = await previewBatch(
      doors,
      actor.partyId,
      { deed, ...wish },
      tx => gatherMembers(tx, contributions, actor.partyId, of as BatchSource, atMs),
      actor.label,
    );
    const rows = await database.door(actor.partyId, tx => withReferences(tx, members.members));
    const items = rows.map((row, i) => ({
      place: row.place,
      given: shownName(request, row.given),
      subject: shownSubject(row),
      outcome: verdicts[i]?.outcome,
      reason: verdicts[i]?.reason ?? null,
      measureId: verdicts[i]?.measureId ?? null,
    }));
    return {
      deed,
      kind: wish.kind,
      members: items.length,
      repeated: members.repeated,
      digest: members.digest,
      counts: counted(items),
      items,
    };
  });

  app.register(async scope => {
    scope.removeAllContentTypeParsers();
    scope.addHook('onError', passUploadBy);
    scope.addContentTypeParser(['text/csv', 'application/octet-stream'], (_request, payload, done) =>
      done(null, payload),
    );
    scope.post<{ Querystring: Static<typeof ListQuery> }>(
      '/api/v1/measure-batches/lists',
      {
        bodyLimit: Number.MAX_SAFE_INTEGER,
        schema: { tags, consumes: ['text/csv'], querystring: ListQuery },
      },
      async request => {
        need(request, 'measures:order');
        const { column, encoding = 'utf-8' } = request.query;
        return { cards: await namesListed(uploadOf(request), { column, encoding }) };
      },
    );
  });

  app.post('/api/v1/measure-batches', { schema: { tags, body: Order } }, async (request, reply) => {
    const actor = need(request, 'measures:order');
    const { key = randomId(), ...sent } = request.body;
    const { batch, isNew } = await tried(
      doors,
      actor,
      'measure-batch-order',
      `party/${actor.partyId}`,
      ordered(actor, key, sent),
    );
    doors.wake();
    return reply.code(isNew ? 201 : 200).send(shown(batch));
  });

  const ordered = (actor: Actor, key: string, sent: Omit<Static<typeof Order>, 'key'>) => {
    const { of, deed = 'apply', ...wish } = sent;
    const by = hand(actor);
    return (tx: Tx) =>
      orderBatch(
        tx,
        desk,
        actor.partyId,
        { key, deed, ...wish, sent: sent as unknown as Canonical },
        inner => gatherMembers(inner, contributions, actor.partyId, of as BatchSource, by.atMs),
        by,
      );
  };

  app.get(
    '/api/v1/measure-batches',
    { schema: { tags, querystring: Type.Object(pageQuery) } },
    async request => {
      const actor = need(request, 'measures:read');
      const { limit = DEFAULT_LIMIT } = request.query;
      const before = readCursor(request.query.after, ['number'])?.[0] ?? null;
      const rows = await database.door(actor.partyId, tx => listBatches(tx, before, limit + 1));
      return pageOf(
        rows,
        limit,
        row => [row.batchId],
        row => shown(row),
      );
    },
  );

  app.get('/api/v1/measure-batches/:id', { schema: { tags, params: Id } }, async request => {
    const actor = need(request, 'measures:read');
    return await database.door(actor.partyId, async tx => {
      const batch = await batchNumbered(tx, request.params.id);
      return shown(batch, await countsOf(tx, batch.batchId));
    });
  });

  app.get(
    '/api/v1/measure-batches/:id/cards',
    { schema: { tags, params: Id, querystring: Cards } },
    async request => {
      const actor = need(request, 'measures:read');
      const { result, limit = DEFAULT_LIMIT } = request.query;
      const after = readCursor(request.query.after, ['number'])?.[0] ?? 0;
      const rows = await database.door(actor.partyId, async tx => {
        const { batchId } = await batchNumbered(tx, request.params.id);
        return await membersPage(tx, batchId, result, after, limit + 1);
      });
      return pageOf(
        rows,
        limit,
        row => [row.place],
        row => shownMember(request, row),
      );
    },
  );

  app.post(
    '/api/v1/measure-batches/:id/cancel',
    { schema: { tags, params: Id, body: Cancel } },
    async request => {
      const actor = need(request, 'measures:order');
      const { id } = request.params;
      const reason = request.body?.reason ?? '';
      const answer = await tried(doors, actor, 'measure-batch-cancel', `measure-batch/${id}`, async tx => {
        const batch = await cancelBatch(tx, id, reason, hand(actor));
        return shown(batch, await countsOf(tx, id));
      });
      doors.wake();
      return answer;
    },
  );

  app.post(
    '/api/v1/measure-batches/:id/close-cases',
    { schema: { tags, params: Id, body: CloseCases } },
    async request => {
      const actor = need(request, 'cases:write');
      const { id } = request.params;
      const { reason } = request.body;
      const afterPlace = placeOf(request.body.after);
      const asked = { reason, afterPlace };
      const object = `measure-batch/${id}`;
      const { closed, left, next } = await tried(doors, actor, 'measure-batch-close', object, tx =>
        closeCasesOf(tx, desk, id, asked, hand(actor)),
      );
      for (const caseId of closed)
        doors.events.announce({ topic: 'case', object: `case/${caseId}`, partyId: actor.partyId });
      return { id, closed, left, next: next === null ? null : writeCursor([next]) };
    },
  );

  app.post(
    '/api/v1/measure-batches/:id/retry',
    { schema: { tags, params: Id, body: Retry } },
    async (request, reply) => {
      const actor = need(request, 'measures:order');
      const { id } = request.params;
      const by = hand(actor);
      const done = async (tx: Tx) => {
        const first = await batchNumbered(tx, id);
        const failed = await gatherFailed(tx, contributions, first);
        const { deed, kind, terms, why } = first;
        const providerId = first.providerId ?? undefined;
        // Asked again while the same ones have failed, it is the same retry.
        const key = request.body?.key ?? `retry/${id}/${failed.members.digest}`;
        const wanted = { key, deed, kind, terms, why, providerId, sent: { retry: id } };
        return await orderBatch(tx, desk, actor.partyId, wanted, async () => failed, by);
      };
      const object = `measure-batch/${id}`;
      const { batch, isNew } = await tried(doors, actor, 'measure-batch-retry', object, done);
      doors.wake();
      return reply.code(isNew ? 201 : 200).send(shown(batch));
    },
  );
}

function placeOf(after: string | undefined): number {
  return (readCursor(after, ['number'])?.[0] as number | undefined) ?? 0;
}

function shownBatch(batch: Batch, kinds: Doors['desk']['kinds'], counts?: Counts) {
  const kind = kinds.find(each => each.kind === batch.kind) as Partial<TitledMeasure> | undefined;
  return {
    id: batch.batchId,
    partyId: batch.partyId,
    key: batch.key,
    deed: batch.deed,
    kind: batch.kind,
    title: kind?.title,
    terms: batch.terms,
    providerId: batch.providerId,
    why: batch.why,
    origin: batch.origin,
    members: batch.memberCount,
    repeated: batch.repeated,
    digest: batch.members,
    state: stateOf(batch),
    orderedBy: batch.orderedBy,
    orderedAt: rfc3339(batch.orderedAtMs),
    cancelledBy: batch.cancelledBy,
    cancelledAt: instant(batch.cancelledAtMs),
    cancelReason: batch.cancelReason,
    endedAt: instant(batch.endedAtMs),
    ...(counts === undefined ? {} : { counts }),
  };
}

function shownMember(request: FastifyRequest, row: MemberView) {
  return {
    place: row.place,
    given: shownName(request, row.given),
    subject: shownSubject(row),
    result: row.result,
    reason: row.reason,
    measureId: row.measureId,
    caseId: row.caseId,
    proposalId: row.proposalId,
  };
}

function shownSubject(row: {
  readonly subjectId: number | null;
  readonly subjectKind: string | null;
  readonly subjectReference: string | null;
}) {
  const { subjectId: id, subjectKind: kind, subjectReference: reference } = row;
  return { id, kind, reference };
}

/** As it was given; short of an ICCID it may be a person's number, which not everybody is shown whole (C-51). */
function shownName({ actor }: FastifyRequest, given: string): string {
  const isOpen = actor?.by === 'api-key' || actor?.scopes.has('identifiers:see') === true;
  return isOpen || /^(?:subject\/.*|(?:iccid:)?\d{18,20})$/i.test(given) ? given : hidden(given);
}

function counted(items: readonly { readonly outcome: string | undefined }[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { outcome = 'unknown' } of items) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}
