import { randomBytes } from 'node:crypto';
import { link, mkdir, open, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Replaces the file whole: after a crash it is the old or the new one, and once this returned, the new one. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const draft = await draftOf(path, text, 0o644);
  await rename(draft, path);
  await syncFolder(dirname(path));
}

/** Makes the file whole, or answers false when there is one of that name; of two callers one makes it. */
export async function makeFile(path: string, text: string, mode = 0o644): Promise<boolean> {
  const draft = await draftOf(path, text, mode);
  try {
    await link(draft, path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw cause;
  } finally {
    await unlink(draft);
  }
  await syncFolder(dirname(path));
  return true;
}

/** Makes the folder and those above it, durably. */
export async function makeFolder(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true });
  if (first === undefined) return;
  await syncFolder(dirname(first));
  for (let at = path; at.length > first.length; at = dirname(at)) await syncFolder(dirname(at));
}

async function draftOf(path: string, text: string, mode: number): Promise<string> {
  const draft = `${path}.${randomBytes(8).toString('hex')}.draft`;
  const file = await open(draft, 'wx', mode);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  return draft;
}

export async function syncFolder(path: string): Promise<void> {
  // Windows opens no folder; there a rename is as durable as the file system makes it.
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
