import { createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { type FileHandle, link, open, readdir, rename, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Refusal } from '../refusal.ts';
import type { OpeningCode } from './refusals.ts';

const KEY_BYTES = 32;
const LINE = /^(\d{1,6}) ([A-Za-z0-9+/]{43}=)$/;

/**
 * Keys that wrap other keys, by number; they lie in a file outside the database. The bytes live in a closure, so
 * that no log or JSON can show them.
 */
export interface RootKeys {
  /** From the oldest to the newest. */
  readonly numbers: readonly number[];
  /** The number of the newest, with which is wrapped from now on. */
  readonly newest: number;
  /**
   * A key of 32 bytes made of one root key for one use (HKDF-SHA-256, RFC 5869). Refuses `root-key-missing` for a
   * number the file does not have.
   */
  derive(number: number, use: string): Buffer;
  /** What tells a root key from another without telling anything of it: HMAC-SHA-256 under a key derived for this alone. */
  checkOf(number: number): Buffer;
}

/** The file of the root keys, as whoever needs them is handed it. */
export interface RootKeyFile {
  read(): Promise<RootKeys | null>;
  make(): Promise<RootKeys>;
  add(): Promise<RootKeys>;
  remove(number: number): Promise<RootKeys>;
  /** Names of keys that were destroyed, kept beside the file so that no older copy of the database brings one back. */
  ended(): Promise<ReadonlySet<string>>;
  /** Durable when this returns. */
  noteEnded(names: readonly string[]): Promise<void>;
}

export function rootKeyFile(path: string): RootKeyFile {
  return {
    read: () => readRootKeys(path),
    make: () => makeRootKeys(path),
    add: () => addRootKey(path),
    remove: number => removeRootKey(path, number),
    ended: async () => {
      const text = await textOf(`${path}.ended`);
      // A line without its end is what a crash left of a destruction that did not come about.
      return new Set((text ?? '').split('\n').slice(0, -1));
    },
    noteEnded: names => appendLines(`${path}.ended`, names),
  };
}

/**
 * The root keys in the file, or null when there is none. Refuses `root-keys-unreadable`, and `root-keys-exposed` when
 * others than the owner may read the file. What is refused quotes nothing of the file.
 */
export async function readRootKeys(path: string): Promise<RootKeys | null> {
  const text = await textOf(path);
  if (text === null) return null;
  const keys = new Map<number, Buffer>();
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const [, number, key] = LINE.exec(line) ?? [];
    const bytes = Buffer.from(key ?? '', 'base64');
    if (number === undefined || bytes.length !== KEY_BYTES || keys.has(Number(number)))
      throw new Refusal<OpeningCode>('root-keys-unreadable', { subject: path });
    keys.set(Number(number), bytes);
  }
  if (keys.size === 0) throw new Refusal<OpeningCode>('root-keys-unreadable', { subject: path });
  return rootKeys(keys, path);
}

/**
 * Makes the file with its first key and reads it. Two processes at once end up with the same key; a crash leaves
 * either no file or the whole one.
 */
