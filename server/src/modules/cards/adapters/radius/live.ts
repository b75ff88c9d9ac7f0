import { createSocket, type Socket } from 'node:dgram';
import type { Database } from '../../../../kernel/database/transaction.ts';
import type { Logger } from '../../../../kernel/log.ts';
import { type Loop, startLoop } from '../../../../kernel/loop.ts';
import type { LiveDoors, LivePart } from '../../../../spine/contribution.ts';
import { gatheringOf } from '../../../../spine/observations/gathered/gathering.ts';
import { KnownSources } from '../../../../spine/observations/gathered/read-post.ts';
import { Accounting } from './accounting.ts';
import { BlockedCards } from './blocked.ts';
import { KnownClients } from './clients.ts';
import { endSessions } from './disconnect.ts';
import { NasRequests } from './dynamic-authorization.ts';
import { goesOn, isOver, type RadiusLive } from './running.ts';
import { SessionBook } from './session-book.ts';
import { closeSilent, type SessionWord } from './session-store.ts';

/** Room for what comes while a commit runs; the system may grant less (net.core.rmem_max). */
const RECEIVE_BYTES = 8 << 20;
const LOAD_MS = 5_000;
const SILENCE_MS = 30_000;

/**
 * Opens the accounting port and the way to access servers, where the operator has switched RADIUS on. What comes before
 * the list of clients is read is from unknown clients.
 */
export async function openRadius(doors: LiveDoors): Promise<LivePart | null> {
  const { database, clock, log, intake, settings } = doors;
  const { radiusPort: port, radiusHost: host, radiusSecrets: folder } = settings;
  if (typeof port !== 'number' || typeof host !== 'string' || typeof folder !== 'string') return null;
  const clients = new KnownClients({ database, log, folder });
  await clients.load().catch(cause => log.error({ err: cause }, 'RADIUS clients could not be read yet'));
  const kind = host.includes(':') ? 'udp6' : 'udp4';
  const outward = await bound(createSocket(kind), 0, host.includes(':') ? '::' : '0.0.0.0', log);
  const requests = new NasRequests(outward);
  const blocked = new BlockedCards(database);
  await blocked.load().catch(cause => log.error({ err: cause }, 'blocked cards could not be read yet'));
  const live: RadiusLive = { database, clock, log, clients, requests, blocked };
  const inward = createSocket({ type: kind, recvBufferSize: RECEIVE_BYTES });
  const accounting = new Accounting(
    {
      ...{ clients, clock, log, formats: intake.formats },
      sources: new KnownSources(intake),
      gathering: gatheringOf(intake, log),
      book: new SessionBook(database),
      heard: word => endAgain(live, word),
    },
    inward,
  );
  await bound(inward, port, host, log);
  goesOn(live);
  const loops = [
    startLoop({ name: 'radius-clients', log, restMs: LOAD_MS, step: () => refresh(live) }),
    startLoop({ name: 'radius-silence', log, restMs: SILENCE_MS, step: () => closeBySilence(live) }),
  ];
  return {
    name: 'radius',
    describe: () => ({
      port: inward.address().port,
      clients: clients.size,
      ...accounting.counts,
      waiting: accounting.waiting,
      requests: { ...requests.counts },
    }),
    close: () => close(database, inward, outward, requests, loops),
  };
}

async function bound(socket: Socket, port: number, host: string, log: Logger): Promise<Socket> {
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(port, host, () => {
      socket.off('error', reject);
      resolve();
    });
  });
  socket.on('error', error => log.warn({ reason: error.message }, 'a RADIUS socket had a fault'));
  return socket;
}

async function refresh({ clients, blocked }: RadiusLive): Promise<boolean> {
  await clients.load();
  await blocked.load();
  return false;
}

async function closeBySilence({ database, clock }: RadiusLive): Promise<boolean> {
  await database.corridor(tx => closeSilent(tx, clock.now()));
  return false;
}

/** A session that goes on although its card is blocked is ended again: a server may have let it in unasked. */
function endAgain(live: RadiusLive, word: SessionWord): void {
  const subject = word.isStop ? undefined : live.blocked.subjectOf(word.claim);
  if (subject === undefined) return;
  endSessions(live, [word.claim]).catch(cause =>
    live.log.warn({ err: cause }, 'a session could not be ended again'),
  );
}

async function close(
  database: Database,
  inward: Socket,
  outward: Socket,
  requests: NasRequests,
  loops: readonly Loop[],
): Promise<void> {
  isOver(database);
  await new Promise<void>(resolve => inward.close(() => resolve()));
  await Promise.all(loops.map(loop => loop.stop()));
  requests.stop();
  await new Promise<void>(resolve => outward.close(() => resolve()));
}
