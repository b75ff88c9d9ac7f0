import { Button } from 'antd';
import type { Case, Measure, Proposal, Step } from '../kit/answers.ts';
import { useAsk } from '../kit/ask.tsx';
import { useAnswer } from '../kit/asking.ts';
import { useDeeds } from '../kit/deeds.tsx';
import { post } from '../kit/door.ts';
import { Facts, momentOr } from '../kit/facts.tsx';
import { Chip, Empty } from '../kit/page.tsx';
import { Moment } from '../kit/times.tsx';
import { useWords } from '../kit/words.ts';
import { BatchButton } from './batch.tsx';
import { ProposalShown, useProposing } from './proposals.tsx';

/** The way a measure goes when all goes well. */
const WAY = ['decided', 'ordered', 'accepted', 'effective', 'verified'];
const LIFTING = ['lift-ordered', 'lift-accepted', 'lifted'];
/** States out of which a measure can be lifted. */
const LIFTABLE = ['accepted', 'effective', 'verified', 'closed', 'overdue'];
/** States after which the same kind can be ordered once more. */
const OVER = ['failed', 'lifted', 'closed'];

interface MeasuresOf {
  readonly found: Case;
  /** Those of the case that wait for two persons. */
  readonly proposals: readonly Proposal[];
}

/** The measures of a case with their steps and a way to lift them, and the suggested one to order, for its card or for all. */
export function Measures({ found, proposals }: MeasuresOf) {
  const { say } = useWords();
  const measures = found.measures ?? [];
  const kind = typeof found.suggests === 'string' ? found.suggests : found.suggests?.kind;
  const isOpen = found.state !== 'closed';
  const isTaken = measures.some(measure => measure.kind === kind && !OVER.includes(measure.state));
  return (
    <>
      {measures.map(measure => (
        <MeasureShown key={measure.id} measure={measure} />
      ))}
      {measures.length === 0 && <Empty>{say(kind ? 'measures.none' : 'measures.none-suggested')}</Empty>}
      {proposals.map(each => (
        <ProposalShown key={each.id} proposal={each} />
      ))}
      {kind && isOpen && !isTaken && <OrderButton found={found} kind={kind} />}
      {/* The case's own measure may be under way while the others have none. */}
      {kind && isOpen && <BatchButton found={found} kind={kind} />}
    </>
  );
}

function OrderButton({ found, kind }: { readonly found: Case; readonly kind: string }) {
  const { say, sayValue } = useWords();
  const { attempt } = useDeeds();
  const { confirm } = useAsk();
  const proposeInstead = useProposing();
  const name = sayValue('measure', kind);
  const yes = say('measures.order', { kind: name });
  const order = async (): Promise<void> => {
    const question = say('measures.order-sure', { kind: name, subject: found.subject?.reference ?? '' });
    if (!(await confirm({ question, yes }))) return;
    let done = say('measures.ordered');
    const ordering = () =>
      post(`/cases/${encodeURIComponent(found.id)}/measures`, { kind }).catch(async (fault: unknown) => {
        await proposeInstead(found, kind, name, fault);
        done = say('proposals.made');
      });
    await attempt(ordering, () => done);
  };
  return (
    <p>
      <Button type="primary" onClick={() => void order()}>
        {yes}
      </Button>
    </p>
  );
}

function MeasureShown({ measure }: { readonly measure: Measure }) {
  const { say, sayValue, nameOf } = useWords();
  const { attempt } = useDeeds();
  const { confirm } = useAsk();
  const name = nameOf(measure.title) || sayValue('measure', measure.kind);
  const path = `/measures/${encodeURIComponent(measure.id)}`;
  // A case may bring its measures without their steps; they are fetched one by one then.
  const { data: whole } = useAnswer<Measure>(path, measure.steps === undefined);
  const lift = async (): Promise<void> => {
    const isSure = await confirm({
      question: say('measures.lift-sure', { kind: name }),
      yes: say('measures.lift'),
    });
    if (isSure) await attempt(() => post(`${path}/lift`), say('measures.lifting'));
  };
  return (
    <article className="measure">
      <h3>
        {name} <Chip of={measure.state}>{sayValue('step', measure.state)}</Chip>
      </h3>
      <Steps taken={measure.steps ?? whole?.steps ?? []} state={measure.state} />
      <Facts
        rows={[
          [say('column.provider'), measure.provider ?? measure.providerId],
          [say('column.due'), momentOr(measure.dueAt)],
          [say('column.decided-by'), measure.decidedBy],
        ]}
      />
      {LIFTABLE.includes(measure.state) && (
        <p>
          <Button onClick={() => void lift()}>{say('measures.lift')}</Button>
        </p>
      )}
    </article>
  );
}

/** Steps taken with their moment, and those still to come. */
function Steps({ taken, state }: { readonly taken: readonly Step[]; readonly state: string }) {
  const { say, sayValue } = useWords();
  const way = LIFTING.includes(state) ? LIFTING : WAY;
  const reached = new Set(taken.map(step => step.to));
  const isAhead = (to: string): boolean => !reached.has(to) && way.indexOf(to) > way.indexOf(state);
  return (
    <ol className="steps">
      {taken.map(step => (
        <li key={`${step.to} ${step.at}`} className={step.to === state ? 'now' : 'done'}>
          <span>{sayValue('step', step.to)}</span>
          <Moment at={step.at} />
        </li>
      ))}
      {(OVER.includes(state) ? [] : way.filter(isAhead)).map(to => (
        <li key={to} className="to-come">
          <span>{sayValue('step', to)}</span>
          <span className="muted">{say('measures.to-come')}</span>
        </li>
      ))}
    </ol>
  );
}
