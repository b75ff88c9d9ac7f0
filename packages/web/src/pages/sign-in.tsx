import { Alert, Button } from 'antd';
import { type ReactNode, useEffect, useState } from 'react';
import { get, type Problem, post, Refused } from '../kit/door.ts';
import { Field, Form } from '../kit/form.tsx';
import { useWords, type Words } from '../kit/words.ts';
import { useSession } from '../session.ts';

type Given = Readonly<Record<string, string>>;
/** Which form is shown, and what was given so far; each adds what the server then asks for. */
type Step = { readonly is: 'enter' } | { readonly is: 'choose' | 'prove'; readonly given: Given };

/** What a provider that people sign in with sent them back with, in the address. */
const SENT_BACK = /^#\/(refused|invitation)\/([\w-]{1,100})$/;

/**
 * The sign-in form; then, as far as the server asks for it, the form for a code of the second factor and the one for a
 * password of one's own in place of a one-time password.
 */
export function SignIn() {
  const { say } = useWords();
  const { enter } = useSession();
  const [step, setStep] = useState<Step>({ is: 'enter' });
  const [fault, setFault] = useState<unknown>(() => refusalSentBack());

  const send = async (given: Given): Promise<void> => {
    setFault(null);
    try {
      await post('/login', given);
    } catch (caught) {
      const code = caught instanceof Refused ? caught.problem.code : '';
      if (code === 'new-password-needed') return setStep({ is: 'choose', given });
      if (code === 'second-factor-needed') return setStep({ is: 'prove', given });
      return setFault(caught);
    }
    await enter();
  };

  const shown = fault === null ? null : <Why fault={fault} />;
  if (step.is === 'choose')
    return (
      <Door title={say('sign-in.choose')} sentence={say('sign-in.choose.why')} fault={shown}>
        <ChooseForm
          keep={next => send({ ...step.given, newPassword: next })}
          differ={() => setFault(DIFFER)}
        />
      </Door>
    );
  if (step.is === 'prove')
    return (
      <Door title={say('sign-in.prove')} sentence={say('sign-in.prove.why')} fault={shown}>
        <Form id="prove" label={say('sign-in.enter')} done={({ code = '' }) => send({ ...step.given, code })}>
          <Field name="code" type="text" complete="one-time-code" isFirst />
        </Form>
      </Door>
    );
  return (
    <Door title={say('sign-in')} sentence={say('sign-in.first')} fault={shown}>
      <Form
        id="enter"
        label={say('sign-in.enter')}
        done={({ email = '', password = '' }) => send({ email, password })}
      >
        <Field name="email" type="email" complete="username" isFirst />
        <Field name="password" type="password" complete="current-password" />
      </Form>
      <Provider refused={setFault} />
    </Door>
  );
}

const DIFFER = 'sign-in.differ';

function ChooseForm({
  keep,
  differ,
}: {
  readonly keep: (next: string) => Promise<void>;
  readonly differ: () => void;
}) {
  const { say } = useWords();
  const done = async (values: Given): Promise<void> => {
    if (values['new-password'] !== values['again']) return differ();
    await keep(values['new-password'] ?? '');
  };
  return (
    <Form id="choose" label={say('sign-in.keep')} done={done}>
      <Field name="new-password" type="password" complete="new-password" isFirst />
      <Field name="again" type="password" complete="new-password" />
    </Form>
  );
}

/** The button of the provider, where the house has one. */
function Provider({ refused }: { readonly refused: (fault: unknown) => void }) {
  const { say } = useWords();
  const [name, setName] = useState<string | null>(null);
  useEffect(() => {
    void get<{ readonly provider: string | null }>('/login/options')
      .then(({ provider }) => setName(provider))
      .catch(() => setName(null));
  }, []);
  if (name === null || name === undefined) return null;
  const invitation = invitationSentBack();
  const go = async (): Promise<void> => {
    const { url } = await post<{ readonly url: string }>(
      '/login/provider',
      invitation === null ? {} : { invitation },
    );
    location.assign(url);
  };
  return (
    <Button id="by-provider" onClick={() => void go().catch(refused)}>
      {say(invitation === null ? 'sign-in.provider' : 'sign-in.invited', { name })}
    </Button>
  );
}

function Door({ title, sentence, fault, children }: DoorOf) {
  return (
    <section className="sheet narrow">
      <h1>{title}</h1>
      <p className="muted">{sentence}</p>
      {fault}
      {children}
    </section>
  );
}

interface DoorOf {
  readonly title: string;
  readonly sentence: string;
  readonly fault: ReactNode;
  readonly children: ReactNode;
}

function Why({ fault }: { readonly fault: unknown }) {
  const { say } = useWords();
  return <Alert className="fault" type="error" title={sentenceOf(fault, say)} />;
}

/** A key of our own words, a refusal, or no answer at all. */
function sentenceOf(fault: unknown, say: Words['say']): string {
  if (typeof fault === 'string') return say(fault);
  const problem: Problem =
    fault instanceof Refused
      ? fault.problem
      : { title: say('fault.unreachable'), mend: say('fault.unreachable.mend') };
  return [problem.title, problem.detail, problem.mend].filter(Boolean).join(' ');
}

function refusalSentBack(): string | null {
  const [, what, code] = SENT_BACK.exec(location.hash) ?? [];
  return what === 'refused' && code !== undefined ? `sign-in.${code}` : null;
}

function invitationSentBack(): string | null {
  const [, what, text] = SENT_BACK.exec(location.hash) ?? [];
  return what === 'invitation' ? (text ?? null) : null;
}
