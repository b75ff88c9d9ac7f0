import type { Database } from '../kernel/database/transaction.ts';
import type { Logger } from '../kernel/log.ts';
import type { Clock } from '../kernel/time.ts';
import type { Credentials } from './credentials.ts';
import type { IntakeDoors } from './observations/intake.ts';

/** What a module is handed that listens or speaks by itself while the house is open: a port that is no HTTP. */
export interface LiveDoors {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
  readonly intake: IntakeDoors;
  /** Whose certificates are; absent where no room keeps any. */
  readonly credentials?: Credentials | undefined;
  /** What the operator set for modules, by name; absent where nothing was. */
  readonly settings: Readonly<Record<string, string | number | undefined>>;
}

/** Something of a module that runs until it is closed. */
export interface LivePart {
  readonly name: string;
  /** Plain facts for the status page; no party's own. */
  describe(): Readonly<Record<string, unknown>>;
  /** Takes nothing more in and ends what it began. */
  close(): Promise<void>;
}
