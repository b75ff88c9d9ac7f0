import { createHash } from 'node:crypto';
import { statSync, unlinkSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { WitnessRefusal } from './refusal.ts';

/** Held for as long as this process uses a folder. */
export interface Hold {
  release(): Promise<void>;
}

/**
 * Takes a state folder for this process alone. Throws `state-busy`.
 *
 * On Linux and Windows the kernel gives a name to one process and takes it back when that process dies, however it
 * dies. Elsewhere a socket lies in the folder, and one that nobody answers is removed. Two machines or containers
 * on one shared folder do not see each other's names: there the numbered files of `log-memory.ts` keep a
 * witness from going back.
 */
export async function holdFolder(folder: string): Promise<Hold> {
  const { dev, ino } = statSync(folder);
  const name = createHash('sha256').update(`thingward-witness ${dev} ${ino}`).digest('hex').slice(0, 32);
  const path =
    process.platform === 'linux'
      ? `\0thingward-witness-${name}`
      : process.platform === 'win32'
        ? `\\\\?\\pipe\\thingward-witness-${name}`
        : join(folder, 'hold.sock');
  const server = await listen(path, folder).catch(async fault => {
    if (process.platform === 'linux' || process.platform === 'win32') throw fault;
    if (await isAnswered(path)) throw fault;
    unlinkSync(path);
    return listen(path, folder);
  });
  return { release: () => new Promise(resolve => server.close(() => resolve())) };
}

function listen(path: string, folder: string): Promise<Server> {
  const server = createServer(socket => socket.destroy());
  server.unref();
  return new Promise((resolve, reject) => {
    server.once('error', cause => reject(new WitnessRefusal('state-busy', folder, cause)));
    server.listen({ path }, () => resolve(server));
  });
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({ path }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
