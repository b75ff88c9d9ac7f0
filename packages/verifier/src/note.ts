import { concat, fromBase64, isEqual, type Octets, sha256, toHex, utf8 } from './octets.ts';
import { VerificationError } from './refusal.ts';

/** Signed notes of C2SP signed-note (https://c2sp.org/signed-note). */

export const ED25519 = 0x01;
export const COSIGNATURE = 0x04;
const MOST_CHARS = 1_000_000;
const MOST_SIGNATURES = 256;

/** A key out of a vkey; only Ed25519 notes (0x01) and Ed25519 cosignatures (0x04) can be verified here. */
export interface VerifierKey {
  readonly name: string;
  /** The first 4 bytes of SHA-256(name ‖ 0x0A ‖ type ‖ public key). */
  readonly id: Octets;
  readonly type: number;
  readonly publicKey: Octets;
}

export interface SignatureLine {
  readonly name: string;
  readonly id: Octets;
  readonly signature: Octets;
}

/** A note taken apart, not yet verified: its text must not be used before a signature was. */
export interface Note {
  readonly text: string;
  readonly signatures: readonly SignatureLine[];
}

/** Parses `name+8 hex digits+base64(type ‖ key)`. Throws `vkey-malformed`, also when the id does not belong to name and key. */
export async function parseVerifierKey(vkey: string): Promise<VerifierKey> {
  const match = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(vkey);
  const typed = match === null ? null : fromBase64(match[3] as string);
  if (match === null || typed === null || !isName(match[1] as string)) {
    throw new VerificationError('vkey-malformed', 'not of the form name+id+key');
  }
  const [type, publicKey] = [typed[0], typed.slice(1)];
  if ((type !== ED25519 && type !== COSIGNATURE) || publicKey.length !== 32) {
    throw new VerificationError('vkey-malformed', `key of type ${type} and ${publicKey.length} bytes`);
  }
  const name = match[1] as string;
  const id = (await sha256(concat(utf8(`${name}\n`), typed))).slice(0, 4);
  if (toHex(id) !== match[2])
    throw new VerificationError('vkey-malformed', 'the id is not that of name and key');
  return { name, id, type, publicKey };
}

/** Takes a note apart. Throws `note-malformed`. */
export function parseNote(note: string): Note {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the specification forbids exactly these
  if (note.length > MOST_CHARS || /[\u0000-\u0009\u000b-\u001f\ufffd]/.test(note) || !note.isWellFormed()) {
    throw new VerificationError('note-malformed', 'too long, or not plain text');
  }
  const split = note.lastIndexOf('\n\n');
  if (split < 0 || !note.endsWith('\n')) throw new VerificationError('note-malformed', 'no signatures');
  const lines = note.slice(split + 2, -1).split('\n');
  if (lines.length > MOST_SIGNATURES) throw new VerificationError('note-malformed', 'too many signatures');
  return { text: note.slice(0, split + 1), signatures: lines.map(parseSignatureLine) };
}

function parseSignatureLine(line: string): SignatureLine {
  const match = /^— (\S+) (\S+)$/u.exec(line);
  const blob = match === null ? null : fromBase64(match[2] as string);
  if (match === null || blob === null || blob.length < 5 || !isName(match[1] as string)) {
    throw new VerificationError('note-malformed', 'a line after the text is no signature');
  }
  return { name: match[1] as string, id: blob.slice(0, 4), signature: blob.slice(4) };
}

function isName(name: string): boolean {
  return name !== '' && !/[\s+]/u.test(name);
}

/**
 * The text of the note, once at least one of the keys has signed it. Throws `signature-invalid` when a line
 * that names one of the keys does not verify, `note-unsigned` when none names one.
 */
export async function openNote(note: string, keys: readonly VerifierKey[]): Promise<string> {
  const parsed = parseNote(note);
  if ((await signersOf(parsed, keys)).length === 0) {
    throw new VerificationError('note-unsigned', 'no line is signed by a known key');
  }
  return parsed.text;
}

/** The keys among those given that signed. Throws `signature-invalid` as `openNote` does. */
export async function signersOf(note: Note, keys: readonly VerifierKey[]): Promise<VerifierKey[]> {
  const signers: VerifierKey[] = [];
  for (const line of note.signatures) {
    const key = keys.find(known => known.name === line.name && isEqual(known.id, line.id));
    if (key === undefined) continue;
    const isValid =
      key.type === ED25519 ? isNoteSignature(key, note.text, line) : isCosignature(key, note.text, line);
    if (!(await isValid))
      throw new VerificationError('signature-invalid', `the signature of ${key.name} is wrong`);
    signers.push(key);
  }
  return signers;
}

function isNoteSignature(key: VerifierKey, text: string, line: SignatureLine): Promise<boolean> {
  return isEd25519(key.publicKey, line.signature, utf8(text));
}

/** C2SP tlog-cosignature: an 8-byte time in seconds, then the signature over header, time and note text. */
async function isCosignature(key: VerifierKey, text: string, line: SignatureLine): Promise<boolean> {
  if (line.signature.length !== 8 + 64) return false;
  const seconds = new DataView(line.signature.buffer, line.signature.byteOffset).getBigUint64(0);
  if (seconds === 0n || seconds > 2n ** 63n - 1n) return false;
  return isEd25519(key.publicKey, line.signature.slice(8), utf8(`cosignature/v1\ntime ${seconds}\n${text}`));
}

async function isEd25519(publicKey: Octets, signature: Octets, message: Octets): Promise<boolean> {
  let key: Awaited<ReturnType<typeof crypto.subtle.importKey>>;
  try {
    key = await crypto.subtle.importKey('raw', publicKey, 'Ed25519', false, ['verify']);
  } catch (cause) {
    if ((cause as Error).name !== 'NotSupportedError') return false;
    throw new VerificationError('algorithm-unavailable', 'this runtime has no Ed25519');
  }
  return crypto.subtle.verify('Ed25519', key, signature, message);
}
