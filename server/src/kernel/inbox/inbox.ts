import { constants } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { randomId } from '../ids.ts';
import { Refusal } from '../refusal.ts';
import { isDelivery, plainName, type RawName } from './names.ts';

export type InboxCode = 'file-changed' | 'file-unreadable';

const [DONE, FAILED, TAKING, ALIVE] = ['done', 'failed', 'taking', '.alive'] as const;
const PIECE_BYTES = 1 << 18;
/** A taker that has shown no sign of life for so long has left what it took. */
const ABANDONED_MS = 120_000;
const UNREADABLE: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'ELOOP', 'EISDIR', 'ENXIO']);

/** A file that lies in the folder. */
export interface Found {
  readonly raw: RawName;
  /** Changes when the file does. */
  readonly state: string;
}

/** A file that is this taker's alone. */
export interface Claimed {
  readonly name: string;
  readonly path: string;
}

/**
 * A folder into which others put files. A file that is taken is first moved aside under the taker's name: of several
 * takers one gets it, and one that dies leaves it there to be taken again. It ends in `done` or `failed` with a report
 * beside it; nothing is ever removed or overwritten. Only regular files with one name are taken, and no link is
 * followed.
 */
export class Inbox {
  readonly folder: string;
  readonly #own: string;

  constructor(folder: string, taker: string) {
    this.folder = folder;
    this.#own = join(folder, TAKING, taker);
  }

  /** Makes the folders that are needed and shows that this taker lives. */
  async open(): Promise<void> {
    await mkdir(this.#own, { recursive: true });
    for (const name of [DONE, FAILED]) await mkdir(join(this.folder, name), { recursive: true });
    await this.showLife();
  }

  async showLife(): Promise<void> {
    const path = join(this.#own, ALIVE);
    // Written rather than dated: its time is the file system's own, which all takers share.
    await writeFile(path, '.');
  }

  /** Regular files in the folder by name, and how many other things lie there that are no deliveries. */
  async look(): Promise<{ readonly files: Found[]; readonly others: number }> {
    const files: Found[] = [];
    let others = 0;
    for (const raw of await readdir(this.folder, { encoding: 'buffer' })) {
      if (!isDelivery(raw)) continue;
      const about = await lstat(this.#at(raw), { bigint: true }).catch(() => null);
      if (about === null) continue;
      if (about.isFile() && about.nlink === 1n)
        files.push({ raw, state: `${about.ino} ${about.size} ${about.mtimeNs}` });
      else if (![DONE, FAILED, TAKING].includes(raw.toString() as typeof DONE)) others += 1;
    }
    files.sort((a, b) => Buffer.compare(a.raw, b.raw));
    return { files, others };
  }

  /** Takes a file for this taker alone; null when another was faster. */
  async claim({ raw }: Found): Promise<Claimed | null> {
    const name = await freeName(this.#own, plainName(raw));
    const path = join(this.#own, name);
    const isOurs = await renamed(this.#at(raw), path);
    return isOurs ? { name, path } : null;
  }

  /** What this taker took and has not settled, and what takers left that have shown no sign of life. */
  async unsettled(): Promise<Claimed[]> {
    const { mtimeMs: nowMs } = await stat(join(this.#own, ALIVE));
    for (const taker of await readdir(join(this.folder, TAKING))) {
      const theirs = join(this.folder, TAKING, taker);
      if (theirs === this.#own) continue;
      const seen = await stat(join(theirs, ALIVE)).catch(() => null);
      if (seen !== null && nowMs - seen.mtimeMs < ABANDONED_MS) continue;
      for (const name of await readdir(theirs).catch(() => []))
        if (name !== ALIVE)
          await renamed(join(theirs, name), join(this.#own, await freeName(this.#own, name)));
    }
    const names = (await readdir(this.#own)).filter(name => name !== ALIVE);
    return names.sort().map(name => ({ name, path: join(this.#own, name) }));
  }

  /**
   * The bytes of a file. They end only where the file ends and has not changed meanwhile: otherwise they break off
   * with `file-changed`, and what lies behind the last whole record is no record. Refuses `file-unreadable`.
   */
  async *read({ path }: Claimed): AsyncGenerator<Buffer> {
    const file = await opened(path);
    try {
      const before = await stateOf(file);
      const { size } = await file.stat();
      for (let at = 0; ; ) {
        const piece = Buffer.allocUnsafe(PIECE_BYTES);
        const { bytesRead } = await file.read(piece, 0, PIECE_BYTES, at);
        if (bytesRead === 0) break;
        at += bytesRead;
        // One that grows as fast as it is read would have no end.
        if (at > size) throw new Refusal<InboxCode>('file-changed');
        yield piece.subarray(0, bytesRead);
      }
      if ((await stateOf(file)) !== before) throw new Refusal<InboxCode>('file-changed');
    } finally {
      await file.close();
    }
  }

  /** Puts a file back where it lay, to be taken when it is whole. */
  async giveBack({ name, path }: Claimed): Promise<void> {
    await renamed(path, join(this.folder, await freeName(this.folder, name)));
  }

  /** Ends with a file: its report first, so that a file that lies there always has one. */
  async settle({ name, path }: Claimed, into: 'done' | 'failed', report: object): Promise<void> {
    const folder = join(this.folder, into);
    const free = await freeName(folder, name);
    const draft = join(folder, `.${randomId()}`);
    try {
      const file = await open(draft, 'wx');
      try {
        await file.writeFile(`${JSON.stringify(report, null, 1)}\n`);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(draft, join(folder, `${free}.report.json`));
    } catch (fault) {
      await rm(draft, { force: true }).catch(() => undefined);
      throw fault;
    }
    await renamed(path, join(folder, free));
  }

  #at(raw: RawName): Buffer {
    return Buffer.concat([Buffer.from(`${this.folder}/`), raw]);
  }
}

async function opened(path: string): Promise<FileHandle> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(path, flags).catch((cause: NodeJS.ErrnoException) => {
    if (UNREADABLE.has(cause.code ?? ''))
      throw new Refusal<InboxCode>('file-unreadable', { detail: { reason: cause.code ?? '' }, cause });
    throw cause;
  });
  if ((await file.stat()).isFile()) return file;
  await file.close();
  throw new Refusal<InboxCode>('file-unreadable', { detail: { reason: 'no regular file' } });
}

async function stateOf(file: FileHandle): Promise<string> {
  const { size, mtimeNs } = await file.stat({ bigint: true });
  return `${size} ${mtimeNs}`;
}

/** False when there was nothing to move any more. */
async function renamed(from: string | Buffer, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw fault;
  }
}

/** The name, or the name with a number, under which nothing lies in the folder. */
async function freeName(folder: string, name: string): Promise<string> {
  for (let number = 1; ; number += 1) {
    const wanted = number === 1 ? name : `${number}-${name}`;
    if ((await lstat(join(folder, wanted)).catch(() => null)) === null) return wanted;
  }
}
