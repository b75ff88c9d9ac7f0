import { createPrivateKey, sign } from 'node:crypto';
import { bits, integer, seq, tagged } from '../../../kernel/der/encode.ts';
import { subjectOf } from '../model.ts';
import { type KeyType, signatureOf } from './algorithms.ts';
import { nameOf } from './names.ts';

/** A request (RFC 2986) of a device for a key that was made here, signed with it as any other is. */
export function ownRequest(
  keyType: KeyType,
  pair: { readonly pkcs8: Uint8Array; readonly spki: Uint8Array },
  reference: string,
): Buffer {
  const info = seq(integer(0), nameOf(subjectOf(reference)), pair.spki, tagged(0));
  const { der, digest } = signatureOf(keyType);
  const key = createPrivateKey({ key: Buffer.from(pair.pkcs8), format: 'der', type: 'pkcs8' });
  return seq(info, der, bits(sign(digest, info, key)));
}
