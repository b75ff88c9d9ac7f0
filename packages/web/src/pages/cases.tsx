import type { Case, List } from '../kit/answers.ts';
import { useAnswer } from '../kit/asking.ts';
import { DataTable } from '../kit/data-table.tsx';
import { momentOr } from '../kit/facts.tsx';
import { CaseLink } from '../kit/findings-table.tsx';
import { Chip, Empty, Page } from '../kit/page.tsx';
import { Moment } from '../kit/times.tsx';
import { useWords } from '../kit/words.ts';

export function CasesPage() {
  const { say } = useWords();
  const { data } = useAnswer<List<Case>>('/cases?limit=100');
  return (
    <Page title={say('nav.cases')} tab={say('nav.cases')}>
      {data !== undefined && (
        <section className="sheet">
          {data.items.length === 0 ? <Empty>{say('cases.none')}</Empty> : <CasesTable cases={data.items} />}
        </section>
      )}
    </Page>
  );
}

function CasesTable({ cases }: { readonly cases: readonly Case[] }) {
  const { say, sayValue, nameOf } = useWords();
  return (
    <DataTable
      caption={say('nav.cases')}
      rows={cases}
      keyOf={found => found.id}
      columns={[
        { heading: say('column.case'), cell: found => <CaseLink id={found.id} /> },
        {
          heading: say('column.severity'),
          cell: ({ severity }) => <Chip of={severity}>{sayValue('severity', severity)}</Chip>,
        },
        { heading: say('column.rule'), cell: found => nameOf(found.title) || found.ruleId },
        { heading: say('column.subject'), cell: found => <code>{found.subject?.reference ?? ''}</code> },
        { heading: say('column.state'), cell: found => sayValue('state', found.state) },
        {
          heading: say('column.owner'),
          cell: found => found.ownerLabel ?? found.ownerId ?? say('cases.no-owner'),
        },
        { heading: say('column.opened'), cell: found => <Moment at={found.openedAt} /> },
        { heading: say('column.due'), cell: found => momentOr(found.nextDueAt) },
      ]}
    />
  );
}
