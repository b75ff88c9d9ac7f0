import { createContext, useContext } from 'react';
import type { Me } from './kit/answers.ts';

/** Where a person stands: before the door, choosing whom to speak for, or inside. */
export type Standing =
  | { readonly is: 'waiting' | 'outside' | 'choosing' }
  | { readonly is: 'inside'; readonly me: Me };

export interface Session {
  readonly standing: Standing;
  /** Whether changes are heard of at once. */
  readonly isLive: boolean;
  /** Why what is shown could not be brought up to date. */
  readonly fault: unknown;
  /** Sees who is signed in. */
  enter(): Promise<void>;
  leave(): Promise<void>;
}

export const SessionContext = createContext<Session | null>(null);

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === null) throw new Error('outside of a session');
  return session;
}
