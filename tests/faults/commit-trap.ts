import { rmSync } from 'node:fs';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';

/** Stands between a server and its database on a socket of its own, and may keep the answer to one commit. */
export interface CommitTrap {
  /** The folder of the socket, as a connection names its host. */
  readonly host: string;
  /**
   * Keeps back the answer to the next commit of a transaction whose statements match: the database has it, and whoever
   * sent it never learns so. Resolves once the database has said that it committed.
   */
  keepNext(statements: RegExp): Promise<void>;
  close(): Promise<void>;
}

/** CommandComplete with its tag (PostgreSQL, message formats of protocol 3.0). */
const COMMITTED = Buffer.from('C\0\0\0\x0bCOMMIT\0', 'latin1');
const MOST_KEPT = 4 << 20;

/** A trap in `folder` before the database whose socket lies in `host`. */
export async function startCommitTrap(folder: string, host: string, port: number): Promise<CommitTrap> {
  const name = `.s.PGSQL.${port}`;
  const sockets = new Set<Socket>();
  let wanted: { readonly statements: RegExp; readonly done: () => void } | null = null;
  const server: Server = createServer(client => {
    const database = createConnection(join(host, name));
    let sent = '';
    let isKept = false;
    let kept: Buffer = Buffer.alloc(0);
    let tell = (): void => {};
    client.on('data', part => {
      const text = part.toString('latin1');
      sent = (sent + text).slice(-MOST_KEPT);
      if (/commit\0/i.test(text)) {
        if (wanted?.statements.test(sent) === true) {
          isKept = true;
          tell = wanted.done;
          wanted = null;
        }
        sent = '';
      }
      database.write(part);
    });
    database.on('data', part => {
      if (!isKept) return void client.write(part);
      kept = Buffer.concat([kept, part]);
      if (kept.includes(COMMITTED)) tell();
    });
    for (const [one, other] of [
      [client, database],
      [database, client],
    ] as const) {
      sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
    }
  });
  await new Promise<void>(resolve => server.listen(join(folder, name), resolve));
  return {
    host: folder,
    keepNext: statements =>
      new Promise(resolve => {
        wanted = { statements, done: resolve };
      }),
    close: async () => {
      for (const each of sockets) each.destroy();
      await new Promise(resolve => server.close(resolve));
      rmSync(join(folder, name), { force: true });
    },
  };
}
