import { Button, Input, Modal } from 'antd';
import {
  createContext,
  type FormEvent,
  type ReactNode,
  useCallback,
  useContext,
  useId,
  useMemo,
  useState,
} from 'react';
import { useWords } from './words.ts';

interface Question {
  readonly question: string;
  /** Label of the button that goes ahead. */
  readonly yes: string;
  /** Label of the field for a reason, where one is asked for. */
  readonly why?: string;
  /** What there is to see before answering. */
  readonly shown?: ReactNode;
}

interface Open extends Question {
  answer(reason: string | null): void;
}

export interface Asking {
  /** Asks before something that reaches the outside world. Escape and the second button mean no. */
  confirm(question: Question): Promise<boolean>;
  /** Asks for a reason that others will read; null means no, and a reason is never empty. */
  why(question: Question & { readonly why: string }): Promise<string | null>;
}

const Context = createContext<Asking | null>(null);

export function useAsk(): Asking {
  const asking = useContext(Context);
  if (asking === null) throw new Error('outside of AskAround');
  return asking;
}

export function AskAround({ children }: { readonly children: ReactNode }) {
  const [open, setOpen] = useState<Open | null>(null);
  const put = useCallback(
    (question: Question) =>
      new Promise<string | null>(resolve => {
        setOpen({
          ...question,
          answer: reason => {
            setOpen(null);
            resolve(reason);
          },
        });
      }),
    [],
  );
  const asking = useMemo<Asking>(
    () => ({ confirm: async question => (await put(question)) !== null, why: put }),
    [put],
  );
  return (
    <Context.Provider value={asking}>
      {children}
      {open !== null && <Dialog open={open} />}
    </Context.Provider>
  );
}

function Dialog({ open }: { readonly open: Open }) {
  const { say } = useWords();
  const form = useId();
  const goAhead = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    if (open.why === undefined) {
      open.answer('');
      return;
    }
    const field = event.currentTarget.elements.namedItem('why') as HTMLTextAreaElement;
    field.setCustomValidity(field.value.trim() === '' ? open.why : '');
    if (field.reportValidity()) open.answer(field.value.trim());
  };
  return (
    <Modal
      open
      title={open.question}
      closable={false}
      mask={{ closable: false }}
      onCancel={() => open.answer(null)}
      footer={[
        <Button key="no" autoFocus={open.why === undefined} onClick={() => open.answer(null)}>
          {say('confirm.no')}
        </Button>,
        <Button key="yes" type="primary" htmlType="submit" form={form}>
          {open.yes}
        </Button>,
      ]}
    >
      <form id={form} onSubmit={goAhead}>
        {open.shown}
        {open.why !== undefined && (
          <label>
            <span>{open.why}</span>
            <Input.TextArea
              autoFocus
              name="why"
              rows={3}
              required
              maxLength={1000}
              onInput={event => event.currentTarget.setCustomValidity('')}
            />
          </label>
        )}
      </form>
    </Modal>
  );
}
