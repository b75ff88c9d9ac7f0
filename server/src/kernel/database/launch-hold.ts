import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { createServer } from 'node:net';
import { refuse } from './refusals.ts';

/** Held for as long as this process uses a folder. */
export interface Hold {
  release(): Promise<void>;
}

/**
 * Takes a folder for this process alone, or refuses with `data-folder-busy`.
 *
 * The lock is a socket in the abstract name space, named after the folder's device and inode: the kernel gives
 * the name to one process and takes it back when that process dies, however it dies, so there is no stale lock
 * to judge and no race in judging it.
 */
export async function holdFolder(folder: string): Promise<Hold> {
  const { dev, ino } = statSync(folder);
  const name = createHash('sha256').update(`thingward ${dev} ${ino}`).digest('hex').slice(0, 32);
  const server = createServer(socket => socket.destroy());
  server.unref();
  await new Promise<void>((resolve, reject) => {
    server.once('error', cause => {
      reject(refuse('data-folder-busy', { subject: folder, cause }));
    });
    server.listen({ path: `\0thingward-${name}` }, resolve);
  });
  return {
    release: () => new Promise(resolve => server.close(() => resolve())),
  };
}
