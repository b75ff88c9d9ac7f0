import { languageNow } from './words.ts';

const PARTY = 'thingward-party';

/** Whom this tab speaks for, and in which language it wants to be answered. */
export function headersNow(): Record<string, string> {
  const party = sessionStorage.getItem(PARTY);
  const language = languageNow() === 'zh' ? 'zh-CN' : 'en';
  return { 'accept-language': language, ...(party === null ? {} : { 'x-thingward-party': party }) };
}

/** @param partyId the party this tab speaks for from now on; null leaves it to the server */
export function speakFor(partyId: number | null): void {
  if (partyId === null) sessionStorage.removeItem(PARTY);
  else sessionStorage.setItem(PARTY, String(partyId));
}

/** An RFC 9457 problem, as far as it is shown. */
export interface Problem {
  readonly title?: string;
  readonly detail?: string;
  readonly mend?: string;
  readonly code?: string;
  readonly instance?: string;
}

/** The server said no. */
export class Refused extends Error {
  readonly status: number;
  readonly problem: Problem;

  constructor(status: number, problem: Problem) {
    super(problem.title ?? `HTTP ${status}`);
    this.status = status;
    this.problem = problem;
  }
}

/** @param path below /api/v1 */
export function get<Answer>(path: string, signal?: AbortSignal): Promise<Answer> {
  return ask<Answer>(path, signal === undefined ? {} : { signal });
}

/** @param path below /api/v1 */
export function post<Answer>(path: string, body: unknown = {}): Promise<Answer> {
  const headers = { 'content-type': 'application/json' };
  return ask<Answer>(path, { method: 'POST', headers, body: JSON.stringify(body) });
}

/** Throws `Refused` for an answer that is not 2xx, and what `fetch` throws when there is none. */
export async function ask<Answer>(path: string, init: RequestInit): Promise<Answer> {
  const response = await fetch(`/api/v1${path}`, {
    ...init,
    credentials: 'same-origin',
    cache: 'no-store',
    headers: { accept: 'application/json', ...headersNow(), ...init.headers },
  });
  const answer: unknown = await response.json().catch(() => ({}));
  if (!response.ok) throw new Refused(response.status, answer as Problem);
  return answer as Answer;
}

/** Hands a document of the server to the person as a file. */
export async function download(path: string, name: string): Promise<void> {
  save(`${JSON.stringify(await get(path), null, 2)}\n`, name, 'application/json');
}

/** Hands a text to the person as a file. */
export function save(text: string, name: string, type: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
