import { isRefusal } from '../../../../kernel/refusal.ts';
import { DAY_MS, MINUTE_MS } from '../../../../kernel/time.ts';
import type { ModuleDoors, ModuleRound } from '../../../../spine/module-route.ts';
import { zoneNamed } from '../../../../spine/rules/zone-time.ts';
import { momentOf } from '../clauses.ts';
import type { SaleRules } from '../sale-rules.ts';
import { type BilledContract, billedTo, firstBillContracts } from '../store.ts';
import { bindAtFirstBill } from './bindings.ts';

/** Months end in the zone of the contract; of one that names none, where its operator bills. */
const ZONE = 'Asia/Shanghai';
/** Records of a month's last hours come in during the next day. */
const SETTLE_MS = DAY_MS;

export type BillDoors = Pick<ModuleDoors, 'database' | 'clock' | 'log'>;

/**
 * Binds, a day after each month's end, the cards of contracts that bind at the first bill (C-08) to the device each was
 * last seen in before that end; how many contracts were billed. A card that was unseen is bound by the next month's.
 * A contract in its test period waits until that is over. Done again, or in two processes, a month changes nothing more;
 * one contract that cannot be billed is logged, tried again, and holds up no other.
 */
export async function billMonth(doors: BillDoors, saleRules: readonly SaleRules[]): Promise<number> {
  const { database, clock, log } = doors;
  let billed = 0;
  for (const contract of await database.corridor(firstBillContracts)) {
    const monthMs = lastMonthEnd(contract.clauses.zone ?? ZONE, clock.now() - SETTLE_MS);
    if (!isDue(contract, monthMs)) continue;
    const doer = { partyId: contract.partyId, label: 'corridor', userId: 'corridor' };
    try {
      await bindAtFirstBill({ database, clock, saleRules }, doer, contract.contractId, monthMs);
      await database.corridor(tx => billedTo(tx, contract.contractId, monthMs));
      billed += 1;
    } catch (cause) {
      const error = isRefusal(cause) ? cause.code : cause instanceof Error ? cause.name : 'unknown';
      log.warn({ contract: contract.contractId, error }, 'a first bill could not be drawn up');
    }
  }
  return billed;
}

export function firstBillRound(saleRules: readonly SaleRules[]): ModuleRound {
  return {
    name: 'first-bills',
    restMs: 10 * MINUTE_MS,
    step: async doors => {
      await billMonth(doors, saleRules);
      return false;
    },
  };
}

/** When the month before that of a moment ended. */
function lastMonthEnd(name: string, atMs: number): number {
  const zone = zoneNamed(name) ?? zoneNamed(ZONE);
  if (zone === null) throw new Error(`no zone is named ${ZONE}`);
  return zone.dayStartMs(zone.monthStartDay(zone.monthOf(zone.dayOf(atMs))));
}

/** Signed within the months that ended, out of its test period, and not billed for them. */
function isDue({ clauses, signedAtMs, billedToMs }: BilledContract, monthMs: number): boolean {
  const testMs = momentOf(clauses.testUntil) ?? Number.NEGATIVE_INFINITY;
  return (signedAtMs ?? monthMs) < monthMs && testMs <= monthMs && (billedToMs ?? monthMs - 1) < monthMs;
}
