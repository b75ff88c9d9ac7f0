import { HOUR_MS } from '../../../kernel/time.ts';
import type { ModuleDoors, ModuleRound } from '../../../spine/module-route.ts';
import { tellChecks } from '../../../spine/own-checks.ts';
import { CARD_CHECK } from '../checks/card-check.ts';
import type { SaleRules } from '../contracts/sale-rules.ts';
import { reconcileReseller } from './resellers.ts';
import * as store from './store.ts';

const MOST_TOLD = 2_000;
const RECONCILE_MS = 24 * HOUR_MS;

/**
 * Puts differences on the corridor, where a rule makes findings of them (C-09). Told first and marked after: one that
 * is told twice is the same observation.
 */
export async function tellDifferences(doors: ModuleDoors): Promise<number> {
  const { database, intake, clock } = doors;
  const untold = await database.corridor(tx => store.untoldDifferences(tx, MOST_TOLD));
  for (const partyId of new Set(untold.map(each => each.partyId))) {
    const mine = untold.filter(each => each.partyId === partyId);
    const checks = mine.map(({ differenceId, iccid, reseller, what, foundAtMs }) => ({
      id: `difference/${differenceId}`,
      claim: iccid === '' ? `reseller:${reseller}` : `iccid:${iccid}`,
      atMs: foundAtMs,
      body: { check: 'reseller', what, reseller },
    }));
    await tellChecks(intake, partyId, CARD_CHECK, checks);
    const ids = mine.map(each => each.differenceId);
    await database.corridor(tx => store.setTold(tx, ids, clock.now()));
  }
  return untold.length;
}

/** Reconciles every reseller once a day, and tells what differs. */
export function resellerRound(saleRules: readonly SaleRules[]): ModuleRound {
  let nextMs = Number.NEGATIVE_INFINITY;
  return {
    name: 'resellers',
    restMs: 2_000,
    step: async doors => {
      const { database, clock } = doors;
      if (clock.now() >= nextMs) {
        nextMs = clock.now() + RECONCILE_MS;
        const all = await database.corridor(tx => store.everyReseller(tx));
        for (const { resellerId, partyId } of all)
          await reconcileReseller(
            { database, clock, saleRules },
            { partyId, label: 'corridor', userId: 'corridor' },
            resellerId,
          );
      }
      return (await tellDifferences(doors)) >= MOST_TOLD;
    },
  };
}
