import { useEffect, useRef } from 'react';
import type { Finding, List } from '../kit/answers.ts';
import { useAnswer } from '../kit/asking.ts';
import { useDeeds } from '../kit/deeds.tsx';
import { FindingsTable } from '../kit/findings-table.tsx';
import { Empty, Page } from '../kit/page.tsx';
import { useWords } from '../kit/words.ts';

/** The newest findings; new ones appear by themselves and are said aloud. */
export function FindingsPage() {
  const { say } = useWords();
  const { data } = useAnswer<List<Finding>>('/findings?limit=100');
  useNewOnesTold(data?.items);
  return (
    <Page title={say('nav.findings')} tab={say('nav.findings')}>
      <p className="muted">{say('findings.live')}</p>
      {data !== undefined && (
        <section className="sheet">
          {data.items.length === 0 ? (
            <Empty>{say('findings.none')}</Empty>
          ) : (
            <FindingsTable findings={data.items} />
          )}
        </section>
      )}
    </Page>
  );
}

function useNewOnesTold(items: readonly Finding[] | undefined): void {
  const { say } = useWords();
  const { tell } = useDeeds();
  const seen = useRef<ReadonlySet<string> | null>(null);
  const words = useRef({ say, tell });
  words.current = { say, tell };
  useEffect(() => {
    if (items === undefined) return;
    const before = seen.current;
    seen.current = new Set(items.map(each => each.id));
    const n = before === null ? 0 : items.filter(each => !before.has(each.id)).length;
    if (n > 0) words.current.tell(words.current.say('findings.new', { n }));
  }, [items]);
}
