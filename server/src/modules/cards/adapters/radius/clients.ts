import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Database } from '../../../../kernel/database/transaction.ts';
import type { Logger } from '../../../../kernel/log.ts';
import { addressOf } from './addresses.ts';
import { type ClientRow, liveClients } from './store.ts';

/** The least a shared secret may have: RFC 2865 §3 prefers sixteen bytes. */
export const LEAST_SECRET_BYTES = 16;

/** A client that can be spoken to: its secret was read. The first secret signs; each of them is believed. */
export interface Client extends ClientRow {
  readonly secrets: readonly [Buffer, ...Buffer[]];
}

/**
 * The clients of the installation by address, with their secrets out of the operator's files:
 * `<folder>/<party>/<file>`, the secret on the first line and, while it is being renewed, the former one on the second.
 */
export class KnownClients {
  private byAddress = new Map<string, Client>();
  private byId = new Map<number, Client>();
  /** Clients that cannot be served, with the reason. */
  private faults = new Map<number, string>();
  private readonly database: Database;
  private readonly log: Logger;
  private readonly folder: string;

  constructor(doors: { database: Database; log: Logger; folder: string }) {
    this.database = doors.database;
    this.log = doors.log;
    this.folder = doors.folder;
  }

  at(address: string): Client | undefined {
    return this.byAddress.get(addressOf(address));
  }

  numbered(clientId: number): Client | undefined {
    return this.byId.get(clientId);
  }

  faultOf(clientId: number): string | null {
    return this.faults.get(clientId) ?? null;
  }

  get size(): number {
    return this.byId.size;
  }

  /** Reads the list and every secret anew; what was known stays when the database cannot be asked. */
  async load(): Promise<void> {
    const rows = await this.database.corridor(liveClients);
    const faults = new Map<number, string>();
    const byId = new Map<number, Client>();
    for (const row of rows) {
      const secrets = await readSecrets(join(this.folder, String(row.partyId), row.secretFile));
      if (typeof secrets === 'string') faults.set(row.clientId, secrets);
      else byId.set(row.clientId, { ...row, secrets });
    }
    for (const [clientId, fault] of faults)
      if (this.faults.get(clientId) !== fault)
        this.log.warn({ client: clientId, fault }, 'a RADIUS client cannot be served');
    this.faults = faults;
    this.byId = byId;
    this.byAddress = new Map([...byId.values()].map(client => [client.address, client]));
  }
}

async function readSecrets(path: string): Promise<readonly [Buffer, ...Buffer[]] | string> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    return 'secret-missing';
  }
  const [first, ...more] = text
    .split(/\r?\n/)
    .slice(0, 2)
    .filter(line => line !== '')
    .map(line => Buffer.from(line, 'utf8'));
  if (first === undefined || first.length < LEAST_SECRET_BYTES) return 'secret-too-short';
  return [first, ...more.filter(each => each.length >= LEAST_SECRET_BYTES)];
}
