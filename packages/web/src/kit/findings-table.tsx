import { Link } from '@tanstack/react-router';
import type { Finding } from './answers.ts';
import { type Column, DataTable } from './data-table.tsx';
import { Chip } from './page.tsx';
import { Moment } from './times.tsx';
import { useWords } from './words.ts';

interface FindingsOf {
  readonly findings: readonly Finding[];
  readonly withCase?: boolean;
}

export function FindingsTable({ findings, withCase = true }: FindingsOf) {
  const { say, sayValue, nameOf } = useWords();
  const standing = (finding: Finding): string =>
    [sayValue('standing', finding.standing), finding.historical === true && say('findings.historical')]
      .filter(Boolean)
      .join(', ');
  const caseColumn: Column<Finding> = {
    heading: say('column.case'),
    cell: ({ caseId }) => (caseId ? <CaseLink id={caseId} /> : ''),
  };
  return (
    <DataTable
      caption={say('nav.findings')}
      rows={findings}
      keyOf={finding => finding.id}
      columns={[
        {
          heading: say('column.severity'),
          cell: ({ severity }) => <Chip of={severity}>{sayValue('severity', severity)}</Chip>,
        },
        { heading: say('column.observed'), cell: finding => <Moment at={finding.observedAt} /> },
        { heading: say('column.rule'), cell: finding => nameOf(finding.title) || finding.ruleId },
        {
          heading: say('column.subject'),
          cell: ({ subject, key }) => <code>{subject?.reference ?? key ?? ''}</code>,
        },
        { heading: say('column.standing'), cell: standing },
        ...(withCase ? [caseColumn] : []),
      ]}
    />
  );
}

export function CaseLink({ id }: { readonly id: number }) {
  const { say } = useWords();
  return (
    <Link to="/cases/$id" params={{ id: String(id) }}>
      {say('case.number', { id })}
    </Link>
  );
}
