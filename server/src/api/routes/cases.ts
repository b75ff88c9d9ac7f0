import { Type } from 'typebox';
import { Refusal } from '../../kernel/refusal.ts';
import { instant, rfc3339 } from '../../kernel/time.ts';
import { actsOf, type StoredAct } from '../../spine/cases/time-line.ts';
import { assignCase, NOTED_EVENTS } from '../../spine/cases/work.ts';
import { type CaseClock, clocksOf } from '../../spine/clocks/case-clocks.ts';
import { closeCase, noteOnCase } from '../../spine/measures/lift.ts';
import { stepsOf } from '../../spine/measures/move.ts';
import { type CaseView, casesPage, caseView } from '../../spine/views/cases.ts';
import { findingsPage } from '../../spine/views/findings.ts';
import { measuresPage } from '../../spine/views/measures.ts';
import { type Actor, type App, type Doors, need } from '../app.ts';
import { Numeral } from '../numbers.ts';
import { DEFAULT_LIMIT, pageOf, pageQuery, readCursor } from '../paging.ts';
import { type RuleFacts, ruleTitles } from '../rule-facts.ts';
import { shownFinding } from './findings.ts';
import { shownMeasure, shownStep } from './measures.ts';
import { clockTitle, titleOfAct } from './titles.ts';

const tags = ['cases'];
const Id = Type.Object({ id: Numeral });
const closed = { additionalProperties: false };
const Query = Type.Object({
  ...pageQuery,
  state: Type.Optional(Type.Union([Type.Literal('open'), Type.Literal('closed')])),
  rule: Type.Optional(Type.String({ maxLength: 63 })),
});
const Note = Type.Object(
  {
    text: Type.String({ minLength: 1, maxLength: 4_000 }),
    event: Type.Optional(Type.Union(NOTED_EVENTS.map(event => Type.Literal(event)))),
  },
  closed,
);

/** Parts of a case shown with it; the rest is paged. */
const SHOWN = 500;

