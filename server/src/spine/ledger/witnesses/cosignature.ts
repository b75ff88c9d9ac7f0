import { createPublicKey, verify } from 'node:crypto';
import { sha256 } from '../../../kernel/bytes.ts';
import { isKeyName } from '../note.ts';

/** Cosignatures of C2SP tlog-cosignature (https://c2sp.org/tlog-cosignature), Ed25519 only. */

const COSIGNATURE = 4;
const KEY_BYTES = 32;
const TIME_BYTES = 8;
const SIGNATURE_BYTES = 64;

/** The key of a witness, as its verifier key gives it. */
export interface WitnessKey {
  readonly name: string;
  readonly id: Buffer;
  readonly publicKey: Buffer;
}

/** Null when it is malformed, no Ed25519 cosignature key, or its id does not fit name and key. */
export function witnessKeyOf(vkey: string): WitnessKey | null {
  const match = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+=*)$/.exec(vkey);
  if (match === null || !isKeyName(match[1] as string)) return null;
  const name = match[1] as string;
  const typed = Buffer.from(match[3] as string, 'base64');
  if (typed.length !== 1 + KEY_BYTES || typed[0] !== COSIGNATURE) return null;
  const id = sha256(`${name}\n`, typed).subarray(0, 4);
  return id.toString('hex') === match[2] ? { name, id, publicKey: typed.subarray(1) } : null;
}

/** A line that verifies, newline included, and when it was signed. */
export interface Cosignature {
  readonly line: string;
  readonly atMs: number;
}

/**
 * The cosignature of that key over the checkpoint's text among the lines of an answer; null when there is none that
 * verifies. Lines of other keys are passed over.
 */
export function cosignatureIn(answer: string, text: string, key: WitnessKey): Cosignature | null {
  for (const line of answer.split('\n')) {
    const match = /^— ([^\s+]+) ([A-Za-z0-9+/]+=*)$/u.exec(line);
    if (match === null || match[1] !== key.name) continue;
    const blob = Buffer.from(match[2] as string, 'base64');
    if (blob.length !== 4 + TIME_BYTES + SIGNATURE_BYTES || !blob.subarray(0, 4).equals(key.id)) continue;
    const seconds = blob.readBigUInt64BE(4);
    if (seconds === 0n || seconds > BigInt(Number.MAX_SAFE_INTEGER)) continue;
    if (isSigned(key, `cosignature/v1\ntime ${seconds}\n${text}`, blob.subarray(4 + TIME_BYTES)))
      return { line: `— ${key.name} ${blob.toString('base64')}\n`, atMs: Number(seconds) * 1000 };
  }
  return null;
}

function isSigned(key: WitnessKey, message: string, signature: Buffer): boolean {
  const publicKey = createPublicKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: key.publicKey.toString('base64url') },
    format: 'jwk',
  });
  return verify(null, Buffer.from(message), publicKey, signature);
}
