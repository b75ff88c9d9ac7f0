import { beginTry, type Tried } from './lock-out.ts';
import { clientName, PEER_HEADER, tryInProgress } from './sign-in-library.ts';
import type { SignInParts } from './sign-in-parts.ts';

export type PasswordAnswer =
  | { readonly lockedMs: number }
  | { readonly retryAfterS: number }
  | { readonly isWrong: true }
  /** The password is right, and the library waits for a code with these cookies. */
  | { readonly awaiting: string }
  | Opened;

export interface Opened {
  readonly token: string;
  readonly sessionToken: string;
  readonly setCookies: readonly string[];
}

class Locked extends Error {}

/** Asks the library as a browser would: its limit per address comes first, then our count, then the password. */
export async function tryPassword(
  parts: SignInParts,
  tried: Tried,
  asked: { email: string; password: string; peer: string; client?: string | undefined },
): Promise<PasswordAnswer> {
  const { opened, doors } = parts;
  const { library, context } = opened;
  let lockedMs = 0;
  const begin = async () => {
    lockedMs = await beginTry(doors.database, tried, doors.clock.now());
    if (lockedMs > 0) throw new Locked('locked');
  };
  const request = new Request(new URL(`${context.baseURL}/sign-in/email`), {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      [PEER_HEADER]: asked.peer,
      'user-agent': clientName(asked.client),
    },
    body: JSON.stringify({ email: asked.email, password: asked.password }),
  });
  const response = await tryInProgress.run({ begin }, () =>
    library.handler(request).catch((thrown: unknown) => {
      if (thrown instanceof Locked) return new Response(null, { status: 423 });
      throw thrown;
    }),
  );
  if (lockedMs > 0) return { lockedMs };
  if (response.status === 429) return { retryAfterS: Number(response.headers.get('x-retry-after') ?? 60) };
  if (response.status >= 500) throw new Error(`the sign-in library answered ${response.status}`);
  if (!response.ok) return { isWrong: true };
  const body = (await response.json()) as { token?: string; twoFactorRedirect?: boolean };
  if (body.twoFactorRedirect === true) return { awaiting: cookiesOf(response) };
  return openedBy(parts, response, body.token);
}

/** The session that an answer of the library opens. */
export function openedBy(
  { opened: { context } }: SignInParts,
  response: Response,
  sessionToken: string | undefined,
): Opened {
  const setCookies = response.headers.getSetCookie();
  const prefix = `${context.authCookies.sessionToken.name}=`;
  const cookie = setCookies.find(each => each.startsWith(prefix));
  if (cookie === undefined || sessionToken === undefined)
    throw new Error('the sign-in library set no session cookie');
  return { token: cookie.slice(prefix.length).split(';')[0]!, sessionToken, setCookies };
}

/** Cookies that an answer sets, as a browser sends them back. */
function cookiesOf(response: Response): string {
  const pairs = response.headers.getSetCookie().filter(each => !/max-age=0/i.test(each));
  return pairs.map(each => each.split(';')[0]).join('; ');
}
