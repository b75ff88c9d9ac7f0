import { Button } from 'antd';
import { useState } from 'react';
import type { Instant, List } from '../kit/answers.ts';
import { useAnswer } from '../kit/asking.ts';
import { DataTable } from '../kit/data-table.tsx';
import { useDeeds } from '../kit/deeds.tsx';
import { ask, post } from '../kit/door.ts';
import { Facts } from '../kit/facts.tsx';
import { Field, Form } from '../kit/form.tsx';
import { Page, Sheet } from '../kit/page.tsx';
import { Moment } from '../kit/times.tsx';
import { useWords } from '../kit/words.ts';
import { useSession } from '../session.ts';

interface Factor {
  readonly isSet: boolean;
  readonly isRequired: boolean;
  readonly recoveryCodesLeft: number;
}

/** What an authenticator is set up with; told once. */
interface Enrolment {
  readonly uri: string;
  readonly secret: string;
  readonly recoveryCodes: readonly string[];
}

interface OpenSession {
  readonly id: string;
  readonly openedAt: Instant;
  readonly usedAt: Instant;
  readonly from?: string | null;
  readonly client?: string | null;
  readonly isThisOne: boolean;
}

/** One's own account: the second factor and the open sessions. */
export function AccountPage() {
  const { say } = useWords();
  const factor = useAnswer<Factor>('/me/second-factor');
  const sessions = useAnswer<List<OpenSession>>('/me/sessions');
  return (
    <Page title={say('account')} tab={say('nav.account')}>
      <Sheet name="factor" title={say('factor')}>
        {factor.data !== undefined && <FactorPart state={factor.data} />}
      </Sheet>
      <Sheet name="sessions" title={say('sessions')}>
        {sessions.data !== undefined && <SessionsPart items={sessions.data.items} />}
      </Sheet>
    </Page>
  );
}

function FactorPart({ state }: { readonly state: Factor }) {
  const { say } = useWords();
  const sentence = state.isRequired ? 'factor.required' : 'factor.none';
  return (
    <>
      <p>{state.isSet ? say('factor.set', { n: state.recoveryCodesLeft }) : say(sentence)}</p>
      {state.isSet ? <Removal /> : <Setting />}
    </>
  );
}

/** Asks for the password, then shows the key and the recovery codes, then asks for a code as proof. */
function Setting() {
  const { say } = useWords();
  const { attempt } = useDeeds();
  const { enter } = useSession();
  const [made, setMade] = useState<Enrolment | null>(null);
  if (made === null)
    return (
      <Form
        id="begin-factor"
        label={say('factor.begin')}
        done={({ password = '' }) =>
          attempt(
            async () => setMade(await post<Enrolment>('/me/second-factor', { password })),
            say('factor.begun'),
          )
        }
      >
        <Field name="password" type="password" complete="current-password" />
      </Form>
    );
  const confirm = async (code: string): Promise<void> => {
    const isDone = await attempt(
      () => post('/me/second-factor/confirmation', { code }),
      say('factor.confirmed'),
    );
    if (isDone) await enter();
  };
  return (
    <>
      <p>{say('factor.type')}</p>
      <Facts
        rows={[
          [
            say('factor.secret'),
            <code key="secret" id="factor-secret">
              {made.secret}
            </code>,
          ],
        ]}
      />
      <p>
        <a href={made.uri}>{say('factor.open')}</a>
      </p>
      <p>{say('factor.recovery')}</p>
      <ul id="recovery-codes">
        {made.recoveryCodes.map(code => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ul>
      <Form id="confirm-factor" label={say('factor.confirm')} done={({ code = '' }) => confirm(code)}>
        <Field name="code" type="text" complete="one-time-code" />
      </Form>
    </>
  );
}

function Removal() {
  const { say } = useWords();
  const { attempt } = useDeeds();
  const remove = (password: string, code: string): Promise<boolean> =>
    attempt(() => post('/me/second-factor/removal', { password, code }), say('factor.removed'));
  return (
    <details id="removal">
      <summary>{say('factor.remove')}</summary>
      <Form
        id="remove-factor"
        label={say('factor.remove')}
        done={({ password = '', code = '' }) => remove(password, code)}
      >
        <Field name="password" type="password" complete="current-password" />
        <Field name="code" type="text" complete="one-time-code" />
      </Form>
    </details>
  );
}

function SessionsPart({ items }: { readonly items: readonly OpenSession[] }) {
  const { say } = useWords();
  const { attempt } = useDeeds();
  const end = (path: string) => void attempt(() => ask(path, { method: 'DELETE' }), say('session.ended'));
  return (
    <>
      <DataTable
        caption={say('sessions')}
        rows={items}
        keyOf={each => each.id}
        columns={[
          { heading: say('session.opened'), cell: each => <Moment at={each.openedAt} /> },
          { heading: say('session.used'), cell: each => <Moment at={each.usedAt} /> },
          {
            heading: say('session.from'),
            cell: each => [each.from, each.client].filter(Boolean).join(' – '),
          },
          {
            heading: say('session.act'),
            cell: each =>
              each.isThisOne ? (
                say('session.this')
              ) : (
                <Button onClick={() => end(`/me/sessions/${each.id}`)}>{say('session.end')}</Button>
              ),
          },
        ]}
      />
      {items.length > 1 && (
        <Button id="end-others" onClick={() => end('/me/sessions')}>
          {say('session.end-others')}
        </Button>
      )}
    </>
  );
}
