/** The twelve rules of the engine sheet as the benchmarks set them; every side judges these. */
import type { Rule } from '../../server/src/spine/rules/rule.ts';
import { type EngineSetting, engineRuleIds, engineRules } from '../../tests/judging/engine-rules.ts';

/** In the order every side counts its hits. */
export const TWELVE: readonly string[] = engineRuleIds;

/** Limits that all cards share stand in the rules; `TERMS` of the data states the others. */
const setting: EngineSetting = {
  zone: 'UTC',
  limits: {
    flaps: 2,
    mostIn10m: 12,
    dayCap: 40_000,
    monthCap: 60_000,
    farM: 100_000,
    speedKmh: 900,
    mostPeers: 8,
    peersCap: 12,
    upLeast: 500,
    upToDown: 20,
    quietHours: 10,
    mean: 600,
    deviation: 700,
    deviations: 6,
  },
  termed: ['dayCap', 'monthCap', 'mean', 'deviation'],
};

export function twelveRules(): Rule[] {
  return engineRules(setting);
}
