import type { Tx } from '../kernel/database/transaction.ts';
import type { Contribution } from './contribution.ts';
import type { Traffic, TrafficPort } from './measures/ports.ts';
import { feedsOf } from './observations/feeds/store.ts';
import { history } from './observations/store.ts';
import { loadDossiers } from './registry/dossier.ts';

/**
 * What the stored observations say of a subject's traffic after a moment: carried, or turned away. Records
 * whose time was not believed say nothing of when traffic flowed and are left out.
 */
export function trafficPort(contributions: readonly Contribution[]): TrafficPort {
  return {
    async trafficSince(tx, subjectId, afterMs) {
      const [dossier] = await loadDossiers(tx, { claims: [], subjectIds: [subjectId] });
      const room = contributions.find(each => each.kinds.some(kind => kind.kind === dossier?.kind));
      const traffic = {
        accepted: 0,
        lastAcceptedMs: null,
        refused: 0,
        lastRefusedMs: null,
      } as Writable<Traffic>;
      if (dossier === undefined || room === undefined) return traffic;
      for (const observation of await history(tx, dossier.aliases, dossier.ancestors, afterMs + 1)) {
        if (observation.timeMark === 'implausible' || observation.timeMark === 'receipt') continue;
        const what = room.trafficOf(observation);
        if (what === 'carried') {
          traffic.accepted += 1;
          traffic.lastAcceptedMs = observation.observedAtMs;
        } else if (what === 'refused') {
          traffic.refused += 1;
          traffic.lastRefusedMs = observation.observedAtMs;
        }
      }
      return traffic;
    },
    async watermarkOf(tx, subjectId, afterMs) {
      const [dossier] = await loadDossiers(tx, { claims: [], subjectIds: [subjectId] });
      if (dossier === undefined) return null;
      const settled = (await feedsOf(tx, dossier.aliases, afterMs)).map(feed => feed.settledMs);
      return settled.length === 0 || settled.includes(null) ? null : Math.min(...(settled as number[]));
    },
  };
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** What a provider knows a subject by: its reference. Throws for one that does not exist. */
export async function referenceOf(tx: Tx, subjectId: number): Promise<string> {
  const [dossier] = await loadDossiers(tx, { claims: [], subjectIds: [subjectId] });
  if (dossier === undefined) throw new Error(`subject ${subjectId} does not exist`);
  return dossier.reference;
}
