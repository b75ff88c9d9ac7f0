import { getRouteApi, Link } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import type { List } from '../kit/answers.ts';
import { useAnswer, useAnswerIfAllowed } from '../kit/asking.ts';
import { type Column, DataTable } from '../kit/data-table.tsx';
import { Facts, momentOr, Tree } from '../kit/facts.tsx';
import { Empty, Page, Sheet } from '../kit/page.tsx';
import { useWords } from '../kit/words.ts';
import type { Stated, SubjectKind, SubjectWhole, UsageOf } from './subject-answers.ts';

const route = getRouteApi('/subjects/$id');
const NO_USAGE: { readonly usage: readonly UsageOf[] } = { usage: [] };
const UsagePlot = lazy(() => import('./usage-plot.tsx'));

/** One thing that is registered: what it is called, linked to, bound by and used, each with the time it holds for. */
export function SubjectPage() {
  const { id } = route.useParams();
  const { say, nameOf } = useWords();
  const path = `/subjects/${encodeURIComponent(id)}`;
  const { data: subject } = useAnswer<SubjectWhole>(path);
  const { data: kinds } = useAnswer<List<SubjectKind>>('/subject-kinds');
  const title = kinds?.items.find(each => each.kind === subject?.kind)?.title;
  const { data: used = NO_USAGE } = useAnswerIfAllowed(`${path}/usage`, NO_USAGE);
  return (
    <Page title={subject?.reference ?? say('subject')} tab={say('subject')}>
      {subject !== undefined && (
        <>
          <Sheet name="about" title={say('subject.about')}>
            <Facts
              rows={[
                [say('subject.kind'), nameOf(title) || subject.kind],
                [say('subject.class'), subject.class],
                [say('subject.registered'), momentOr(subject.createdAt)],
              ]}
            />
            <Tree value={subject.attributes ?? {}} />
          </Sheet>
          <Sheet name="links" title={say('subject.links')}>
            <Links links={subject.links} />
          </Sheet>
          <Sheet name="usage" title={say('subject.usage')}>
            <Usage usage={used.usage} />
          </Sheet>
          <Sheet name="terms" title={say('subject.facts')}>
            <DatedFacts facts={subject.facts} />
          </Sheet>
          <Sheet name="claims" title={say('subject.claims')}>
            <Claims aliases={subject.aliases} />
          </Sheet>
        </>
      )}
    </Page>
  );
}

/** For how long something holds, and who said so. */
function useValidity<Row extends Stated>(): readonly Column<Row>[] {
  const { say } = useWords();
  return [
    { heading: say('stated.from'), cell: row => momentOr(row.from, say('stated.always')) },
    { heading: say('stated.to'), cell: row => momentOr(row.to, say('stated.open')) },
    { heading: say('stated.by'), cell: row => row.statedBy },
  ];
}

function Links({ links }: { readonly links: SubjectWhole['links'] }) {
  const { say } = useWords();
  const validity = useValidity<SubjectWhole['links'][number]>();
  if (links.length === 0) return <Empty>{say('subject.no-links')}</Empty>;
  return (
    <DataTable
      caption={say('subject.links')}
      rows={links}
      keyOf={link => `${link.kind} ${link.direction} ${link.subject.id} ${link.from} ${link.to}`}
      columns={[
        { heading: say('subject.link'), cell: link => link.kind },
        {
          heading: say('column.subject'),
          cell: ({ subject }) => (
            <Link to="/subjects/$id" params={{ id: String(subject.id) }}>
              {`${subject.kind} ${subject.reference}`}
            </Link>
          ),
        },
        ...validity,
      ]}
    />
  );
}

function DatedFacts({ facts }: { readonly facts: SubjectWhole['facts'] }) {
  const { say } = useWords();
  const validity = useValidity<SubjectWhole['facts'][number]>();
  if (facts.length === 0) return <Empty>{say('subject.no-facts')}</Empty>;
  return (
    <DataTable
      caption={say('subject.facts')}
      rows={facts}
      keyOf={fact => `${fact.kind} ${fact.from} ${fact.to} ${JSON.stringify(fact.body)}`}
      columns={[
        { heading: say('subject.fact'), cell: fact => fact.kind },
        { heading: say('subject.says'), cell: fact => <Tree value={fact.body} /> },
        ...validity,
      ]}
    />
  );
}

function Claims({ aliases }: { readonly aliases: SubjectWhole['aliases'] }) {
  const { say } = useWords();
  const validity = useValidity<SubjectWhole['aliases'][number]>();
  if (aliases.length === 0) return <Empty>{say('subject.no-claims')}</Empty>;
  return (
    <DataTable
      caption={say('subject.claims')}
      rows={aliases}
      keyOf={alias => `${alias.claim} ${alias.from} ${alias.to}`}
      columns={[{ heading: say('subject.claim'), cell: alias => <code>{alias.claim}</code> }, ...validity]}
    />
  );
}

function Usage({ usage }: { readonly usage: readonly UsageOf[] }) {
  const { say } = useWords();
  if (usage.length === 0) return <Empty>{say('subject.no-usage')}</Empty>;
  return (
    <Suspense fallback={<p className="muted">…</p>}>
      {usage.map(each => (
        <UsagePlot key={each.kind} usage={each} />
      ))}
    </Suspense>
  );
}
