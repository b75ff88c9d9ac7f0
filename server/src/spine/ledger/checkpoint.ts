import { type NoteSigner, type NoteVerifier, openNote, signNote } from './note.ts';

/** Checkpoints of C2SP tlog-checkpoint (https://c2sp.org/tlog-checkpoint): a signed note of three lines. */
export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  /** The root hash, 32 bytes. */
  readonly root: Buffer;
}

export function checkpointText(checkpoint: Checkpoint): string {
  return `${checkpoint.origin}\n${checkpoint.size}\n${checkpoint.root.toString('base64')}\n`;
}

/** The checkpoint as a signed note. The origin is the name of the key. */
export function signCheckpoint(size: number, root: Buffer, signer: NoteSigner): string {
  return signNote(checkpointText({ origin: signer.name, size, root }), signer);
}

/** The checkpoint a note of ours holds; null when the signature, the origin or a line is wrong. */
export function openCheckpoint(note: string, verifier: NoteVerifier): Checkpoint | null {
  const text = openNote(note, verifier);
  if (text === null) return null;
  const checkpoint = parseCheckpoint(text);
  return checkpoint !== null && checkpoint.origin === verifier.name ? checkpoint : null;
}

/** The three lines without any regard to signatures; null when malformed. Extension lines are passed over. */
export function parseCheckpoint(text: string): Checkpoint | null {
  const [origin, size, root] = text.split('\n');
  if (!origin || size === undefined || root === undefined) return null;
  if (!/^(0|[1-9]\d{0,15})$/.test(size) || !Number.isSafeInteger(Number(size))) return null;
  const hash = Buffer.from(root, 'base64');
  if (hash.length !== 32 || hash.toString('base64') !== root) return null;
  return { origin, size: Number(size), root: hash };
}
