import { Type } from 'typebox';
import { instant, rfc3339 } from '../../kernel/time.ts';
import { approveProposal, endProposal } from '../../spine/measures/two-persons/decide.ts';
import {
  type Criticality,
  criticalityOf,
  markCritical,
  unmarkCritical,
} from '../../spine/measures/two-persons/marks.ts';
import { listProposals, type Proposal } from '../../spine/measures/two-persons/proposals.ts';
import { isWaiting, proposeMeasure } from '../../spine/measures/two-persons/propose.ts';
import { type Actor, type App, type Doors, need } from '../app.ts';
import { Numeral, Whole } from '../numbers.ts';
import { DEFAULT_LIMIT, pageOf, pageQuery, readCursor } from '../paging.ts';
import { tried } from '../tried.ts';

const tags = ['measures'];
const closed = { additionalProperties: false };
const Id = Type.Object({ id: Numeral });
const Why = Type.String({ minLength: 1, maxLength: 1_000, pattern: '\\S' });
const Name = Type.String({ maxLength: 63 });
const Query = Type.Object({
  ...pageQuery,
  case: Type.Optional(Whole),
  waiting: Type.Optional(Type.Boolean()),
});
const Propose = Type.Object(
  {
    kind: Name,
    terms: Type.Optional(Type.Record(Name, Name)),
    providerId: Type.Optional(Whole),
    why: Why,
  },
  closed,
);
const Decide = Type.Object(
  {
    deed: Type.Union([Type.Literal('approve'), Type.Literal('refuse'), Type.Literal('withdraw')]),
    note: Type.Optional(Type.String({ maxLength: 1_000 })),
  },
  closed,
);
const Mark = Type.Object({ critical: Type.Boolean(), why: Why }, closed);

/** Critical subjects, and measures that two persons decide on (C-44). */
export function twoPersonsRoutes(app: App, doors: Doors): void {
  const { database, desk } = doors;
  const hand = (actor: Actor) => ({ actor: actor.label, atMs: doors.clock.now() });
  const changed = ({ caseId, partyId }: Proposal) => {
    doors.events.announce({ topic: 'case', object: `case/${caseId}`, partyId });
    doors.wake();
  };

  app.get('/api/v1/subjects/:id/critical', { schema: { tags, params: Id } }, async request => {
    const actor = need(request, 'measures:read');
    return shownMarks(await database.door(actor.partyId, tx => criticalityOf(tx, request.params.id)));
  });

  app.post('/api/v1/subjects/:id/critical', { schema: { tags, params: Id, body: Mark } }, async request => {
    const actor = need(request, 'measures:order');
    const { id } = request.params;
    const { critical, why } = request.body;
    const act = critical ? 'critical-mark' : 'critical-unmark';
    return shownMarks(
      await tried(doors, actor, act, `subject/${id}`, tx =>
        critical ? markCritical(tx, id, why, hand(actor)) : unmarkCritical(tx, desk, id, why, hand(actor)),
      ),
    );
  });

  app.get('/api/v1/measure-proposals', { schema: { tags, querystring: Query } }, async request => {
    const actor = need(request, 'measures:read');
    const { case: caseId, waiting: is, limit = DEFAULT_LIMIT } = request.query;
    const atMs = doors.clock.now();
    const waiting = is === undefined ? undefined : { is, atMs };
    const before = readCursor(request.query.after, ['number'])?.[0] ?? null;
    const rows = await database.door(actor.partyId, tx =>
      listProposals(tx, { caseId, waiting }, before, limit + 1),
    );
    return pageOf(
      rows,
      limit,
      row => [row.proposalId],
      row => shownProposal(row, atMs),
    );
  });

  app.post(
    '/api/v1/cases/:id/measure-proposals',
    { schema: { tags, params: Id, body: Propose } },
    async (request, reply) => {
      const actor = need(request, 'measures:order');
      const { id } = request.params;
      const { proposal, isNew } = await tried(doors, actor, 'measure-propose', `case/${id}`, tx =>
        proposeMeasure(tx, desk, id, request.body, hand(actor)),
      );
      changed(proposal);
      return reply.code(isNew ? 201 : 200).send(shownProposal(proposal, doors.clock.now()));
    },
  );

  app.post(
    '/api/v1/measure-proposals/:id/decision',
    { schema: { tags, params: Id, body: Decide } },
    async request => {
      const actor = need(request, 'measures:order');
      const { id } = request.params;
      const { deed, note = '' } = request.body;
      const proposal = await tried(doors, actor, `proposal-${deed}`, `proposal/${id}`, async tx => {
        if (deed === 'approve') return (await approveProposal(tx, desk, id, hand(actor))).proposal;
        return await endProposal(tx, id, deed === 'refuse' ? 'refused' : 'withdrawn', note, hand(actor));
      });
      changed(proposal);
      return shownProposal(proposal, doors.clock.now());
    },
  );
}

/** One whose time is over waits no more, also before the round has written it down. */
function shownProposal(row: Proposal, nowMs: number) {
  const { proposalId, proposedAtMs, expiresAtMs, consentedAtMs: _last, decidedAtMs, ...rest } = row;
  return {
    id: proposalId,
    ...rest,
    waiting: isWaiting(row, nowMs),
    proposedAt: rfc3339(proposedAtMs),
    expiresAt: rfc3339(expiresAtMs),
    decidedAt: instant(decidedAtMs),
  };
}

function shownMarks({ subjectId, isCritical, marks }: Criticality) {
  return {
    subjectId,
    critical: isCritical,
    marks: marks.map(({ markId, deed, why, actor, atMs, expiresAtMs }) => ({
      id: markId,
      deed,
      why,
      actor,
      at: rfc3339(atMs),
      expiresAt: instant(expiresAtMs),
    })),
  };
}
