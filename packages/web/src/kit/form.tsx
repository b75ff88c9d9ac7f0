import { Button, Input } from 'antd';
import { type FormEvent, type ReactNode, useState } from 'react';
import { useWords } from './words.ts';

const LEAST_PASSWORD = 8;

/** A labelled field; what it is called and what the browser may fill in come with it. */
export function Field({ name, type, complete, isFirst = false }: FieldOf) {
  const { say } = useWords();
  return (
    <label>
      <span>{say(`field.${name}`)}</span>
      <Input
        name={name}
        type={type}
        autoComplete={complete}
        required
        autoFocus={isFirst}
        minLength={complete === 'new-password' ? LEAST_PASSWORD : undefined}
      />
    </label>
  );
}

interface FieldOf {
  readonly name: string;
  readonly type: 'email' | 'password' | 'text';
  readonly complete: string;
  readonly isFirst?: boolean;
}

interface FormOf {
  readonly id: string;
  readonly label: string;
  /** Called with the values by the fields' names; the button rests until it is done. */
  readonly done: (values: Readonly<Record<string, string>>) => Promise<unknown>;
  readonly children: ReactNode;
}

/** A form of the browser's own: it checks, fills in and submits as people and password keepers expect. */
export function Form({ id, label, done, children }: FormOf) {
  const [isBusy, setBusy] = useState(false);
  const submit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const values = Object.fromEntries(
      [...new FormData(event.currentTarget)].map(([name, value]) => [name, String(value)]),
    );
    setBusy(true);
    await done(values).finally(() => setBusy(false));
  };
  return (
    <form id={id} onSubmit={event => void submit(event)}>
      {children}
      <Button type="primary" htmlType="submit" disabled={isBusy}>
        {label}
      </Button>
    </form>
  );
}
