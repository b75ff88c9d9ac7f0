import { sql } from 'kysely';
import type pg from 'pg';
import type { Logger } from '../log.ts';
import { runAtOnce } from './at-once.ts';
import { openPool, type PoolOptions, type Reach } from './pools.ts';
import { beginFor, kyselyOver, runTransaction } from './run-transaction.ts';
import type { Database, Pool } from './transaction.ts';

/** Whether a commit that was acknowledged survives a power cut, as the running server itself says. */
export interface Durability {
  readonly fsync: boolean;
  readonly synchronousCommit: string;
  readonly fullPageWrites: boolean;
  readonly durable: boolean;
}

/** A database that is prepared and migrated, with its pools. */
export interface Connected {
  readonly database: Database;
  /** Owns the tables: for leaves and other acts that are neither a request's nor the corridor's. */
  readonly owner: Pool;
  readonly corridor: Pool;
  readonly door: Pool;
  /** The leaf of `observation` for the UTC day of the instant, made when missing. */
  leafFor(dayMs: number): Promise<string>;
  /** A further raw pool, closed with the rest: for the sign-in library, which brings its own statements. */
  rawPool(options: PoolOptions): pg.Pool;
  readDurability(): Promise<Durability>;
  close(): Promise<void>;
}

export function connectDatabase(
  reach: Reach,
  log: Logger,
  sizes = { owner: 3, corridor: 10, door: 20, pipelinedDoor: 4 },
): Connected {
  const pools: pg.Pool[] = [];
  const rawPool = (options: PoolOptions) => {
    const pool = openPool(reach, options, log);
    pools.push(pool);
    return pool;
  };
  const owner = kyselyOver(rawPool({ role: 'owner', max: sizes.owner }));
  const corridorPool = rawPool({ role: 'corridor', max: sizes.corridor });
  const doorPool = rawPool({ role: 'door', max: sizes.door });
  const pipelinedDoor = rawPool({ role: 'door', max: sizes.pipelinedDoor, isPipelined: true });
  return {
    database: databaseOver({ corridor: corridorPool, door: doorPool, pipelinedDoor }),
    owner,
    corridor: kyselyOver(corridorPool),
    door: kyselyOver(doorPool),
    leafFor: rememberLeaves(owner),
    rawPool,
    readDurability: () => readDurability(corridorPool),
    close: async () => {
      await Promise.all(pools.splice(0).map(pool => pool.end()));
    },
  };
}

/** The ways in, over their pools. */
function databaseOver(pools: { corridor: pg.Pool; door: pg.Pool; pipelinedDoor: pg.Pool }): Database {
  const compiler = kyselyOver(pools.pipelinedDoor);
  return {
    corridor: work => runTransaction(pools.corridor, work),
    door: async (partyId, work) => runTransaction(pools.door, work, beginFor(partyId)),
    doorAtOnce: async (partyId, statements) => runAtOnce(pools.pipelinedDoor, compiler, partyId, statements),
  };
}

function rememberLeaves(owner: Pool): (dayMs: number) => Promise<string> {
  const leaves = new Map<string, Promise<string>>();
  return dayMs => {
    const day = new Date(dayMs).toISOString().slice(0, 10);
    const known = leaves.get(day);
    if (known !== undefined) return known;
    const asked = askLeaf(owner, day);
    leaves.set(day, asked);
    asked.catch(() => leaves.delete(day));
    return asked;
  };
}

async function askLeaf(owner: Pool, day: string): Promise<string> {
  const { rows } = await sql<{ leaf: string }>`select observation_leaf(${day}::date) as leaf`.execute(owner);
  return rows[0]!.leaf;
}

/** Asked on a connection of the corridor, so that a setting of its role or of the database counts. */
async function readDurability(corridor: pg.Pool): Promise<Durability> {
  const { rows } = await corridor.query<{ fsync: string; commit: string; pages: string }>(
    `select current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit,
            current_setting('full_page_writes') as pages`,
  );
  const { fsync, commit, pages } = rows[0]!;
  return {
    fsync: fsync === 'on',
    synchronousCommit: commit,
    fullPageWrites: pages === 'on',
    durable: fsync === 'on' && commit !== 'off' && pages === 'on',
  };
}
