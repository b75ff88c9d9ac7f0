import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { type KeyType, signatureOf } from '../x509/algorithms.ts';
import type { Sign } from './key.ts';

/** A new pair of keys, made by OpenSSL: the private one as PKCS#8, the public one as SubjectPublicKeyInfo. */
export function newPair(type: KeyType): { readonly pkcs8: Buffer; readonly spki: Buffer } {
  const { privateKey, publicKey } = pairOf(type);
  return {
    pkcs8: privateKey.export({ format: 'der', type: 'pkcs8' }),
    spki: publicKey.export({ format: 'der', type: 'spki' }),
  };
}

function pairOf(type: KeyType): { privateKey: KeyObject; publicKey: KeyObject } {
  if (type === 'ed25519') return generateKeyPairSync('ed25519');
  if (type === 'ec-p256') return generateKeyPairSync('ec', { namedCurve: 'P-256' });
  if (type === 'ec-p384') return generateKeyPairSync('ec', { namedCurve: 'P-384' });
  return generateKeyPairSync('rsa', { modulusLength: Number(type.slice(4)) });
}

/** Signs with a private key in PKCS#8. */
export function softwareSigner(type: KeyType, pkcs8: Uint8Array): Sign {
  const key = createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' });
  const { digest } = signatureOf(type);
  return bytes => sign(digest, bytes, key);
}
