import type { Act } from '../kit/answers.ts';
import { Tree } from '../kit/facts.tsx';
import { Empty } from '../kit/page.tsx';
import { Moment } from '../kit/times.tsx';
import { useWords, type Words } from '../kit/words.ts';

type Detail = Readonly<Record<string, unknown>>;

export function TimeLine({ acts }: { readonly acts: readonly Act[] }) {
  const { say } = useWords();
  if (acts.length === 0) return <Empty>{say('case.no-acts')}</Empty>;
  return (
    <ol className="line">
      {acts.map(act => (
        <ActShown key={act.id} act={act} />
      ))}
    </ol>
  );
}

/** What happened in a few words; all that was written of it lies folded beneath. */
function ActShown({ act }: { readonly act: Act }) {
  const words = useWords();
  const detail = act.detail ?? {};
  const note = detail['text'];
  return (
    <li>
      <div>
        <strong>{words.sayValue('act', act.kind)}</strong>
        {summaryOf(act.kind, detail, words.nameOf(act.about), words)}
      </div>
      <div className="muted">
        <Moment at={act.at} /> {act.actor ?? ''}
      </div>
      {typeof note === 'string' && <p className="note">{note}</p>}
      {typeof note !== 'string' && Object.keys(detail).length > 0 && (
        <details>
          <summary>{words.say('case.more')}</summary>
          <Tree value={detail} />
        </details>
      )}
    </li>
  );
}

/** `about` is what people call the thing the act is about. */
function summaryOf(kind: string, detail: Detail, about: string, { sayValue }: Words): string {
  const text = (name: string): string => (typeof detail[name] === 'string' ? detail[name] : '');
  if (kind === 'measure-moved') return ` · ${sayValue('step', detail['to'])}`;
  if (kind.startsWith('measure') || kind.startsWith('lift'))
    return detail['kind'] ? ` · ${about || sayValue('measure', detail['kind'])}` : '';
  if (about !== '' || text('clock') !== '') return ` · ${about || text('clock')}`;
  if (kind === 'assigned') return ` · ${text('owner')}`;
  if (kind === 'closed') return ` · ${text('reason')}`;
  return detail['severity'] ? ` · ${sayValue('severity', detail['severity'])}` : '';
}
