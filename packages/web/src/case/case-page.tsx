import { getRouteApi, Link } from '@tanstack/react-router';
import { Button, Input } from 'antd';
import { type FormEvent, useState } from 'react';
import type { Case, List, Proposal, SubjectNamed } from '../kit/answers.ts';
import { useAnswer, useAnswerIfAllowed } from '../kit/asking.ts';
import { useDeeds } from '../kit/deeds.tsx';
import { download, post } from '../kit/door.ts';
import { Facts, momentOr, Tree } from '../kit/facts.tsx';
import { FindingsTable } from '../kit/findings-table.tsx';
import { Chip, Empty, Page, Sheet } from '../kit/page.tsx';
import { Moment } from '../kit/times.tsx';
import { useWords } from '../kit/words.ts';
import { Clocks } from './clocks.tsx';
import { Measures } from './measures.tsx';
import { TimeLine } from './time-line.tsx';

const route = getRouteApi('/cases/$id');
const NONE: List<Proposal> = { items: [], next: null };

/** One case: what it is about, what runs out when, what was and can be done, the evidence, and what happened. */
export function CasePage() {
  const { id } = route.useParams();
  // Another case is another page: what was typed for one is never sent for the other.
  return <CaseShown key={id} id={id} />;
}

function CaseShown({ id }: { readonly id: string }) {
  const { say } = useWords();
  const name = encodeURIComponent(id);
  const path = `/cases/${name}`;
  const { data: found } = useAnswer<Case>(path);
  const { data: proposals = NONE } = useAnswerIfAllowed(`/measure-proposals?waiting=true&case=${name}`, NONE);
  return (
    <Page title={say('case.number', { id })} tab={say('nav.case')}>
      {found !== undefined && (
        <div className="columns">
          <div>
            <Sheet name="head" title={say('case.head')}>
              <Head found={found} path={path} />
            </Sheet>
            <Sheet name="measures" title={say('case.measures')}>
              <Measures found={found} proposals={proposals.items} />
            </Sheet>
            <Sheet name="findings" title={say('case.findings')}>
              <Evidence found={found} />
            </Sheet>
          </div>
          <div>
            <Sheet name="clocks" title={say('case.clocks')}>
              <Clocks clocks={found.clocks ?? []} />
            </Sheet>
            {found.state !== 'closed' && (
              <Sheet name="work" title={say('case.work')}>
                <Work name="text" to={`${path}/notes`} label={say('case.add-note')} isFirst />
                <Work name="reason" to={`${path}/close`} label={say('case.close')} />
              </Sheet>
            )}
            <Sheet name="line" title={say('case.line')}>
              <TimeLine acts={found.acts ?? []} />
            </Sheet>
          </div>
        </div>
      )}
    </Page>
  );
}

function Head({ found, path }: { readonly found: Case; readonly path: string }) {
  const { say, sayValue, nameOf } = useWords();
  const { attempt } = useDeeds();
  const { subject } = found;
  const hand = () =>
    attempt(() => download(`${path}/evidence`, `case-${found.id}-evidence.json`), say('case.done'));
  return (
    <>
      <Facts
        rows={[
          [say('column.rule'), nameOf(found.title) || found.ruleId],
          [say('column.subject'), subject && <SubjectLink subject={subject} />],
          [
            say('column.severity'),
            <Chip key="severity" of={found.severity}>
              {sayValue('severity', found.severity)}
            </Chip>,
          ],
          [say('column.state'), sayValue('state', found.state)],
          [say('column.owner'), found.ownerLabel ?? found.ownerId ?? say('cases.no-owner')],
          [say('column.opened'), momentOr(found.openedAt)],
          [say('column.closed'), momentOr(found.closedAt)],
          [say('column.reason'), found.closeReason],
        ]}
      />
      <p>
        <Button onClick={() => void hand()}>{say('case.download')}</Button>
      </p>
      <p className="muted">
        {say('case.check')} <code>{`thingward evidence ${found.id} --out FOLDER`}</code>
      </p>
    </>
  );
}

function SubjectLink({ subject }: { readonly subject: SubjectNamed }) {
  return (
    <Link to="/subjects/$id" params={{ id: String(subject.id) }}>
      <code>{`${subject.kind} ${subject.reference}`}</code>
    </Link>
  );
}

function Evidence({ found }: { readonly found: Case }) {
  const { say } = useWords();
  const findings = found.findings ?? [];
  if (findings.length === 0) return <Empty>{say('case.no-findings')}</Empty>;
  return (
    <>
      <FindingsTable findings={findings} withCase={false} />
      {findings.map(finding => (
        <details key={finding.id}>
          <summary>
            {say('case.evidence')} <Moment at={finding.observedAt} />
          </summary>
          <Facts
            rows={[
              [say('column.finding'), <code key="id">{finding.id}</code>],
              [
                say('column.rule'),
                <code key="rule">{`${finding.ruleId} ${finding.ruleVersion ?? ''}`.trim()}</code>,
              ],
            ]}
          />
          <Tree value={finding.evidence ?? {}} />
        </details>
      ))}
    </>
  );
}

interface WorkOf {
  readonly name: 'text' | 'reason';
  readonly to: string;
  readonly label: string;
  readonly isFirst?: boolean;
}

/** A field whose text goes to the case; it is emptied when it has arrived, and only then. */
function Work({ name, to, label, isFirst = false }: WorkOf) {
  const { say } = useWords();
  const { attempt } = useDeeds();
  const [text, setText] = useState('');
  const send = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    await attempt(async () => {
      await post(to, { [name]: text });
      setText('');
    }, say('case.done'));
  };
  return (
    <form onSubmit={event => void send(event)}>
      <label>
        <span>{say(`field.${name}`)}</span>
        <Input.TextArea
          name={name}
          rows={2}
          required
          maxLength={4000}
          value={text}
          onChange={event => setText(event.target.value)}
        />
      </label>
      <Button type={isFirst ? 'primary' : 'default'} htmlType="submit">
        {label}
      </Button>
    </form>
  );
}
