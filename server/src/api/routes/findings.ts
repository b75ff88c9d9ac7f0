import { Type } from 'typebox';
import { Refusal } from '../../kernel/refusal.ts';
import { rfc3339 } from '../../kernel/time.ts';
import { standingsOf } from '../../spine/findings/findings.ts';
import { type FindingView, findingsPage, findingView } from '../../spine/views/findings.ts';
import { type App, type Doors, need } from '../app.ts';
import { Whole } from '../numbers.ts';
import { DEFAULT_LIMIT, pageOf, pageQuery, readCursor } from '../paging.ts';
import { type RuleFacts, ruleTitles } from '../rule-facts.ts';

const tags = ['findings'];
const Standing = Type.Union([Type.Literal('found'), Type.Literal('withdrawn'), Type.Literal('reinstated')]);
const Query = Type.Object({
  ...pageQuery,
  rule: Type.Optional(Type.String({ maxLength: 63 })),
  subject: Type.Optional(Type.String({ maxLength: 64, description: 'A number or a reference.' })),
  standing: Type.Optional(Standing),
  case: Type.Optional(Whole),
});

/** Findings: what rules found, and whether it still stands. */
export function findingsRoutes(app: App, doors: Doors): void {
  const titles = ruleTitles(doors.rules);

  app.get('/api/v1/findings', { schema: { tags, querystring: Query } }, async request => {
    const actor = need(request, 'findings:read');
    const { rule, subject, standing, case: caseId, limit = DEFAULT_LIMIT } = request.query;
    const key = readCursor(request.query.after, ['number', 'string']);
    const after = key === null ? null : { observedAtMs: key[0], findingId: hexOf(key[1]) };
    return await doors.database.door(actor.partyId, async tx => {
      const rows = await findingsPage(tx, { rule, subject, standing, caseId }, after, limit + 1);
      const titleOf = await titles(tx);
      return pageOf(
        rows,
        limit,
        row => [row.observedAtMs, row.findingId],
        row => shownFinding(row, titleOf(row.ruleId)),
      );
    });
  });

  app.get(
    '/api/v1/findings/:id',
    { schema: { tags, params: Type.Object({ id: Type.String({ pattern: '^[0-9a-f]{64}$' }) }) } },
    async request => {
      const actor = need(request, 'findings:read');
      const { id } = request.params;
      return await doors.database.door(actor.partyId, async tx => {
        const found = await findingView(tx, id);
        if (found === undefined) throw new Refusal('finding-not-found', { subject: `finding/${id}` });
        const titleOf = await titles(tx);
        const standings = (await standingsOf(tx, id)).map(({ standing, atMs, reason }) => ({
          standing,
          at: rfc3339(atMs),
          reason,
        }));
        return { ...shownFinding(found, titleOf(found.ruleId)), standings };
      });
    },
  );
}

export function shownFinding(row: FindingView, facts: RuleFacts) {
  return {
    id: row.findingId,
    partyId: row.partyId,
    ruleId: row.ruleId,
    ruleVersion: row.ruleVersion,
    title: facts.title,
    subject: { id: row.subjectId, kind: row.subjectKind, reference: row.subjectReference },
    key: row.key,
    observedAt: rfc3339(row.observedAtMs),
    judgedAt: rfc3339(row.judgedAtMs),
    severity: row.severity,
    historical: row.historical,
    standing: row.standing,
    caseId: row.caseId,
    evidence: row.evidence,
  };
}

/** A cursor is the caller's own text: what is no digest is none. */
function hexOf(text: string): string {
  if (!/^[0-9a-f]{64}$/.test(text)) throw new Refusal('cursor-invalid');
  return text;
}
