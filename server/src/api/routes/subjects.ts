import { Type } from 'typebox';
import { instant } from '../../kernel/time.ts';
import {
  listContested,
  listSubjects,
  type StatedRow,
  type SubjectSeen,
  subjectPage,
} from '../../spine/registry/subjects.ts';
import { type App, type Doors, need } from '../app.ts';
import { Whole } from '../numbers.ts';
import { DEFAULT_LIMIT, pageOf, pageQuery, readCursor } from '../paging.ts';

const tags = ['registry'];
const Text = Type.Optional(Type.String({ minLength: 1, maxLength: 200 }));
const Filter = Type.Object({ ...pageQuery, kind: Text, reference: Text, class: Text, claim: Text });

/** What is registered: the kinds there are, and subjects with their claims, links and dated facts. */
export function subjectsRoutes(app: App, doors: Doors): void {
  app.get('/api/v1/subjects', { schema: { tags, querystring: Filter } }, async request => {
    const actor = need(request, 'registry:read');
    const { after, limit = DEFAULT_LIMIT, ...filter } = request.query;
    const afterId = readCursor(after, ['number'])?.[0] ?? 0;
    const rows = await listSubjects(doors.database, actor.partyId, filter, afterId, limit + 1);
    return pageOf(rows, limit, subject => [subject.subjectId], shown);
  });

  const kinds = doors.contributions.flatMap(each => each.kinds.map(({ kind, title }) => ({ kind, title })));
  app.get('/api/v1/subject-kinds', { schema: { tags } }, async request => {
    need(request, 'registry:read');
    return { items: kinds, next: null };
  });

  app.get('/api/v1/subjects/:id', { schema: { tags, params: Type.Object({ id: Whole }) } }, async request => {
    const actor = need(request, 'registry:read');
    const page = await subjectPage(doors.database, actor.partyId, request.params.id);
    return {
      ...shown(page),
      aliases: page.aliases.map(alias => ({ claim: alias.claim, ...stated(alias) })),
      links: page.links.map(link => ({
        kind: link.kind,
        direction: link.direction,
        subject: { id: link.subjectId, kind: link.subjectKind, reference: link.reference },
        ...stated(link),
      })),
      facts: page.facts.map(fact => ({ kind: fact.kind, body: fact.body, ...stated(fact) })),
    };
  });

  app.get(
    '/api/v1/contested-claims',
    { schema: { tags, querystring: Type.Object(pageQuery) } },
    async request => {
      const actor = need(request, 'registry:read');
      const limit = request.query.limit ?? DEFAULT_LIMIT;
      const after = readCursor(request.query.after, ['string'])?.[0] ?? '';
      const rows = await listContested(doors.database, actor.partyId, after, limit + 1);
      return pageOf(
        rows,
        limit,
        row => [row.claim],
        row => row,
      );
    },
  );
}

function shown(subject: SubjectSeen) {
  return {
    id: subject.subjectId,
    partyId: subject.partyId,
    kind: subject.kind,
    reference: subject.reference,
    class: subject.class,
    attributes: subject.attributes,
    createdAt: instant(subject.createdAtMs),
  };
}

/** Null where a validity has no beginning or no end. */
function stated(row: StatedRow) {
  return {
    from: bounded(row.fromMs),
    to: bounded(row.toMs),
    statedBy: row.statedBy,
    recordedAt: instant(row.recordedAtMs),
    retiredAt: instant(row.retiredAtMs),
  };
}

function bounded(ms: number): string | null {
  return Math.abs(ms) === Number.MAX_SAFE_INTEGER ? null : instant(ms);
}
