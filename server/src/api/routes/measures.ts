import { Type } from 'typebox';
import { Refusal } from '../../kernel/refusal.ts';
import { instant, rfc3339 } from '../../kernel/time.ts';
import type { TitledMeasure } from '../../spine/contribution.ts';
import { liftMeasure } from '../../spine/measures/lift.ts';
import { MEASURE_STATES, type MeasureKind } from '../../spine/measures/measure.ts';
import { type Step, stepsOf } from '../../spine/measures/move.ts';
import { orderMeasure } from '../../spine/measures/order.ts';
import { type MeasureView, measuresPage, measureView } from '../../spine/views/measures.ts';
import { type Actor, type App, type Doors, need } from '../app.ts';
import { Numeral, Whole } from '../numbers.ts';
import { DEFAULT_LIMIT, pageOf, pageQuery, readCursor } from '../paging.ts';
import { tried } from '../tried.ts';

const tags = ['measures'];
const Id = Type.Object({ id: Numeral });
const closed = { additionalProperties: false };
const Query = Type.Object({
  ...pageQuery,
  state: Type.Optional(Type.Union(MEASURE_STATES.map(state => Type.Literal(state)))),
  case: Type.Optional(Whole),
  subject: Type.Optional(Whole),
});
const Order = Type.Object(
  {
    kind: Type.String({ maxLength: 63 }),
    terms: Type.Optional(Type.Record(Type.String({ maxLength: 63 }), Type.String({ maxLength: 63 }))),
    providerId: Type.Optional(Whole),
  },
  closed,
);
const Lift = Type.Union([
  Type.Object({ reason: Type.Optional(Type.String({ maxLength: 4_000 })) }, closed),
  Type.Null(),
]);

/** Measures: what was ordered for a case, how far it came, and its lifting. */
export function measuresRoutes(app: App, doors: Doors): void {
  const { database, desk } = doors;
  const hand = (actor: Actor) => ({ actor: actor.label, atMs: doors.clock.now() });
  const changed = (measure: { measureId: number; caseId: number; partyId: number }) => {
    const { partyId } = measure;
    doors.events.announce({ topic: 'measure', object: `measure/${measure.measureId}`, partyId });
    doors.events.announce({ topic: 'case', object: `case/${measure.caseId}`, partyId });
    doors.wake();
  };

  app.get('/api/v1/measures', { schema: { tags, querystring: Query } }, async request => {
    const actor = need(request, 'measures:read');
    const { state, case: caseId, subject: subjectId, limit = DEFAULT_LIMIT } = request.query;
    const before = readCursor(request.query.after, ['number'])?.[0] ?? null;
    const rows = await database.door(actor.partyId, tx =>
      measuresPage(tx, { state, caseId, subjectId }, before, limit + 1),
    );
    return pageOf(
      rows,
      limit,
      row => [row.measureId],
      row => shownMeasure(row, desk.kinds),
    );
  });

  app.get('/api/v1/measures/:id', { schema: { tags, params: Id } }, async request => {
    const actor = need(request, 'measures:read');
    return await database.door(actor.partyId, async tx => {
      const found = await measureView(tx, request.params.id);
      if (found === undefined)
        throw new Refusal('measure-not-found', { subject: `measure/${request.params.id}` });
      const steps = (await stepsOf(tx, found.measureId)).map(shownStep);
      return { ...shownMeasure(found, desk.kinds), steps };
    });
  });

  app.post(
    '/api/v1/cases/:id/measures',
    { schema: { tags, params: Id, body: Order } },
    async (request, reply) => {
      const actor = need(request, 'measures:order');
      const { id } = request.params;
      const ordered = await tried(doors, actor, 'measure-order', `case/${id}`, async tx => {
        const { measure, isNew } = await orderMeasure(tx, desk, id, request.body, hand(actor));
        return { isNew, view: (await measureView(tx, measure.measureId)) as MeasureView };
      });
      changed(ordered.view);
      return reply.code(ordered.isNew ? 201 : 200).send(shownMeasure(ordered.view, desk.kinds));
    },
  );

  app.post('/api/v1/measures/:id/lift', { schema: { tags, params: Id, body: Lift } }, async request => {
    const actor = need(request, 'measures:order');
    const reason = request.body?.reason ?? '';
    const { id } = request.params;
    const view = await tried(doors, actor, 'measure-lift', `measure/${id}`, async tx => {
      const { measure } = await liftMeasure(tx, desk, id, reason, hand(actor));
      return (await measureView(tx, measure.measureId)) as MeasureView;
    });
    changed(view);
    return shownMeasure(view, desk.kinds);
  });
}

export function shownMeasure(row: MeasureView, kinds: readonly MeasureKind[]) {
  const kind = kinds.find(each => each.kind === row.kind) as Partial<TitledMeasure> | undefined;
  return {
    id: row.measureId,
    partyId: row.partyId,
    caseId: row.caseId,
    kind: row.kind,
    title: kind?.title,
    subject: { id: row.subjectId, kind: row.subjectKind, reference: row.subjectReference },
    provider: row.provider,
    providerId: row.providerId,
    terms: row.terms,
    state: row.state,
    dueAt: rfc3339(row.dueAtMs),
    effectiveAt: instant(row.effectiveAtMs),
    decidedBy: row.decidedBy,
    decidedAt: rfc3339(row.decidedAtMs),
  };
}

export function shownStep({
  stepId,
  fromState,
  toState,
  atMs,
  actor,
  proof,
}: Step & { readonly stepId: number }) {
  return { id: stepId, from: fromState, to: toState, at: rfc3339(atMs), actor, proof };
}
