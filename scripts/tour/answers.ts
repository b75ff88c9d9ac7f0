/** What the tour reads of the server's answers. */
export interface Batch {
  readonly id: number;
  readonly received: number;
  readonly accepted: number;
  readonly duplicate: number;
  readonly quarantined: number;
}

export interface Finding {
  readonly id: string;
  readonly ruleId: string;
  readonly title: Readonly<Record<'en' | 'zh', string>>;
  readonly severity: string;
  readonly observedAt: string;
  readonly standing: string;
  readonly caseId: number;
  readonly subject: { readonly reference: string };
}

export interface Case {
  readonly id: number;
  readonly state: string;
  readonly suggests: string | null;
  readonly clocks: readonly {
    readonly clockId: string;
    readonly title: Readonly<Record<'en' | 'zh', string>>;
    readonly state: string;
    readonly dueAt: string;
  }[];
  readonly acts: readonly { readonly kind: string }[];
  readonly measures: readonly unknown[];
}

export interface Measure {
  readonly id: number;
  readonly state: string;
  readonly steps: readonly { readonly to: string; readonly proof: { readonly by?: string } | null }[];
}

export interface Status {
  readonly database: {
    readonly version: string;
    readonly durable: boolean;
    readonly fsync: unknown;
    readonly synchronousCommit: unknown;
  };
  readonly judge: { readonly waitingChunks: number };
}

export interface Items<T> {
  readonly items: readonly T[];
  readonly next?: string | null;
}

/** The HTTP door, signed in as the administrator; only for what no command shows. */
export interface Door {
  get<T>(path: string): Promise<T>;
}

/** Signs in. Throws when the server refuses. */
export async function doorOf(address: string, email: string, password: string): Promise<Door> {
  const answer = await fetch(`${address}/api/v1/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email, password }),
  });
  const { token } = (await answer.json()) as { token?: string };
  if (token === undefined) throw new Error(`${answer.status} /login`);
  return {
    get: async <T>(path: string) => {
      const got = await fetch(`${address}/api/v1${path}`, { headers: { authorization: `Bearer ${token}` } });
      if (!got.ok) throw new Error(`${got.status} ${path}`);
      return (await got.json()) as T;
    },
  };
}
