import type { Database } from '../../../../kernel/database/transaction.ts';
import type { Reading } from '../../../../spine/observations/observation.ts';
import type { Client } from './clients.ts';
import { closeOfServer, hearSessions, type SessionWord } from './session-store.ts';

/** Sessions written in one commit. */
const MOST_TOGETHER = 1_000;

/** Attributes that tell a server which session is meant (RFC 5176 §3). */
const KEPT = [
  'User-Name',
  'Acct-Session-Id',
  'Framed-IP-Address',
  'Calling-Station-Id',
  'NAS-IP-Address',
  'NAS-IPv6-Address',
  'NAS-Identifier',
] as const;

/** That a server begins or ends: its sessions from before are over. */
export interface ServerWord {
  readonly sourceId: number;
  readonly nas: string;
  readonly heardMs: number;
}

/** What a reading says of a session, or of a server; null for what says nothing of either. */
export function wordOf(
  client: Client,
  reading: Reading,
  values: ReadonlyMap<string, string>,
  receivedAtMs: number,
): SessionWord | ServerWord | null {
  const { body, series } = reading;
  const event = String(body['event']);
  const heardMs = reading.observedAtMs ?? receivedAtMs;
  const { sourceId, partyId, clientId } = client;
  const nas = String(body['nas'] ?? client.address);
  if (event === 'nas-on' || event === 'nas-off') return { sourceId, nas, heardMs };
  if (series === undefined || !['start', 'interim', 'stop'].includes(event)) return null;
  return {
    ...{ sourceId, series, partyId, clientId, nas, heardMs },
    claim: reading.claim,
    attributes: Object.fromEntries(
      KEPT.flatMap(name => (values.has(name) ? [[name, values.get(name) as string]] : [])),
    ),
    beginMs: event === 'start' ? heardMs : (numberOf(body['sessionStartMs']) ?? heardMs),
    isBeginTold: event === 'start',
    bytesUp: numberOf(body['bytesUp']),
    bytesDown: numberOf(body['bytesDown']),
    isStop: event === 'stop',
  };
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}

interface Waiting {
  readonly word: SessionWord | ServerWord;
  done(): void;
  failed(cause: unknown): void;
}

/**
 * Writes what is heard of sessions, many in one commit: whatever waits while a commit runs goes into the next. In the
 * order in which it is told, so that a server's restart lies between the sessions before it and those after.
 */
export class SessionBook {
  private waiting: Waiting[] = [];
  private isWriting = false;
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  /** Resolves when it is durable. */
  hear(word: SessionWord | ServerWord): Promise<void> {
    return new Promise((done, failed) => {
      this.waiting.push({ word, done, failed });
      if (!this.isWriting) void this.write();
    });
  }

  private async write(): Promise<void> {
    this.isWriting = true;
    while (this.waiting.length > 0) {
      const together = this.next();
      try {
        await this.database.corridor(async tx => {
          const words = together.flatMap(({ word }) => ('series' in word ? [word] : []));
          await hearSessions(tx, words);
          for (const { word } of together)
            if (!('series' in word)) await closeOfServer(tx, word.sourceId, word.nas, word.heardMs);
        });
        for (const each of together) each.done();
      } catch (cause) {
        for (const each of together) each.failed(cause);
      }
    }
    this.isWriting = false;
  }

  /** As many as go together: no session twice, and nothing behind a server's word. */
  private next(): Waiting[] {
    const seen = new Set<string>();
    let count = 0;
    for (const { word } of this.waiting) {
      if (count >= MOST_TOGETHER) break;
      if (!('series' in word)) {
        count += 1;
        break;
      }
      const name = `${word.sourceId} ${word.series}`;
      if (seen.has(name)) break;
      seen.add(name);
      count += 1;
    }
    return this.waiting.splice(0, count);
  }
}