export async function makeRootKeys(path: string): Promise<RootKeys> {
  const draft = await draftOf(path, [lineOf(1, randomBytes(KEY_BYTES))]);
  try {
    // A link, unlike a rename, fails when the name is taken: whoever comes second uses the first one's key.
    await link(draft, path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST')
      throw new Refusal<OpeningCode>('root-keys-unreadable', { subject: path, cause });
  } finally {
    await unlink(draft);
  }
  await flushFolder(path);
  return (await readRootKeys(path)) as RootKeys;
}

/** Adds a key, which is the newest from then on. The file is replaced whole, or is as it was. */
export async function addRootKey(path: string): Promise<RootKeys> {
  const lines = await linesOf(path);
  const last = Number(LINE.exec(lines.at(-1) as string)?.[1]);
  return replace(path, [...lines, lineOf(last + 1, randomBytes(KEY_BYTES))]);
}

/** Takes a key out of the file: what only it opens can never be opened again, in no copy either. The newest stays. */
export async function removeRootKey(path: string, number: number): Promise<RootKeys> {
  const lines = await linesOf(path);
  const kept = lines.filter((line, i) => i === lines.length - 1 || Number(LINE.exec(line)?.[1]) !== number);
  return replace(path, kept);
}

/** Root keys that live as long as the process, for tests and rehearsals. */
export function passingRootKeys(count = 1): RootKeys {
  return rootKeys(
    new Map(Array.from({ length: count }, (_, i) => [i + 1, randomBytes(KEY_BYTES)])),
    'passing',
  );
}

function rootKeys(keys: ReadonlyMap<number, Buffer>, path: string): RootKeys {
  const numbers = [...keys.keys()].sort((a, b) => a - b);
  const derive = (number: number, use: string): Buffer => {
    const key = keys.get(number);
    if (key === undefined)
      throw new Refusal<OpeningCode>('root-key-missing', { subject: path, detail: { number } });
    return Buffer.from(hkdfSync('sha256', key, '', `thingward/${use}`, KEY_BYTES));
  };
  return {
    numbers,
    newest: numbers.at(-1) as number,
    derive,
    checkOf: number => createHmac('sha256', derive(number, 'check')).update('thingward').digest(),
  };
}

const lineOf = (number: number, key: Buffer): string => `${number} ${key.toString('base64')}`;

async function linesOf(path: string): Promise<string[]> {
  await readRootKeys(path);
  return ((await textOf(path)) ?? '').split('\n').filter(line => line !== '');
}

async function replace(path: string, lines: readonly string[]): Promise<RootKeys> {
  await rename(await draftOf(path, lines), path);
  await dropDrafts(path);
  await flushFolder(path);
  return (await readRootKeys(path)) as RootKeys;
}

/** Older than any draft that somebody is still writing. */
const DRAFT_MS = 60_000;

/**
 * A process that was killed while it replaced the file leaves its draft, with every key of then: a key that is taken
 * out of the file for good has to leave these as well. Flushed with the folder.
 */
async function dropDrafts(path: string): Promise<void> {
  const [folder, name] = [dirname(path), basename(path)];
  // By the clock of the disk: the file was written just now.
  const { mtimeMs: nowMs } = await stat(path);
  for (const each of await readdir(folder)) {
    if (!each.startsWith(`${name}.`) || !each.endsWith('.draft')) continue;
    const draft = join(folder, each);
    // Another process may have dropped it meanwhile.
    const { mtimeMs } = await stat(draft).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
    if (nowMs - mtimeMs > DRAFT_MS) await unlink(draft).catch(() => undefined);
  }
}

async function draftOf(path: string, lines: readonly string[]): Promise<string> {
  const draft = `${path}.${randomBytes(8).toString('hex')}.draft`;
  const file = await open(draft, 'wx', 0o600);
  try {
    await file.writeFile(`${lines.join('\n')}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  return draft;
}

async function appendLines(path: string, lines: readonly string[]): Promise<void> {
  const file = await open(path, 'a', 0o600);
  try {
    // One write at the end of the file: a torn line before it must not swallow the next.
    await file.appendFile(lines.map(line => `\n${line}\n`).join(''));
    await file.sync();
  } finally {
    await file.close();
  }
  await flushFolder(path);
}

async function flushFolder(path: string): Promise<void> {
  const folder = await open(dirname(path), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function textOf(path: string): Promise<string | null> {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new Refusal<OpeningCode>('root-keys-unreadable', { subject: path, cause });
  }
  try {
    const { mode } = await file.stat();
    if ((mode & 0o077) !== 0) {
      const detail = { mode: (mode & 0o777).toString(8), wanted: '600' };
      throw new Refusal<OpeningCode>('root-keys-exposed', { subject: path, detail });
    }
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}
