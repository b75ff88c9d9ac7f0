import type { Rule } from '../../server/src/spine/rules/rule.ts';
import { soundRule } from './world.ts';

interface Probe {
  readonly state: string;
  readonly where: string;
  readonly fires: readonly string[];
  readonly silent: readonly string[];
}

const DEVICE = ['imei: "1", bytes: 9', 'imei: "2", bytes: 9'] as const;
const MUCH = 'bytes: 400000000';

/**
 * One small rule for each operator of the language, as near to its neighbours as it can be: over the same
 * records, the same fields and like windows. Were two operators one, two of these would find the same records.
 */
const probes: Readonly<Record<string, Probe>> = {
  count: {
    state: 'count, window: 24h',
    where: 'state.n > 5',
    fires: Array(6).fill(''),
    silent: Array(5).fill(''),
  },
  rate: {
    state: 'rate, of: observation.bytes, window: 12h, per: 1h',
    where: 'state.n > 12500000',
    fires: [MUCH],
    silent: ['bytes: 5'],
  },
  sum: {
    state: 'sum, of: observation.bytes, window: 24h',
    where: 'state.n > 300000000',
    fires: [MUCH],
    silent: ['bytes: 5'],
  },
  distinct: {
    state: 'distinct, of: observation.imei, window: 24h',
    where: 'state.n > 1',
    fires: DEVICE,
    silent: ['imei: "1"'],
  },
  change: {
    state: 'change, of: observation.imei, window: 24h, lookBack: 7d',
    where: 'state.n',
    fires: DEVICE,
    silent: ['imei: "1"'],
  },
  absence: {
    state: 'absence, window: 30h, lookBack: 40d',
    where: 'has(observation.atMs) && has(state.nMs) && state.nMs > 108000000',
    fires: [],
    silent: ['', ''],
  },
  overlap: {
    state:
      'overlap, of: observation.plmn, lastsMs: observation.durationSeconds * 1000, lookBack: 24h, anchor: start',
    where: 'state.n > 0',
    fires: ['plmn: "46000", durationSeconds: 600', 'plmn: "46001", durationSeconds: 600'],
    silent: ['plmn: "46000", durationSeconds: 60'],
  },
  travel: {
    state: 'travel, latE6: observation.latE6, lonE6: observation.lonE6, lookBack: 2d',
    where: 'has(state.nM) && state.nM > 20000',
    fires: ['latE6: 0, lonE6: 0', 'latE6: 1000000, lonE6: 0'],
    silent: ['latE6: 0, lonE6: 0'],
  },
};

export function probeRules(): Rule[] {
  return Object.entries(probes).map(([operator, probe]) => probeRule(operator, probe));
}

function probeRule(operator: string, { state, where, fires, silent }: Probe): Rule {
  const seen = (records: readonly string[]): string =>
    records
      .map(
        (record, i) =>
          `{ at: "2026-03-01T08:${String(i).padStart(2, '0')}:00Z"${record === '' ? '' : `, ${record}`} }`,
      )
      .join(', ');
  const days = '{ at: "2026-03-01T08:00:00Z" }, { at: "2026-03-04T08:00:00Z" }';
  const id = `probe-${operator}`;
  const text = `
id: ${id}
title: { en: ${id}, zh: 试验 }
status: draft
reads: card-usage
key: subject
zone: Asia/Shanghai
severity: low
evidence: { strength: low, refutedBy: { en: nothing, zh: 无 } }
basis: [{ source: trial }]
state: { n: { operator: ${state} } }
where: ${where}
rearm: record
examples:
  fires: [{ name: fires, observations: [${operator === 'absence' ? days : seen(fires)}] }]
  silent: [{ name: silent, observations: [${seen(silent)}] }]
`;
  return soundRule(text, id);
}
