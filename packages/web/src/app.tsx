import { RouterProvider } from '@tanstack/react-router';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { Frame } from './frame.tsx';
import type { Me } from './kit/answers.ts';
import { asked, hearFaults, refresh, refreshSoon } from './kit/asking.ts';
import { get, post, Refused, speakFor } from './kit/door.ts';
import { listen } from './kit/events.ts';
import { PartyChoice } from './pages/party-choice.tsx';
import { SignIn } from './pages/sign-in.tsx';
import { router } from './routes.tsx';
import { type Session, SessionContext, type Standing } from './session.ts';

/** Until a server that gave no answer is asked again. */
const AGAIN_MS = 3_000;

/** The door and what lies behind it. */
export function App() {
  const [standing, setStanding] = useState<Standing>({ is: 'waiting' });
  const [fault, setFault] = useState<unknown>(null);

  const enter = useCallback(async () => {
    try {
      const me = await get<Me>('/me');
      setFault(null);
      if (me.lacksSecondFactor) router.history.replace('/account');
      setStanding({ is: 'inside', me });
    } catch (caught) {
      const outside = outsideBy(caught);
      if (outside === null) return setFault(caught);
      asked.clear();
      setStanding(outside);
    }
  }, []);

  const leave = useCallback(async () => {
    await post('/logout').catch(() => undefined);
    speakFor(null);
    asked.clear();
    setStanding({ is: 'outside' });
  }, []);

  useEffect(() => {
    // Signed out elsewhere, or too long away: then who is here is asked anew.
    hearFaults(caught =>
      caught instanceof Refused && caught.status === 401 ? void enter() : setFault(caught),
    );
    void enter();
  }, [enter]);

  useEffect(() => {
    if (standing.is !== 'waiting' || fault === null) return;
    const again = setTimeout(() => void enter(), AGAIN_MS);
    return () => clearTimeout(again);
  }, [standing, fault, enter]);

  const isLive = useListening(standing);
  const session = useMemo<Session>(
    () => ({ standing, isLive, fault, enter, leave }),
    [standing, isLive, fault, enter, leave],
  );
  return (
    <SessionContext.Provider value={session}>
      <Behind standing={standing} />
    </SessionContext.Provider>
  );
}

function Behind({ standing }: { readonly standing: Standing }) {
  if (standing.is === 'inside') return <RouterProvider router={router} />;
  return (
    <Frame>
      {standing.is === 'outside' && <SignIn />}
      {standing.is === 'choosing' && <PartyChoice />}
    </Frame>
  );
}

/** Where somebody stands whom the server does not let in; null where that is not what it said. */
function outsideBy(caught: unknown): Standing | null {
  if (!(caught instanceof Refused)) return null;
  if (caught.problem.code === 'party-not-chosen') return { is: 'choosing' };
  if (caught.problem.code === 'party-not-yours') speakFor(null);
  return caught.status === 401 || caught.problem.code === 'party-not-yours' ? { is: 'outside' } : null;
}

/** Listens while somebody is inside who may do more than set a second factor. */
function useListening(standing: Standing): boolean {
  const [isLive, setLive] = useState(false);
  const wasLive = useRef(false);
  const me = standing.is === 'inside' && !standing.me.lacksSecondFactor ? standing.me : null;
  useEffect(() => {
    if (me === null) return;
    const stop = listen({
      changed: refreshSoon,
      live: now => {
        // What was missed while the line was broken.
        if (now && !wasLive.current) void refresh();
        wasLive.current = now;
        setLive(now);
      },
    });
    return () => {
      stop();
      wasLive.current = false;
      setLive(false);
    };
  }, [me]);
  return isLive;
}
