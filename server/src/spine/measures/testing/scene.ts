import { sql } from 'kysely';
import type { Database } from '../../../kernel/database/transaction.ts';
import { silentLog } from '../../../kernel/log.ts';
import { type CaseScene, makeCaseScene } from '../../cases/testing/case-scene.ts';
import type { MeasureDesk, MeasureWorks, Traffic, TrafficPort } from '../ports.ts';
import { putProvider } from '../providers/store.ts';

export const QUIET_MS = 600_000;
export const DUE_MS = 3_600_000;

/** What the feed of observations says, as a test sets it. */
export interface SetTraffic extends TrafficPort {
  watermarkMs: number | null;
  readonly accepted: number[];
  readonly refused: number[];
}

/** A card whose cases lead to measures, with a provider to order from. */
export interface Scene extends CaseScene {
  readonly traffic: SetTraffic;
  readonly works: MeasureWorks;
}

/** What a scene orders from: a module's measures and adapters, and the provider's address. */
export type OtherSide = Pick<MeasureDesk, 'kinds' | 'adapters' | 'outside'> & {
  readonly url: string;
  /** Which adapter the provider is reached by; `simulated-provider` when absent. */
  readonly adapter?: string;
};

export async function makeScene(database: Database, side: OtherSide): Promise<Scene> {
  const scene = await makeCaseScene(database);
  const { partyId, clock, desk } = scene;
  const settings = { url: side.url, dueMs: DUE_MS, quietMs: QUIET_MS };
  const { adapter = 'simulated-provider' } = side;
  await database.corridor(tx => putProvider(tx, { partyId, name: 'carrier', adapter, settings }));
  const traffic = setTraffic();
  const works: MeasureWorks = {
    ...desk,
    database,
    clock,
    log: silentLog,
    kinds: side.kinds,
    adapters: side.adapters,
    outside: side.outside,
    traffic,
    referenceOf: async (tx, id) => {
      const { rows } = await sql<{
        r: string;
      }>`select reference as r from subject where subject_id = ${id}`.execute(tx);
      return rows[0]!.r;
    },
    changed: () => {},
  };
  return { ...scene, traffic, works };
}

function setTraffic(): SetTraffic {
  const accepted: number[] = [];
  const refused: number[] = [];
  const port: SetTraffic = {
    watermarkMs: null,
    accepted,
    refused,
    trafficSince: async (_tx, _subjectId, afterMs): Promise<Traffic> => {
      const carried = accepted.filter(ms => ms > afterMs);
      const turned = refused.filter(ms => ms > afterMs);
      return {
        accepted: carried.length,
        lastAcceptedMs: carried.length === 0 ? null : Math.max(...carried),
        refused: turned.length,
        lastRefusedMs: turned.length === 0 ? null : Math.max(...turned),
      };
    },
    watermarkOf: async () => port.watermarkMs,
  };
  return port;
}
