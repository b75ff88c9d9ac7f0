import { Button } from 'antd';
import type { BatchPreview, Case } from '../kit/answers.ts';
import { useAsk } from '../kit/ask.tsx';
import { DataTable } from '../kit/data-table.tsx';
import { useDeeds } from '../kit/deeds.tsx';
import { post } from '../kit/door.ts';
import { useWords } from '../kit/words.ts';

/** Rows of a preview that are shown; all are counted. */
const MOST_SHOWN = 50;

/**
 * Orders a measure for every card of a case at once (C-43): first what it would come to for each, then, with a reason, the
 * order itself.
 */
export function BatchButton({ found, kind }: { readonly found: Case; readonly kind: string }) {
  const { say, sayValue } = useWords();
  const { attempt } = useDeeds();
  const { why: askWhy } = useAsk();
  const wish = { kind, of: { case: found.id } };

  const look = async (): Promise<BatchPreview | null> => {
    let preview: BatchPreview | null = null;
    await attempt(
      async () => {
        preview = await post<BatchPreview>('/measure-batches/preview', wish);
      },
      () => say('batch.looked', { n: preview?.members }),
    );
    return preview;
  };

  const order = async (): Promise<void> => {
    const preview = await look();
    if (preview === null || preview.members < 2) return;
    const why = await askWhy({
      question: say('batch.sure', { kind: sayValue('measure', kind), n: preview.members }),
      why: say('batch.why'),
      yes: say('batch.order'),
      shown: <Preview preview={preview} />,
    });
    if (why === null) return;
    let id: number | undefined;
    const ordering = async (): Promise<void> => {
      ({ id } = await post<{ readonly id: number }>('/measure-batches', { ...wish, why }));
    };
    await attempt(ordering, () => say('batch.ordered', { id }));
  };

  return (
    <p>
      <Button onClick={() => void order()}>{say('batch.all')}</Button>
    </p>
  );
}

function Preview({ preview }: { readonly preview: BatchPreview }) {
  const { say, sayValue } = useWords();
  const counts = Object.entries(preview.counts).map(
    ([outcome, n]) => `${sayValue('outcome', outcome)}: ${n}`,
  );
  const { items } = preview;
  return (
    <div>
      <p>{counts.join(', ')}</p>
      <DataTable
        caption={say('batch.preview')}
        rows={items.slice(0, MOST_SHOWN)}
        keyOf={row => row.place}
        columns={[
          { heading: say('column.subject'), cell: row => row.subject?.reference ?? row.given },
          { heading: say('batch.outcome'), cell: row => sayValue('outcome', row.outcome) },
          { heading: say('column.reason'), cell: row => row.reason },
        ]}
      />
      {items.length > MOST_SHOWN && (
        <p className="muted">{say('batch.first', { n: MOST_SHOWN, all: items.length })}</p>
      )}
    </div>
  );
}
