/** A client for tests: JSON in, JSON out, bearer token; any answer that is no success throws its problem document. */
export class ApiClient {
  readonly address: string;
  token: string | null = null;

  constructor(address: string) {
    this.address = address;
  }

  async signIn(email: string, password: string, newPassword?: string): Promise<void> {
    const body = newPassword === undefined ? { email, password } : { email, password, newPassword };
    const answer = await this.post<{ token: string }>('/login', body);
    this.token = answer.token;
  }

  get<T>(path: string): Promise<T> {
    return this.ask<T>('GET', path);
  }

  post<T>(path: string, body: unknown = {}): Promise<T> {
    return this.ask<T>('POST', path, JSON.stringify(body), 'application/json');
  }

  put<T>(path: string, body: unknown): Promise<T> {
    return this.ask<T>('PUT', path, JSON.stringify(body), 'application/json');
  }

  delete<T>(path: string): Promise<T> {
    return this.ask<T>('DELETE', path);
  }

  /** A table of registrations, with our columns or a mapping to them. */
  importTable<T>(name: string, csv: string | Uint8Array<ArrayBuffer>, mapping?: object): Promise<T> {
    const query = mapping === undefined ? '' : `?mapping=${encodeURIComponent(JSON.stringify(mapping))}`;
    return this.ask<T>('POST', `/imports/${name}${query}`, csv, 'text/csv');
  }

  /** Records of a source, as they are. */
  feed<T>(sourceId: number, name: string, bytes: string | Uint8Array<ArrayBuffer>): Promise<T> {
    const path = `/sources/${sourceId}/batches?name=${encodeURIComponent(name)}`;
    return this.ask<T>('POST', path, bytes, 'application/octet-stream');
  }

  private async ask<T>(
    method: string,
    path: string,
    body?: string | Uint8Array<ArrayBuffer>,
    type?: string,
  ): Promise<T> {
    const headers: Record<string, string> = {};
    if (this.token !== null) headers['authorization'] = `Bearer ${this.token}`;
    if (type !== undefined) headers['content-type'] = type;
    const url = path.startsWith('/ledger/') ? `${this.address}${path}` : `${this.address}/api/v1${path}`;
    const answer = await fetch(url, { method, headers, ...(body === undefined ? {} : { body }) });
    const text = await answer.text();
    if (!answer.ok) throw new ApiProblem(method, path, answer.status, text);
    return (
      text === '' ? null : answer.headers.get('content-type')?.includes('json') ? JSON.parse(text) : text
    ) as T;
  }
}

/** The problem document (RFC 9457) of an answer that is no success. */
export interface ProblemDocument {
  readonly code?: string;
  readonly title?: string;
  readonly mend?: string;
  readonly facts?: Readonly<Record<string, string | number | boolean>>;
}

export class ApiProblem extends Error {
  readonly status: number;
  readonly problem: ProblemDocument;
  readonly code: string | undefined;

  constructor(method: string, path: string, status: number, text: string) {
    super(`${method} ${path} answered ${status}: ${text.slice(0, 500)}`);
    this.status = status;
    this.problem = problemIn(text);
    this.code = this.problem.code;
  }
}

function problemIn(text: string): ProblemDocument {
  try {
    return JSON.parse(text) as ProblemDocument;
  } catch {
    return {};
  }
}

/** Asks again until the answer is one, or throws after the time. */
export async function until<T>(
  what: string,
  ask: () => Promise<T | null | undefined | false>,
  withinMs = 20_000,
): Promise<T> {
  const end = performance.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (performance.now() > end) throw new Error(`${what} did not happen within ${withinMs} ms`);
    await new Promise(resolve => setTimeout(resolve, 100));
  }
}
