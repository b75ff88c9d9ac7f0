import { QueryCache, QueryClient, type UseQueryResult, useQuery } from '@tanstack/react-query';
import { get, Refused } from './door.ts';

/** How often what is shown is asked for again, should no announcement come. */
const BEAT_MS = 15_000;
/** Many announcements in a moment are one refresh. */
const GATHER_MS = 250;

/** Hears why something shown cannot be brought up to date, and null when everything shown can. */
type Ear = (fault: unknown) => void;

let ear: Ear = () => undefined;
/** Faults of what is shown now, by question: another question's answer makes none of them good. */
const failing = new Map<string, unknown>();

const answers = new QueryCache({
  onError: (fault, { queryHash }) => {
    failing.set(queryHash, fault);
    ear(fault);
  },
  onSuccess: (_answer, { queryHash }) => isGood(queryHash),
});
answers.subscribe(({ type, query }) => {
  const isGone = type === 'removed' || (type === 'observerRemoved' && query.getObserversCount() === 0);
  if (isGone) isGood(query.queryHash);
});

export const asked = new QueryClient({
  queryCache: answers,
  defaultOptions: {
    // A browser that believes itself offline still reaches a server on its own machine.
    queries: {
      ...{ networkMode: 'always', retry: false, staleTime: 0, gcTime: 60_000 },
      ...{ refetchInterval: BEAT_MS, refetchOnWindowFocus: true },
    },
  },
});

export function hearFaults(now: Ear): void {
  ear = now;
}

function isGood(question: string): void {
  if (failing.delete(question) && failing.size === 0) ear(null);
}

/** What the server says at a path below /api/v1; asked for again by announcements and by the clock. */
export function useAnswer<Answer>(path: string, isWanted = true): UseQueryResult<Answer> {
  return useQuery({
    queryKey: ['api', path],
    queryFn: ({ signal }) => get<Answer>(path, signal),
    enabled: isWanted,
  });
}

/** The same for what a person may lack the right to see: then it is as if there were nothing. */
export function useAnswerIfAllowed<Answer>(path: string, nothing: Answer): UseQueryResult<Answer> {
  return useQuery({
    queryKey: ['api', path],
    queryFn: ({ signal }) =>
      get<Answer>(path, signal).catch((fault: unknown) => {
        if (fault instanceof Refused && fault.status === 403) return nothing;
        throw fault;
      }),
  });
}

/** Everything shown is asked for again; resolves when the answers are there. */
export function refresh(): Promise<void> {
  return asked.invalidateQueries();
}

let waiting: ReturnType<typeof setTimeout> | undefined;

export function refreshSoon(): void {
  clearTimeout(waiting);
  waiting = setTimeout(() => void refresh(), GATHER_MS);
}
