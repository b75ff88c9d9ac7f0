import type { Readable } from 'node:stream';
import { type TestDatabase, testDatabase } from '../../kernel/database/test-database.ts';
import { silentLog } from '../../kernel/log.ts';
import { settableClock } from '../../kernel/time.ts';
import type { Contribution, ImportRow } from '../../spine/contribution.ts';
import { type AccessRules, DEFAULT_ACCESS } from '../../spine/registry/people/access-rules.ts';
import { foundInstallation } from '../../spine/registry/people/founding.ts';
import { openSignIn } from '../../spine/registry/people/open-sign-in.ts';
import type { App, Doors, RouteFile } from '../app.ts';
import { type EventHub, openEventHub } from '../events.ts';
import type { LoadReport } from '../ports.ts';
import { apiKeysRoutes } from '../routes/api-keys.ts';
import { eventsRoutes } from '../routes/events.ts';
import { healthRoutes } from '../routes/health.ts';
import { importsRoutes } from '../routes/imports.ts';
import { partiesRoutes } from '../routes/parties.ts';
import { peopleRoutes } from '../routes/people.ts';
import { providerRoutes } from '../routes/provider.ts';
import { secondFactorRoutes } from '../routes/second-factor.ts';
import { sessionRoutes } from '../routes/session.ts';
import { sessionsRoutes } from '../routes/sessions.ts';
import { subjectsRoutes } from '../routes/subjects.ts';
import { buildApi } from '../server.ts';

/** A table of things with a claim and a limit, enough to try imports with. */
export const thingsTable = {
  name: 'things',
  columns: ['thing', 'claim', 'limit', 'since'],
  row(cells: Readonly<Record<string, string>>): ImportRow {
    const reference = cells['thing'] ?? '';
    if (reference === '') return { refused: 'thing-missing' };
    const at = { kind: 'thing', reference };
    const since = cells['since'] === '' ? {} : { fromMs: Date.parse(cells['since'] ?? '') };
    return {
      registrations: [
        { do: 'subject', ...at },
        ...(cells['claim'] === '' ? [] : [{ do: 'alias' as const, ...at, claim: cells['claim'] ?? '' }]),
        ...(cells['limit'] === ''
          ? []
          : [
              {
                do: 'fact' as const,
                ...at,
                factKind: 'limit',
                ...since,
                body: { most: Number(cells['limit']) },
              },
            ]),
      ],
    };
  },
};

export interface TestApi {
  readonly app: App;
  readonly db: TestDatabase;
  readonly hub: EventHub;
  readonly doors: Doors;
  readonly clock: ReturnType<typeof settableClock>;
  readonly first: { readonly email: string; readonly oneTimePassword: string };
  /** Acts staged so far, in order. */
  acts(): Promise<Array<{ act: string; object: string; entry: string }>>;
  close(): Promise<void>;
}

export const GOOD_PASSWORD = 'correct horse battery';

/** The door over a fresh database with its root party and first administrator. */
export async function testApi(
  more: readonly RouteFile[] = [],
  access: Partial<AccessRules> = {},
): Promise<TestApi> {
  const db = await testDatabase();
  const clock = settableClock(Date.now());
  const pool = db.rawPool({ role: 'owner', schema: 'thingward_auth', max: 4, isPlain: true });
  const raw = db.rawPool({ role: 'owner', max: 1 });
  const base = { database: db.database, clock };
  const settings = { pool, secret: 'x'.repeat(40), baseUrl: 'http://localhost' };
  const signIn = await openSignIn(base, settings, { ...DEFAULT_ACCESS, ...access });
  let first = { email: '', oneTimePassword: '' };
  const founding = { nameEn: 'Root', nameZh: '根单位', email: 'first@example.org' };
  await foundInstallation({ ...base, signIn }, founding, told => {
    first = told;
  });
  const hub = openEventHub('run');
  const doors = {
    ...base,
    log: silentLog,
    signIn,
    events: hub,
    contributions: [{ kinds: [], imports: [thingsTable] } as unknown as Contribution],
    status: {
      describe: async () => ({}),
      notReady: async () => [],
      load: async () => ({}) as LoadReport,
      leftOut: () => new Map(),
      ruleErrors: () => new Map(),
      judgedBy: () => [],
      threadsLost: () => new Map(),
      storm: async () => null,
      volumeJumps: async () => 0,
      witnesses: () => [],
    },
    wake: () => {},
  } as unknown as Doors;
  const routes = [
    sessionRoutes,
    sessionsRoutes,
    secondFactorRoutes,
    providerRoutes,
    partiesRoutes,
    peopleRoutes,
    apiKeysRoutes,
    importsRoutes,
    subjectsRoutes,
    eventsRoutes(hub, 50),
    healthRoutes,
  ];
  const app = await buildApi(doors, [...routes, ...more]);
  return {
    app,
    db,
    hub,
    doors,
    clock,
    first,
    async acts() {
      const { rows } = await raw.query<{ act: string; object: string; entry: Buffer }>(
        'select act, object, entry from ledger_stage order by stage_id',
      );
      return rows.map(row => ({ ...row, entry: row.entry.toString('utf8') }));
    },
    async close() {
      await app.close();
      await db.close();
    },
  };
}

export interface Asked {
  readonly method?: 'GET' | 'POST' | 'DELETE' | 'PUT';
  readonly body?: unknown;
  readonly csv?: string | Readable;
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Address the request comes from. */
  readonly peer?: string;
}

/** One request through the whole door. */
export async function ask(api: TestApi, url: string, asked: Asked = {}) {
  const headers: Record<string, string> = { ...asked.headers };
  if (asked.token !== undefined) headers['authorization'] = `Bearer ${asked.token}`;
  if (asked.csv !== undefined) headers['content-type'] = 'text/csv';
  const payload = asked.csv ?? asked.body;
  const method = asked.method ?? (payload === undefined ? 'GET' : 'POST');
  const response = await api.app.inject({
    url,
    method,
    headers,
    ...(asked.peer === undefined ? {} : { remoteAddress: asked.peer }),
    ...(payload === undefined ? {} : { payload: payload as object }),
  });
  return { status: response.statusCode, headers: response.headers, body: response.json() };
}

/** The first administrator with a password of their own; returns the session's token. */
export async function enterFirst(api: TestApi): Promise<string> {
  const { email, oneTimePassword: password } = api.first;
  const answer = await ask(api, '/api/v1/login', { body: { email, password, newPassword: GOOD_PASSWORD } });
  return answer.body.token;
}

/** A party below the root with one person in it, signed in. */
export async function makeParty(
  api: TestApi,
  adminToken: string,
  name: string,
  role = 'administrator',
): Promise<{ partyId: number; token: string; userId: string; email: string }> {
  const party = { kind: 'customer', name: { en: name, zh: name } };
  const { body: made } = await ask(api, '/api/v1/parties', { token: adminToken, body: party });
  const email = `${name.toLowerCase()}@example.org`;
  const person = await ask(api, '/api/v1/people', {
    token: adminToken,
    body: { email, name, role, partyId: made.id },
  });
  const login = await ask(api, '/api/v1/login', {
    body: { email, password: person.body.oneTimePassword, newPassword: GOOD_PASSWORD },
  });
  return { partyId: made.id, token: login.body.token, userId: person.body.id, email };
}
