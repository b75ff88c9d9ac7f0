import { createPublicKey, verify } from 'node:crypto';
import { sha256 } from '../../kernel/bytes.ts';

/** Signed notes and verifier keys of C2SP signed-note (https://c2sp.org/signed-note), Ed25519 only. */

const ED25519 = 1;
const KEY_BYTES = 32;
const MOST_NOTE_CHARS = 1_000_000;

/** Who signs notes: a name, a raw Ed25519 public key and the signing itself. */
export interface NoteSigner {
  readonly name: string;
  readonly publicKey: Buffer;
  sign(message: Uint8Array): Buffer;
  /** The key that is to follow: while it is there, both sign, so that whoever holds either can check. */
  readonly also?: { readonly publicKey: Buffer; sign(message: Uint8Array): Buffer } | undefined;
}

export interface NoteVerifier {
  readonly name: string;
  readonly publicKey: Buffer;
}

/** First 4 bytes of SHA-256(name ‖ 0x0A ‖ 0x01 ‖ public key). */
export function keyId(verifier: NoteVerifier): Buffer {
  return sha256(verifier.name, Uint8Array.of(0x0a, ED25519), verifier.publicKey).subarray(0, 4);
}

/** `name+8 hex digits+base64(0x01 ‖ public key)`. */
export function vkeyOf(verifier: NoteVerifier): string {
  const typed = Buffer.concat([Uint8Array.of(ED25519), verifier.publicKey]);
  return `${verifier.name}+${keyId(verifier).toString('hex')}+${typed.toString('base64')}`;
}

/** The verifier keys that check a signer's notes: of the key in use, and of the one that is to follow. */
export function ledgerKeysOf(signer: NoteSigner): Array<{ vkey: string; isNext: boolean }> {
  const { name, also } = signer;
  const now = { vkey: vkeyOf(signer), isNext: false };
  return also === undefined ? [now] : [now, { vkey: vkeyOf({ ...also, name }), isNext: true }];
}

/** The verifier a vkey names, or null when it is malformed, no Ed25519 key, or its id does not fit name and key. */
export function parseVkey(vkey: string): NoteVerifier | null {
  const match = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+=*)$/.exec(vkey);
  if (match === null || !isKeyName(match[1] as string)) return null;
  const typed = Buffer.from(match[3] as string, 'base64');
  if (typed.length !== 1 + KEY_BYTES || typed[0] !== ED25519) return null;
  const verifier = { name: match[1] as string, publicKey: typed.subarray(1) };
  return keyId(verifier).toString('hex') === match[2] ? verifier : null;
}

/** Not empty, no white space, no plus sign, no control character. */
export function isKeyName(name: string): boolean {
  return name !== '' && !/[\s+\p{Cc}]/u.test(name);
}

/** The note: text, an empty line, a signature line for each key. The text ends with a newline. */
export function signNote(text: string, signer: NoteSigner): string {
  const { name, also } = signer;
  const signers = also === undefined ? [signer] : [signer, { ...also, name }];
  const lines = signers.map(each => {
    const blob = Buffer.concat([keyId(each), each.sign(Buffer.from(text))]);
    return `— ${name} ${blob.toString('base64')}\n`;
  });
  return `${text}\n${lines.join('')}`;
}

/**
 * The text of a note that carries a valid signature of `verifier`; null when there is none, when a line that
 * names this key does not verify, or when the note is malformed.
 */
export function openNote(note: string, verifier: NoteVerifier): string | null {
  const split = note.lastIndexOf('\n\n');
  if (split < 0 || note.length > MOST_NOTE_CHARS || !note.endsWith('\n')) return null;
  const text = note.slice(0, split + 1);
  let isSigned = false;
  for (const line of note.slice(split + 2, -1).split('\n')) {
    const match = /^— ([^\s+]+) ([A-Za-z0-9+/]+=*)$/u.exec(line);
    if (match === null) return null;
    const blob = Buffer.from(match[2] as string, 'base64');
    if (match[1] !== verifier.name || !blob.subarray(0, 4).equals(keyId(verifier))) continue;
    if (!isSignatureOf(verifier, text, blob.subarray(4))) return null;
    isSigned = true;
  }
  return isSigned ? text : null;
}

function isSignatureOf(verifier: NoteVerifier, text: string, signature: Buffer): boolean {
  const key = createPublicKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: verifier.publicKey.toString('base64url') },
    format: 'jwk',
  });
  return verify(null, Buffer.from(text), key, signature);
}
