import { importJWK, type JWK, SignJWT } from 'jose';
import { randomId } from '../../../../../kernel/ids.ts';
import { SECOND_MS } from '../../../../../kernel/time.ts';
import { carrierRefusal } from '../codes.ts';

/** By key type and curve, where the key itself names none. */
const USUAL: Readonly<Record<string, string>> = {
  'EC P-256': 'ES256',
  'EC P-384': 'ES384',
  'RSA ': 'PS256',
  'OKP Ed25519': 'EdDSA',
};
/** Signatures by a private key alone: a shared secret or none at all proves nothing of that kind. */
const ALGORITHMS: ReadonlySet<string> = new Set([
  'ES256',
  'ES384',
  'PS256',
  'PS384',
  'RS256',
  'RS384',
  'EdDSA',
]);
const MAX_AGE_S = 120;

/**
 * What a client proves itself by with its private key, instead of a secret (`private_key_jwt`; RFC 7523 §3, OpenID
 * Connect Core §9): good for two minutes, at this token endpoint, once.
 *
 * Refuses `provider-sign-in-refused` with the name of the field for a key that is no private JWK. Nothing of the key
 * stands in a refusal.
 */
export async function assertionOf(
  client: { readonly id: string; readonly key: string; readonly tokenUrl: string },
  nowMs: number,
): Promise<string> {
  const { jwk, algorithm } = readKey(client.key);
  const nowS = Math.floor(nowMs / SECOND_MS);
  try {
    const key = await importJWK(jwk, algorithm);
    return await new SignJWT()
      .setProtectedHeader({ alg: algorithm, typ: 'JWT', ...(jwk.kid === undefined ? {} : { kid: jwk.kid }) })
      .setIssuer(client.id)
      .setSubject(client.id)
      .setAudience(client.tokenUrl)
      .setJti(randomId())
      .setIssuedAt(nowS)
      .setExpirationTime(nowS + MAX_AGE_S)
      .sign(key);
  } catch {
    throw unusable();
  }
}

function readKey(text: string): { jwk: JWK; algorithm: string } {
  let jwk: JWK;
  try {
    jwk = JSON.parse(text) as JWK;
  } catch {
    throw unusable();
  }
  if (typeof jwk !== 'object' || jwk === null || typeof jwk.d !== 'string') throw unusable();
  const algorithm = jwk.alg ?? USUAL[`${jwk.kty} ${jwk.crv ?? ''}`] ?? '';
  if (!ALGORITHMS.has(algorithm)) throw unusable();
  return { jwk, algorithm };
}

function unusable() {
  return carrierRefusal('provider-sign-in-refused', { fault: 'private_key' });
}