/** Cases: whose work a finding is, by when, and what was done. */
export function casesRoutes(app: App, doors: Doors): void {
  const titles = ruleTitles(doors.rules);
  const { database, desk } = doors;
  const namesOf = async (rows: readonly CaseView[]) => {
    const ids = new Set(rows.flatMap(row => row.ownerId ?? []));
    const people = ids.size === 0 ? [] : await doors.signIn.people([...ids]);
    return new Map(people.map(person => [person.userId, person.name]));
  };
  const hand = (actor: Actor) => ({ actor: actor.label, atMs: doors.clock.now() });
  const changed = (actor: Actor, caseId: number) => {
    doors.events.announce({ topic: 'case', object: `case/${caseId}`, partyId: actor.partyId });
    doors.wake();
  };

  app.get('/api/v1/cases', { schema: { tags, querystring: Query } }, async request => {
    const actor = need(request, 'cases:read');
    const { state, rule, limit = DEFAULT_LIMIT } = request.query;
    const before = readCursor(request.query.after, ['number'])?.[0] ?? null;
    const { rows, titleOf } = await database.door(actor.partyId, async tx => ({
      rows: await casesPage(tx, { state, rule }, before, limit + 1),
      titleOf: await titles(tx),
    }));
    const names = await namesOf(rows);
    return pageOf(
      rows,
      limit,
      row => [row.caseId],
      row => shownCase(row, titleOf(row.ruleId), names),
    );
  });

  app.get('/api/v1/cases/:id', { schema: { tags, params: Id } }, async request => {
    const actor = need(request, 'cases:read');
    const { id } = request.params;
    return await database.door(actor.partyId, async tx => {
      const found = await caseView(tx, id);
      if (found === undefined) throw new Refusal('case-not-found', { subject: `case/${id}` });
      const titleOf = await titles(tx);
      const measures = await measuresPage(tx, { caseId: id }, null, SHOWN);
      const shown = [];
      for (const measure of measures.reverse()) {
        const steps = (await stepsOf(tx, measure.measureId)).map(shownStep);
        shown.push({ ...shownMeasure(measure, desk.kinds), steps });
      }
      return {
        ...shownCase(found, titleOf(found.ruleId), await namesOf([found])),
        acts: (await actsOf(tx, id, 0, SHOWN)).map(act => shownAct(act, doors)),
        clocks: (await clocksOf(tx, id)).map(clock => shownClock(clock, doors)),
        findings: (await findingsPage(tx, { caseId: id }, null, SHOWN)).map(row =>
          shownFinding(row, titleOf(row.ruleId)),
        ),
        measures: shown,
      };
    });
  });

  app.get(
    '/api/v1/cases/:id/acts',
    { schema: { tags, params: Id, querystring: Type.Object(pageQuery) } },
    async request => {
      const actor = need(request, 'cases:read');
      const { limit = DEFAULT_LIMIT } = request.query;
      const after = readCursor(request.query.after, ['number'])?.[0] ?? 0;
      const rows = await database.door(actor.partyId, tx => actsOf(tx, request.params.id, after, limit + 1));
      return pageOf(
        rows,
        limit,
        row => [row.actId],
        row => shownAct(row, doors),
      );
    },
  );

  app.post(
    '/api/v1/cases/:id/notes',
    { schema: { tags, params: Id, body: Note } },
    async (request, reply) => {
      const actor = need(request, 'cases:write');
      const { id } = request.params;
      const actId = await database.door(actor.partyId, tx =>
        noteOnCase(tx, desk, id, request.body, hand(actor)),
      );
      changed(actor, id);
      return reply.code(201).send({ id: actId });
    },
  );

  app.post(
    '/api/v1/cases/:id/assign',
    {
      schema: {
        tags,
        params: Id,
        body: Type.Object({ ownerId: Type.String({ minLength: 1, maxLength: 100 }) }, closed),
      },
    },
    async request => {
      const actor = need(request, 'cases:write');
      const { id } = request.params;
      const { ownerId } = request.body;
      await database.door(actor.partyId, tx => assignCase(tx, id, ownerId, hand(actor)));
      changed(actor, id);
      return { id, ownerId };
    },
  );

  app.post(
    '/api/v1/cases/:id/close',
    {
      schema: { tags, params: Id, body: Type.Object({ reason: Type.String({ maxLength: 4_000 }) }, closed) },
    },
    async request => {
      const actor = need(request, 'cases:write');
      const { id } = request.params;
      await database.door(actor.partyId, tx => closeCase(tx, desk, id, request.body.reason, hand(actor)));
      changed(actor, id);
      return { id, state: 'closed' };
    },
  );
}

function shownCase(row: CaseView, facts: RuleFacts, names: ReadonlyMap<string, string>) {
  return {
    id: row.caseId,
    partyId: row.partyId,
    ruleId: row.ruleId,
    title: facts.title,
    suggests: facts.suggests,
    subject: { id: row.subjectId, kind: row.subjectKind, reference: row.subjectReference },
    state: row.state,
    severity: row.severity,
    ownerId: row.ownerId,
    ownerLabel: row.ownerId === null ? null : (names.get(row.ownerId) ?? null),
    openedAt: rfc3339(row.openedAtMs),
    closedAt: instant(row.closedAtMs),
    closeReason: row.closeReason,
    findingCount: row.findingCount,
    nextDueAt: instant(row.nextDueAtMs),
  };
}

/** `about` is what people call the clock, the rung or the measure that the act is about. */
function shownAct({ actId, atMs, kind, actor, detail }: StoredAct, { desk }: Doors) {
  return { id: actId, at: rfc3339(atMs), kind, about: titleOfAct(desk, detail), actor, detail };
}

/** Zone and basis come from the catalogue the clock was armed from, as far as it is still at hand; the title from any edition. */
function shownClock(clock: CaseClock, doors: Doors) {
  const catalogue = doors.desk.catalogues.find(each => `${each.urn}@${each.version}` === clock.catalogue);
  const rule = catalogue?.clocks.find(each => each.id === clock.clockId);
  return {
    clockId: clock.clockId,
    title: rule?.title ?? clockTitle(doors.desk, clock.clockId),
    basis: rule?.basis,
    standing: rule?.standing,
    catalogue: clock.catalogue,
    zone: catalogue?.zone,
    armedAt: rfc3339(clock.armedAtMs),
    dueAt: rfc3339(clock.dueAtMs),
    state: clock.state,
    endedAt: instant(clock.endedAtMs),
  };
}
