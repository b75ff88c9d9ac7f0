import { createContext, type ReactNode, useContext, useMemo, useRef, useState } from 'react';
import { refresh } from './asking.ts';
import { FaultShown } from './fault.tsx';

const SAID_MS = 8_000;

/** What pages do things by: each deed is said to be done, or why not, and then what is shown brought up to date. */
export interface Deeds {
  tell(sentence: string): void;
  /** True when the deed was done. */
  attempt(deed: () => Promise<unknown>, done: string | (() => string)): Promise<boolean>;
}

interface Told {
  readonly sentence: string;
  readonly fault: unknown;
  readonly deeds: Deeds;
}

const Context = createContext<Told | null>(null);

export function DeedsAround({ children }: { readonly children: ReactNode }) {
  const [sentence, setSentence] = useState('');
  const [fault, setFault] = useState<unknown>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const deeds = useMemo<Deeds>(() => {
    const tell = (said: string): void => {
      clearTimeout(timer.current);
      setSentence(said);
      timer.current = setTimeout(() => setSentence(''), SAID_MS);
    };
    const attempt: Deeds['attempt'] = async (deed, done) => {
      setFault(null);
      try {
        await deed();
      } catch (caught) {
        setFault(caught);
        return false;
      }
      tell(typeof done === 'string' ? done : done());
      await refresh();
      return true;
    };
    return { tell, attempt };
  }, []);
  const told = useMemo(() => ({ sentence, fault, deeds }), [sentence, fault, deeds]);
  return <Context.Provider value={told}>{children}</Context.Provider>;
}

export function useDeeds(): Deeds {
  return useTold().deeds;
}

/** Why the last deed was not done. */
export function DeedFault() {
  const { fault } = useTold();
  return fault === null ? null : <FaultShown fault={fault} />;
}

/** What was last done, for eyes and for screen readers. */
export function Said() {
  const { sentence } = useTold();
  return (
    <div id="said" role="status" aria-live="polite">
      {sentence}
    </div>
  );
}

function useTold(): Told {
  const told = useContext(Context);
  if (told === null) throw new Error('outside of DeedsAround');
  return told;
}
