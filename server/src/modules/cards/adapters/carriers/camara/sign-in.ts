import { DAY_MS, MINUTE_MS, SECOND_MS } from '../../../../../kernel/time.ts';
import type { Manner, Pass, Wish } from '../account.ts';
import type { Reply } from '../ask.ts';
import { carrierRefusal } from '../codes.ts';
import { bodyOf, fieldsOf, textOf, unreadable } from '../fields.ts';
import { assertionOf } from './assertion.ts';

/** RFC 6750 §2.1; a line break would write a header of its own. */
const TOKEN = /^[A-Za-z0-9\-._~+/]+=*$/;
/** Where an answer does not say how long its token is good (RFC 6749 §5.1 recommends to say it). */
const USUAL_MS = 5 * MINUTE_MS;
const SCOPES = [
  ...['bind', 'unbind', 'query'].map(call => `iot-sim-fraud-prevention:${call}`),
  ...['subscribe', 'read', 'delete'].map(call => `iot-sim-fraud-prevention-subscriptions:${call}`),
].join(' ');

/** What both ways to sign in have in common; the contract states no pace, so ten questions a second at most. */
const shared = {
  gapMs: 100,
  isPassOver: (reply: Reply) => reply.status === 401,
  isBusy: (reply: Reply) => reply.status === 429,
};

/**
 * OAuth 2.0 client credentials (RFC 6749 §4.4), the client known by Basic (§2.3.1). The address of the token lies with
 * the secret: whoever may change the provider's address cannot have the secret sent elsewhere.
 */
export const byClient: Manner = {
  ...shared,
  signIn: async (ask, secrets, nowMs) => {
    const { client_id: id = '', client_secret: secret = '' } = secrets;
    const basic = Buffer.from(`${encoded(id)}:${encoded(secret)}`, 'utf8').toString('base64');
    return await buy(
      ask,
      tokenUrlOf(secrets),
      { headers: { authorization: `Basic ${basic}` }, form: {} },
      nowMs,
    );
  },
};

/** The same, the client known by what it signs with its private key (RFC 7523 §2.2): no secret of ours is theirs to lose. */
export const byAssertion: Manner = {
  ...shared,
  signIn: async (ask, secrets, nowMs) => {
    const { client_id: id = '', private_key: key = '' } = secrets;
    const tokenUrl = tokenUrlOf(secrets);
    const form = {
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: await assertionOf({ id, key, tokenUrl }, nowMs),
    };
    return await buy(ask, tokenUrl, { headers: {}, form }, nowMs);
  },
};

/** A token that was handed over as it is, as Thingward's own server takes it: there is nothing to renew. */
export const byToken: Manner = {
  ...shared,
  signIn: async (_ask, secrets) => passOf(secrets['access_token'] ?? '', Number.POSITIVE_INFINITY),
};

function tokenUrlOf({ token_url: url = '' }: Readonly<Record<string, string>>): string {
  if (!URL.canParse(url)) throw carrierRefusal('provider-sign-in-refused', { fault: 'token_url' });
  return url;
}

/** What the client proves itself by. */
interface Proof {
  readonly headers: Readonly<Record<string, string>>;
  readonly form: Readonly<Record<string, string>>;
}

async function buy(
  ask: (wish: Wish) => Promise<Reply>,
  url: string,
  proof: Proof,
  nowMs: number,
): Promise<Pass> {
  const reply = await ask({
    method: 'POST',
    path: '',
    headers: proof.headers,
    formTo: { url, form: { grant_type: 'client_credentials', scope: SCOPES, ...proof.form } },
  });
  if (reply.status === 429) throw carrierRefusal('provider-busy', { seconds: 60 });
  if (reply.status >= 500) throw carrierRefusal('provider-unreachable', { status: reply.status });
  if (reply.status >= 400) throw carrierRefusal('provider-sign-in-refused', { status: reply.status });
  const told = fieldsOf(bodyOf(reply), 'token');
  if (textOf(told, 'token_type').toLowerCase() !== 'bearer') throw unreadable('token_type');
  const seconds = told['expires_in'];
  const isTold = typeof seconds === 'number' && seconds > 0;
  const goodForMs = isTold ? Math.min(seconds * SECOND_MS, DAY_MS) : USUAL_MS;
  return passOf(textOf(told, 'access_token'), nowMs + goodForMs);
}

function passOf(token: string, untilMs: number): Pass {
  if (!TOKEN.test(token)) throw carrierRefusal('provider-sign-in-refused', { fault: 'access_token' });
  return { headers: { authorization: `Bearer ${token}` }, untilMs };
}

/** As in a form: what is not letter, digit or mark of a name is encoded (RFC 6749 appendix B). */
function encoded(text: string): string {
  return new URLSearchParams({ '': text }).toString().slice(1);
}
