import { AsyncLocalStorage } from 'node:async_hooks';
import { type BetterAuthOptions, betterAuth } from 'better-auth';
import { createAuthEndpoint, createAuthMiddleware } from 'better-auth/api';
import { setSessionCookie } from 'better-auth/cookies';
import { getMigrations } from 'better-auth/db/migration';
import { twoFactor } from 'better-auth/plugins';
import { MINUTE_MS, SECOND_MS } from '../../../kernel/time.ts';
import type { AccessRules } from './access-rules.ts';
import { hashPassword, passwordFits } from './argon2.ts';

/** The only header the library reads an address from; it is written here, from the socket, and never taken from a client. */
export const PEER_HEADER = 'x-thingward-peer';
/** Sign-ins that one address may try in a minute. */
const TRIES_PER_ADDRESS = { window: MINUTE_MS / SECOND_MS, max: 30 };

export interface LibrarySettings {
  /** A plain pool whose search path is the library's own schema. */
  readonly pool: NonNullable<BetterAuthOptions['database']>;
  /** At least 32 characters; signs session cookies. */
  readonly secret: string;
  /** Secrets of before by their number: they still open what was sealed under them, and sign nothing. */
  readonly oldSecrets?: ReadonlyMap<number, string>;
  /** Where browsers reach the server; its scheme decides whether cookies are `Secure`. */
  readonly baseUrl: string;
}

/** What a sign-in in progress tells the library's hook, which runs after rate limiting and before the password is looked at. */
export interface TryInProgress {
  /** Throws to end the try. */
  begin(): Promise<void>;
}

export const tryInProgress = new AsyncLocalStorage<TryInProgress>();

export type Library = Awaited<ReturnType<typeof openLibrary>>;

/** The library with its tables brought up to date. Nobody can sign up through it. */
export async function openLibrary(settings: LibrarySettings, rules: AccessRules) {
  const isSecure = settings.baseUrl.startsWith('https:');
  const options = {
    appName: 'Thingward',
    baseURL: settings.baseUrl,
    basePath: '/sign-in-library',
    secret: settings.secret,
    secrets: secretsOf(settings),
    database: settings.pool,
    emailAndPassword: {
      enabled: true,
      disableSignUp: true,
      password: { hash: hashPassword, verify: passwordFits },
    },
    session: {
      expiresIn: rules.idleMs / SECOND_MS,
      updateAge: rules.idleMs / 4 / SECOND_MS,
      cookieCache: { enabled: false },
      additionalFields: { openedBy: { type: 'string', required: false, input: false } },
    },
    rateLimit: {
      enabled: true,
      storage: 'database',
      window: 60,
      max: 600,
      customRules: { '/sign-in/email': TRIES_PER_ADDRESS, '/two-factor/*': TRIES_PER_ADDRESS },
    },
    advanced: {
      // `__Host-`: set by this host over TLS, for all of it and none beside (RFC 6265bis §4.1.3.2).
      cookiePrefix: isSecure ? '__Host-thingward' : 'thingward',
      useSecureCookies: false,
      defaultCookieAttributes: { sameSite: 'strict', httpOnly: true, secure: isSecure, path: '/' },
      ipAddress: { ipAddressHeaders: [PEER_HEADER] },
    },
    hooks: {
      before: createAuthMiddleware(async context => {
        if (context.path === '/sign-in/email') await tryInProgress.getStore()?.begin();
      }),
    },
    // Lock-out is ours (lock-out.ts): a code that does not fit is a try as a password is.
    plugins: [twoFactor({ issuer: 'Thingward', accountLockout: { enabled: false } }), sessionsByProvider()],
    // What isn't the library's own answer (a lost database, a locked account) comes through to the caller.
    onAPIError: { throw: true },
    logger: { disabled: true },
    telemetry: { enabled: false },
  } satisfies BetterAuthOptions;
  const { runMigrations } = await getMigrations(options);
  await runMigrations();
  const library = betterAuth(options);
  return { library, context: await library.$context };
}

/** The secret in use first, under the number after the highest of the old ones. */
function secretsOf({
  secret,
  oldSecrets = new Map(),
}: LibrarySettings): { version: number; value: string }[] {
  const old = [...oldSecrets].map(([version, value]) => ({ version, value }));
  const version = 1 + Math.max(0, ...old.map(each => each.version));
  return [{ version, value: secret }, ...old];
}

/** How a session says that a provider asked for two factors. */
export const BY_STRONG_PROVIDER = 'provider-with-second-factor';

/** Opens a session for one whom a provider told. It answers no request; only this process calls it. */
function sessionsByProvider() {
  const openSession = createAuthEndpoint.serverOnly({ method: 'POST' }, async context => {
    const { userId, openedBy } = context.body as { userId: string; openedBy: string };
    const user = await context.context.internalAdapter.findUserById(userId);
    if (user === null) throw new Error('a session was asked for nobody');
    const session = await context.context.internalAdapter.createSession(userId, false, { openedBy });
    await setSessionCookie(context, { session, user });
    return context.json({ token: session.token });
  });
  return { id: 'sessions-by-provider', endpoints: { openSession } } as const;
}

interface Made {
  readonly headers: Headers;
  readonly response: { readonly token: string };
}

/** A session of somebody whom a provider told, with the cookies that carry it. */
export async function openSessionFor(
  { library, context }: Library,
  asked: { userId: string; isStrong: boolean; peer: string; client?: string | undefined },
): Promise<{ token: string; sessionToken: string; setCookies: string[] }> {
  const headers = new Headers({ [PEER_HEADER]: asked.peer, 'user-agent': clientName(asked.client) });
  const openedBy = asked.isStrong ? BY_STRONG_PROVIDER : 'provider';
  const body = { userId: asked.userId, openedBy };
  const answer = await library.api.openSession({ body, headers, returnHeaders: true } as never);
  const { headers: set, response } = answer as unknown as Made;
  const setCookies = set.getSetCookie();
  const prefix = `${context.authCookies.sessionToken.name}=`;
  const cookie = setCookies.find(each => each.startsWith(prefix));
  if (cookie === undefined) throw new Error('the sign-in library set no session cookie');
  return { token: cookie.slice(prefix.length).split(';')[0]!, sessionToken: response.token, setCookies };
}

/** What a client calls itself, as far as a list can show it. */
export function clientName(client: string | undefined): string {
  return (client ?? '').replace(/[^\x20-\x7e]/g, '').slice(0, 200);
}
