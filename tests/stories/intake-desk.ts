import { ApiClient, ApiProblem, type ProblemDocument } from '../api-client.ts';
import { dataFolder, startServer } from '../server-process.ts';

export interface Balance {
  readonly id: number;
  readonly state: string;
  readonly received: number;
  readonly accepted: number;
  readonly duplicate: number;
  readonly quarantined: number;
  readonly flags: readonly { readonly code: string; readonly detail: Record<string, unknown> }[];
  readonly facts: Readonly<Record<string, unknown>>;
}
export interface Held {
  readonly id: number;
  readonly batchId: number;
  readonly place: string;
  readonly reason: string;
  readonly detail: Record<string, unknown>;
  readonly state: string;
  readonly raw: string;
}
export interface Items<T> {
  readonly items: readonly T[];
}
export interface Usage {
  readonly records: number;
  readonly figures: Readonly<Record<string, number>>;
}

/** A running server of its own, and what its user does at the intake. */
export interface IntakeDesk {
  readonly api: ApiClient;
  addSource(name: string, format: string, profile?: object): Promise<number>;
  feed(source: number, name: string, bytes: string | Uint8Array<ArrayBuffer>): Promise<Balance>;
  /** A batch as it is kept. */
  batch(id: number): Promise<Balance>;
  held(source: number, state?: string): Promise<readonly Held[]>;
  /** What the card of a claim used within one second, or in all. */
  usageOf(claim: string, atMs?: number): Promise<Usage>;
  close(): Promise<void>;
}

export async function openDesk(): Promise<IntakeDesk> {
  const folder = dataFolder();
  const server = await startServer(folder.path);
  const api = new ApiClient(server.address);
  await api.signIn(server.first!.email, server.first!.password, 'a long enough pass phrase 5');
  return {
    api,
    addSource: async (name, format, profile = {}) =>
      (await api.post<{ id: number }>('/sources', { name, format, profile })).id,
    feed: (source, name, bytes) => api.feed(source, name, bytes),
    batch: id => api.get(`/batches/${id}`),
    held: async (source, state = 'open') =>
      (await api.get<Items<Held>>(`/quarantine?source=${source}&state=${state}`)).items,
    usageOf: (claim, atMs) => usageOf(api, claim, atMs),
    close: async () => {
      await server.stop();
      folder.remove();
    },
  };
}

async function usageOf(api: ApiClient, claim: string, atMs?: number): Promise<Usage> {
  const { items } = await api.get<Items<{ id: number }>>(`/subjects?claim=${claim}`);
  if (items.length !== 1) throw new Error(`${claim} names ${items.length} subjects`);
  const iso = (ms: number) => new Date(ms).toISOString();
  const query = atMs === undefined ? '' : `?from=${iso(atMs)}&to=${iso(atMs + 1_000)}`;
  const path = `/subjects/${items[0]!.id}/usage${query}`;
  const { usage } = await api.get<{ usage: readonly Usage[] }>(path);
  return usage[0] ?? { records: 0, figures: {} };
}

/** The problem that an act ends with; throws when it is not refused. */
export async function refusalOf(asked: Promise<unknown>): Promise<ProblemDocument & { status: number }> {
  try {
    await asked;
  } catch (error) {
    if (error instanceof ApiProblem) return { status: error.status, ...error.problem };
    throw error;
  }
  throw new Error('it was not refused');
}
