import { generateKeyPairSync, type KeyObject, verify } from 'node:crypto';
import { expect, test } from 'vitest';
import { isRefusal } from '../../../../../kernel/refusal.ts';
import type { Wish } from '../account.ts';
import type { Reply } from '../ask.ts';
import { byAssertion, byClient } from './sign-in.ts';

const URL_OF_TOKENS = 'https://partner.example/token';
const NOW = Date.parse('2026-11-26T08:00:00Z');

function jwkOf({ privateKey }: { privateKey: KeyObject }, more: object = {}): string {
  return JSON.stringify({ ...privateKey.export({ format: 'jwk' }), ...more });
}

/** Signs in with a key, and gives the form that was sent. */
async function sent(key: string): Promise<{ wish: Wish; form: Readonly<Record<string, string>> }> {
  const wishes: Wish[] = [];
  const ask = async (wish: Wish): Promise<Reply> => {
    wishes.push(wish);
    return {
      status: 200,
      body: { access_token: 'their.token', token_type: 'Bearer', expires_in: 600 },
    } as Reply;
  };
  const secrets = { client_id: 'us', private_key: key, token_url: URL_OF_TOKENS };
  const pass = await byAssertion.signIn(ask, secrets, NOW);
  expect(pass).toEqual({ headers: { authorization: 'Bearer their.token' }, untilMs: NOW + 600_000 });
  const [wish] = wishes as [Wish];
  return { wish, form: wish.formTo!.form };
}

const part = (jwt: string, i: number): Record<string, unknown> =>
  JSON.parse(Buffer.from(jwt.split('.')[i]!, 'base64url').toString('utf8')) as Record<string, unknown>;

test.each([
  ['ES256', () => generateKeyPairSync('ec', { namedCurve: 'P-256' }), { dsaEncoding: 'ieee-p1363' }],
  ['EdDSA', () => generateKeyPairSync('ed25519'), {}],
  ['RS256', () => generateKeyPairSync('rsa', { modulusLength: 2048 }), {}],
] as const)(
  'C-53: a client proves itself by its own %s key, and the secret goes nowhere',
  async (alg, make, how) => {
    const pair = make();
    const { wish, form } = await sent(jwkOf(pair, { alg, kid: 'k1' }));
    expect(wish.headers).toEqual({});
    expect(wish.formTo!.url).toBe(URL_OF_TOKENS);
    expect(form).toMatchObject({
      grant_type: 'client_credentials',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    });
    const jwt = form['client_assertion']!;
    expect(part(jwt, 0)).toEqual({ alg, typ: 'JWT', kid: 'k1' });
    expect(part(jwt, 1)).toMatchObject({
      ...{ iss: 'us', sub: 'us', aud: URL_OF_TOKENS },
      ...{ iat: NOW / 1000, exp: NOW / 1000 + 120 },
    });
    const [head, body, signature] = jwt.split('.') as [string, string, string];
    const digest = alg === 'EdDSA' ? null : 'sha256';
    const key = { key: pair.publicKey, ...how };
    expect(verify(digest, Buffer.from(`${head}.${body}`), key, Buffer.from(signature, 'base64url'))).toBe(
      true,
    );
  },
);

test('C-53: no two assertions are the same, so that one that was seen is good for nothing', async () => {
  const key = jwkOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }));
  const ids = await Promise.all(
    [1, 2].map(async () => part((await sent(key)).form['client_assertion']!, 1)['jti']),
  );
  expect(new Set(ids).size).toBe(2);
});

test.each([
  ['no JSON', () => 'not a key'],
  ['null', () => 'null'],
  ['a public key', () => JSON.stringify(generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }))],
  ['a shared secret', () => JSON.stringify({ kty: 'oct', k: 'c2VjcmV0', alg: 'HS256', d: 'x' })],
  ['no signature at all', () => jwkOf(generateKeyPairSync('ed25519'), { alg: 'none' })],
  ['half a key', () => JSON.stringify({ kty: 'EC', crv: 'P-256', d: 'AAAA' })],
])('C-53: %s is refused by the name of the field, without a word of it', async (_, key) => {
  const refusal = await sent(key()).catch((thrown: unknown) => thrown);
  expect(isRefusal(refusal) && [refusal.code, refusal.detail]).toEqual([
    'provider-sign-in-refused',
    { fault: 'private_key' },
  ]);
});

test('a client with a secret still signs in by Basic, with no assertion', async () => {
  let asked: Wish | undefined;
  const ask = async (wish: Wish): Promise<Reply> => {
    asked = wish;
    return { status: 200, body: { access_token: 't', token_type: 'bearer' } } as Reply;
  };
  await byClient.signIn(ask, { client_id: 'u s', client_secret: 'p', token_url: URL_OF_TOKENS }, NOW);
  expect(asked!.headers).toEqual({ authorization: `Basic ${Buffer.from('u+s:p').toString('base64')}` });
  expect(asked!.formTo!.form).not.toHaveProperty('client_assertion');
});
