import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto';
import { type FileHandle, link, open, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Refusal } from '../refusal.ts';
import type { SealCode } from './refusals.ts';

/** An Ed25519 key that signs. The private half lives in a closure, so that no log or JSON can show it. */
export interface SigningKey {
  /** The raw public key, 32 bytes. */
  readonly publicKey: Buffer;
  /** The signature, 64 bytes (RFC 8032). */
  sign(message: Uint8Array): Buffer;
}

/**
 * Opens the Ed25519 key in a PKCS#8 PEM file, and makes it first when there is none.
 *
 * Two processes that start at once end up with the same key; a crash while it is made leaves either no file
 * or the whole one. Throws a `Refusal` when others than the owner may read the file, or it holds no such key.
 */
export async function openSigningKey(path: string): Promise<SigningKey> {
  const pem = (await readKey(path)) ?? (await makeKey(path));
  return signingKey(parseKey(pem, path));
}

/** A key that lives as long as the process, for tests and rehearsals. */
export function passingSigningKey(): SigningKey {
  return signingKey(generateKeyPairSync('ed25519').privateKey);
}

function signingKey(privateKey: KeyObject): SigningKey {
  const jwk = createPublicKey(privateKey).export({ format: 'jwk' });
  return {
    publicKey: Buffer.from(jwk.x as string, 'base64url'),
    sign: message => sign(null, message, privateKey),
  };
}

async function readKey(path: string): Promise<string | null> {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new Refusal<SealCode>('seal-key-unreadable', { subject: path, cause });
  }
  try {
    const { mode } = await file.stat();
    if ((mode & 0o077) !== 0) {
      throw new Refusal<SealCode>('seal-key-exposed', {
        subject: path,
        detail: { mode: (mode & 0o777).toString(8), wanted: '600' },
      });
    }
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

async function makeKey(path: string): Promise<string> {
  const draft = `${path}.${randomBytes(8).toString('hex')}.draft`;
  const { privateKey } = generateKeyPairSync('ed25519');
  await writeDurably(draft, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
  try {
    // A link, unlike a rename, fails when the name is taken: whoever comes second uses the first one's key.
    await link(draft, path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') {
      throw new Refusal<SealCode>('seal-key-unreadable', { subject: path, cause });
    }
  } finally {
    await unlink(draft);
  }
  await syncFolder(dirname(path));
  return (await readKey(path)) as string;
}

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function parseKey(pem: string, path: string): KeyObject {
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    // The parser's message may quote what it read, so it is not kept as the cause.
    throw new Refusal<SealCode>('seal-key-unreadable', { subject: path });
  }
  if (key.asymmetricKeyType !== 'ed25519') {
    throw new Refusal<SealCode>('seal-key-not-ed25519', {
      subject: path,
      detail: { type: key.asymmetricKeyType ?? 'unknown' },
    });
  }
  return key;
}
