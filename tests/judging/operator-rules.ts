import type { Rule } from '../../server/src/spine/rules/rule.ts';
import { soundRule } from './world.ts';

interface Around {
  /** YAML of `state`, `where` and what else differs. */
  readonly parts: string;
  /** Observations that fire, and that don't, in YAML. */
  readonly fires: string;
  readonly silent: string;
}

/** A small rule around one state; refused, as any rule, when its examples do not come out. */
export function ruleAround(id: string, around: Around): Rule {
  return soundRule(textAround(id, around), id);
}

export function textAround(id: string, { parts, fires, silent }: Around): string {
  return `
id: ${id}
title: { en: ${id}, zh: 试验 }
status: draft
reads: card-usage
key: subject
zone: America/New_York
severity: low
evidence: { strength: low, refutedBy: { en: nothing, zh: 无 } }
basis: [{ source: trial }]
${parts}
examples:
  fires: [{ name: fires, ${fires} }]
  silent: [{ name: silent, ${silent} }]
`;
}

function seen(...records: readonly string[]): string {
  const written = records.map(
    (record, i) => `{ at: "2026-03-01T08:0${i}:00Z"${record === '' ? '' : `, ${record}`} }`,
  );
  return `observations: [${written.join(', ')}]`;
}

/** One rule for each operator, so that judging again is tried on every kind of state. */
const around: Readonly<Record<string, Around>> = {
  'try-count': {
    parts: 'state: { n: { operator: count, window: 24h } }\nwhere: state.n > 3',
    fires: seen('', '', '', ''),
    silent: seen('', '', ''),
  },
  'try-sum': {
    parts: `state: { n: { operator: sum, of: observation.bytes / 2, window: 7d, when: "observation.service == 'data'" } }
given: has(observation.service)
where: state.n > 10000`,
    fires: seen('service: data, bytes: 30000'),
    silent: seen('service: sms, bytes: 30000'),
  },
  'try-distinct': {
    parts:
      'state: { n: { operator: distinct, of: observation.imei, window: 30d, cap: 2 } }\nwhere: state.n > 1 || state.nFull\nrearm: month',
    fires: seen('imei: "1"', 'imei: "2"'),
    silent: seen('imei: "1"', 'imei: "1"'),
  },
  'try-change': {
    parts:
      'state: { n: { operator: change, of: observation.mcc, window: 7d, lookBack: 10d } }\nwhere: state.nCount > 1',
    fires: seen('mcc: "1"', 'mcc: "2"', 'mcc: "1"'),
    silent: seen('mcc: "1"', 'mcc: "2"'),
  },
  'try-rate': {
    parts:
      'state: { n: { operator: rate, of: observation.bytes, window: 9h, per: 1h } }\nwhere: state.n > 2000\nrearm: record',
    fires: seen('bytes: 30000'),
    silent: seen('bytes: 3000'),
  },
  'try-absence': {
    parts: `state:
  quiet: { operator: absence, window: 2d, lookBack: 20d, when: "observation.service == 'data'" }
  n: { operator: count, window: 24h }
where: state.quiet && (!has(observation.service) || state.quietMs > 900000000) && size(bound.mccs) < 2
rearm: record`,
    fires: `${seen('service: data', 'service: sms')}, bound: { mccs: ["1"] }, watermark: "2026-03-03T08:00:00Z", expect: [1]`,
    silent: `${seen('service: data', 'service: sms')}, bound: { mccs: ["1"] }, watermark: "2026-03-03T07:59:59Z"`,
  },
  'try-overlap': {
    parts:
      'state: { n: { operator: overlap, of: observation.imei, lastsMs: observation.bytes * 1000, lookBack: 12h, cap: 3 } }\nwhere: state.n > 0 || state.nFull',
    fires: seen('imei: "1", bytes: 300', 'imei: "2", bytes: 300'),
    silent: seen('imei: "1", bytes: 300', 'imei: "2", bytes: 30'),
  },
  'try-travel': {
    parts:
      "state: { n: { operator: travel, latE6: 'size(observation.mnc) * 1000', lonE6: \"observation.mcc == '460' ? 0 : 90000000\", lookBack: 5d } }\ngiven: has(state.nKmh)\nwhere: state.nKmh > 800",
    fires: seen('mcc: "460", mnc: "00"', 'mcc: "452", mnc: "00"'),
    silent: seen('mcc: "460", mnc: "00"', 'mcc: "460", mnc: "00"'),
  },
};

export function operatorRules(): Rule[] {
  return Object.entries(around).map(([id, parts]) => ruleAround(id, parts));
}

/** Their texts by their identifiers. */
export function operatorTexts(): [string, string][] {
  return Object.entries(around).map(([id, parts]) => [id, textAround(id, parts)]);
}
