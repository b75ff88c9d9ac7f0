import { Button } from 'antd';
import type { Case, Proposal } from '../kit/answers.ts';
import { useAsk } from '../kit/ask.tsx';
import { useDeeds } from '../kit/deeds.tsx';
import { post, Refused } from '../kit/door.ts';
import { Facts, momentOr } from '../kit/facts.tsx';
import { Chip } from '../kit/page.tsx';
import { useWords } from '../kit/words.ts';

type Propose = (found: Case, kind: string, name: string, fault: unknown) => Promise<unknown>;

/** A measure that one person may not order becomes a proposal, if the person wants it; every other fault goes on (C-44). */
export function useProposing(): Propose {
  const { say } = useWords();
  const { why: askWhy } = useAsk();
  return async (found, kind, name, fault) => {
    if (!(fault instanceof Refused) || fault.problem.code !== 'measure-needs-two-persons') throw fault;
    const why = await askWhy({
      question: say('proposals.propose-sure', { kind: name }),
      why: say('proposals.why'),
      yes: say('proposals.propose'),
    });
    if (why === null) throw fault;
    return post(`/cases/${encodeURIComponent(found.id)}/measure-proposals`, { kind, why });
  };
}

/** A proposal with buttons to say yes or no. */
export function ProposalShown({ proposal }: { readonly proposal: Proposal }) {
  const { say, sayValue } = useWords();
  const { attempt } = useDeeds();
  const { confirm } = useAsk();
  const name = sayValue('measure', proposal.kind);
  const decide = async (deed: 'approve' | 'refuse'): Promise<void> => {
    const question = say(`proposals.${deed}-sure`, { kind: name });
    if (!(await confirm({ question, yes: say(`proposals.${deed}`) }))) return;
    const path = `/measure-proposals/${encodeURIComponent(proposal.id)}/decision`;
    await attempt(() => post(path, { deed }), say('proposals.told'));
  };
  return (
    <article className="measure">
      <h3>
        {name} <Chip>{say('proposals.waiting')}</Chip>
      </h3>
      <Facts
        rows={[
          [say('proposals.why'), proposal.why],
          [say('proposals.by'), proposal.proposedBy],
          [say('proposals.consents'), proposal.consents.join(', ')],
          [say('proposals.until'), momentOr(proposal.expiresAt)],
        ]}
      />
      <p className="buttons">
        <Button type="primary" onClick={() => void decide('approve')}>
          {say('proposals.approve')}
        </Button>
        <Button onClick={() => void decide('refuse')}>{say('proposals.refuse')}</Button>
      </p>
    </article>
  );
}
