import { Type } from 'typebox';
import { Refusal } from '../../kernel/refusal.ts';
import { rfc3339 } from '../../kernel/time.ts';
import { type LadderStep, ladderStepsOf, workLadder } from '../../spine/measures/ladder/by-hand.ts';
import { ladderNamed, taskNamed } from '../../spine/measures/ladder/climb.ts';
import type { Ladder, LadderCatalogue } from '../../spine/measures/ladder/ladder.ts';
import type { MeasureCode } from '../../spine/measures/measure.ts';
import type { MeasureDesk } from '../../spine/measures/ports.ts';
import { type App, type Doors, need } from '../app.ts';
import { Numeral } from '../numbers.ts';
import { tried } from '../tried.ts';
import { deedTitle } from './titles.ts';

const tags = ['measures'];
const Id = Type.Object({ id: Numeral });
const Work = Type.Object(
  {
    deed: Type.Union([Type.Literal('order'), Type.Literal('done'), Type.Literal('climb')]),
    reason: Type.Optional(Type.String({ maxLength: 200 })),
  },
  { additionalProperties: false },
);
const MOST_STEPS = 200;

/** Where a case stands on the ladder of measures for its rule and class, and what a person does with it (C-40). */
export function laddersRoutes(app: App, doors: Doors): void {
  const { database, desk } = doors;

  app.get('/api/v1/measure-ladders', { schema: { tags } }, request => {
    need(request, 'measures:read');
    return {
      items: (desk.ladders ?? []).flatMap(each => each.ladders.map(one => shownKind(desk, each, one))),
    };
  });

  app.get('/api/v1/cases/:id/ladder', { schema: { tags, params: Id } }, async request => {
    const actor = need(request, 'measures:read');
    const { id } = request.params;
    const steps = await database.door(actor.partyId, tx => ladderStepsOf(tx, id, MOST_STEPS));
    return shownLadder(desk, id, steps);
  });

  app.post('/api/v1/cases/:id/ladder', { schema: { tags, params: Id, body: Work } }, async request => {
    const actor = need(request, 'measures:order');
    const { id } = request.params;
    const { deed, reason = '' } = request.body;
    const hand = { actor: actor.label, atMs: doors.clock.now() };
    const steps = await tried(doors, actor, `ladder-${deed}`, `case/${id}`, async tx => {
      await workLadder(tx, desk, id, { deed, reason }, hand);
      return await ladderStepsOf(tx, id, MOST_STEPS);
    });
    const [newest] = steps;
    if (newest !== undefined)
      doors.events.announce({ topic: 'case', object: `case/${id}`, partyId: newest.partyId });
    doors.wake();
    return shownLadder(desk, id, steps);
  });
}

/** Refuses `ladder-not-stood-on` where the case stands on none, or is none of the party's. */
function shownLadder(desk: MeasureDesk, caseId: number, steps: readonly LadderStep[]) {
  const [last] = steps;
  if (last === undefined)
    throw new Refusal<MeasureCode>('ladder-not-stood-on', { subject: `case/${caseId}` });
  const ladder = ladderNamed(desk, last.ladder);
  return {
    caseId,
    ladder: last.ladder,
    title: ladder?.title,
    rungs: rungsOf(desk, ladder),
    steps: [...steps].reverse().map(({ partyId: _party, caseId: _case, atMs, ...step }) => ({
      ...step,
      title: deedTitle(desk, step.deed),
      at: rfc3339(atMs),
    })),
  };
}

/** A ladder as the catalogue has it: which rules and classes it is for, its rungs, and when attempts are a storm. */
function shownKind(desk: MeasureDesk, { storm }: LadderCatalogue, ladder: Ladder) {
  const { id, title, version, digest, rules, classes } = ladder;
  return { id, title, version, digest, rules, classes, rungs: rungsOf(desk, ladder), storm };
}

function rungsOf(desk: MeasureDesk, ladder: Ladder | undefined) {
  return (ladder?.rungs ?? []).map(({ deed, terms }) => {
    const task = taskNamed(desk, deed);
    return {
      deed,
      title: deedTitle(desk, deed),
      terms,
      isTask: task !== undefined,
      doneBy: task?.doneBy ?? null,
    };
  });
}
