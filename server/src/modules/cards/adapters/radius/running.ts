import type { Database } from '../../../../kernel/database/transaction.ts';
import type { Logger } from '../../../../kernel/log.ts';
import type { Clock } from '../../../../kernel/time.ts';
import type { BlockedCards } from './blocked.ts';
import type { KnownClients } from './clients.ts';
import type { NasRequests } from './dynamic-authorization.ts';

/** What of RADIUS runs in this process. */
export interface RadiusLive {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
  readonly clients: KnownClients;
  readonly requests: NasRequests;
  readonly blocked: BlockedCards;
}

const lives = new WeakMap<Database, RadiusLive>();

/** What runs over this database, or undefined where RADIUS is not switched on. */
export function radiusOf(database: Database): RadiusLive | undefined {
  return lives.get(database);
}

export function goesOn(live: RadiusLive): void {
  lives.set(live.database, live);
}

export function isOver(database: Database): void {
  lives.delete(database);
}
