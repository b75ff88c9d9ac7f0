import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from 'node:crypto';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { COSIGNATURE, toBase64, utf8 } from '@thingward/verifier';
import { makeFile } from './disk.ts';
import { WitnessRefusal } from './refusal.ts';

/** A key that cosigns checkpoints (https://c2sp.org/tlog-cosignature). The private half lives in a closure. */
export interface Cosigner {
  readonly name: string;
  /** The verifier key, as a policy file takes it. */
  readonly vkey: string;
  /** The signature line over a checkpoint's text, newline included, for that time in seconds. */
  cosign(text: string, seconds: number): string;
}

const KEY_FILE = 'witness.key';
const NAME_FILE = 'witness.name';

/**
 * Opens the Ed25519 key of a state folder, and makes it first when there is none. The name belongs to the key: it is
 * kept beside it, and another name is refused (one key per cosigner, tlog-cosignature).
 *
 * Throws `key-name-malformed`, `key-named-otherwise`, `key-exposed` or `key-unreadable`.
 */
export async function openCosigner(folder: string, name: string | undefined): Promise<Cosigner> {
  const kept = await keptName(join(folder, NAME_FILE), name);
  const path = join(folder, KEY_FILE);
  const pem = (await readText(path, true)) ?? (await newKey(path));
  return cosignerOf(kept, keyIn(pem, path));
}

/** The cosigner of a private key. */
export function cosignerOf(name: string, key: KeyObject): Cosigner {
  const jwk = createPublicKey(key).export({ format: 'jwk' });
  const typed = Buffer.concat([Uint8Array.of(COSIGNATURE), Buffer.from(jwk.x as string, 'base64url')]);
  const id = createHash('sha256').update(`${name}\n`).update(typed).digest().subarray(0, 4);
  return {
    name,
    vkey: `${name}+${id.toString('hex')}+${toBase64(typed)}`,
    cosign(text, seconds) {
      const time = Buffer.alloc(8);
      time.writeBigUInt64BE(BigInt(seconds));
      const signature = sign(null, utf8(`cosignature/v1\ntime ${seconds}\n${text}`), key);
      return `— ${name} ${toBase64(Buffer.concat([id, time, signature]))}\n`;
    },
  };
}

async function keptName(path: string, asked: string | undefined): Promise<string> {
  if (asked !== undefined && (!/^[^\s+\p{Cc}]{1,200}$/u.test(asked) || !asked.isWellFormed()))
    throw new WitnessRefusal('key-name-malformed', 'neither spaces nor plus signs, at most 200 characters');
  let kept = await readText(path);
  if (kept === null) {
    if (asked === undefined) throw new WitnessRefusal('key-name-malformed', 'a new witness needs --name');
    await makeFile(path, `${asked}\n`);
    kept = (await readText(path)) as string;
  }
  const name = kept.replace(/\n$/, '');
  if (asked !== undefined && asked !== name) throw new WitnessRefusal('key-named-otherwise', name);
  return name;
}

async function newKey(path: string): Promise<string> {
  const { privateKey } = generateKeyPairSync('ed25519');
  await makeFile(path, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), 0o600);
  return (await readText(path, true)) as string;
}

async function readText(path: string, isSecret = false): Promise<string | null> {
  const file = await open(path, 'r').catch(cause => {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new WitnessRefusal('key-unreadable', path, cause);
  });
  if (file === null) return null;
  try {
    const { mode } = await file.stat();
    if (isSecret && process.platform !== 'win32' && (mode & 0o077) !== 0)
      throw new WitnessRefusal('key-exposed', `${path}: mode ${(mode & 0o777).toString(8)}, wanted 600`);
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

function keyIn(pem: string, path: string): KeyObject {
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    // The parser's message may quote what it read, so it is not kept as the cause.
    throw new WitnessRefusal('key-unreadable', path);
  }
  if (key.asymmetricKeyType !== 'ed25519') throw new WitnessRefusal('key-unreadable', `${path}: not Ed25519`);
  return key;
}
