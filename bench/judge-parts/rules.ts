/** The twelve rules of the engine sheet in the language of rules, over one kind of use; every side judges these. */
import { createHash } from 'node:crypto';
import { checkRule } from '../../server/src/spine/rules/check-rule.ts';
import type { KindSchema } from '../../server/src/spine/rules/kind-schema.ts';
import type { RuleWorld } from '../../server/src/spine/rules/read-rule.ts';
import type { Rule } from '../../server/src/spine/rules/rule.ts';

export const use: KindSchema = {
  kind: 'use',
  fields: {
    imei: 'string',
    mcc: 'string',
    peer: 'string',
    bytesUp: 'int',
    bytesDown: 'int',
    latE6: 'int',
    lonE6: 'int',
  },
  counters: [],
};

const world: RuleWorld = {
  kinds: [use],
  boundSchema: {
    mccs: 'string-list',
    peers: 'string-list',
    dayCap: 'int',
    monthCap: 'int',
    mean: 'int',
    deviation: 'int',
  },
  measures: [],
  digest: text => createHash('sha256').update(text).digest('hex'),
};

interface Short {
  readonly state?: string;
  readonly given?: string;
  readonly where: string;
  readonly rearm: string;
  readonly bound?: string;
  readonly fires: readonly string[];
  readonly silent: readonly string[];
}

const place = (latE6: number, lonE6: number): string => `latE6: ${latE6}, lonE6: ${lonE6}`;
const volume = (up: number, down: number): string => `bytesUp: ${up}, bytesDown: ${down}`;
const many = (of: string, count: number): string[] => Array.from({ length: count }, () => of);

/** In the order every side counts its hits. */
export const SHORT: Readonly<Record<string, Short>> = {
  'imei-change': {
    state: 'device: { operator: change, of: observation.imei, window: 24h, lookBack: 30d }',
    where: 'state.device',
    rearm: 'record',
    fires: ['imei: "1"', 'imei: "2"'],
    silent: ['imei: "1"', 'imei: "1"'],
  },
  'imei-flapping': {
    state: 'device: { operator: change, of: observation.imei, window: 24h, lookBack: 30d }',
    where: 'state.deviceCount >= 3',
    rearm: 'day',
    fires: ['imei: "1"', 'imei: "2"', 'imei: "1"', 'imei: "2"'],
    silent: ['imei: "1"', 'imei: "2"', 'imei: "1"'],
  },
  'mcc-fence': {
    given: 'has(observation.mcc)',
    where: '!(observation.mcc in bound.mccs)',
    rearm: 'record',
    fires: ['mcc: "262"'],
    silent: ['mcc: "460"'],
  },
  'ten-minute-rate': {
    state: 'recent: { operator: count, window: 10m }',
    where: 'state.recent > 12',
    rearm: 'day',
    fires: many('', 13),
    silent: many('', 12),
  },
  'day-cap': {
    state: 'used: { operator: sum, of: observation.bytesUp + observation.bytesDown, window: day }',
    where: 'state.used > bound.dayCap',
    rearm: 'day',
    fires: [volume(900, 200)],
    silent: [volume(900, 100)],
  },
  'month-cap': {
    state: 'used: { operator: sum, of: observation.bytesUp + observation.bytesDown, window: month }',
    where: 'state.used > bound.monthCap',
    rearm: 'month',
    fires: [volume(900, 200), volume(900, 9_200)],
    silent: [volume(900, 100)],
  },
  'impossible-travel': {
    state: 'moved: { operator: travel, latE6: observation.latE6, lonE6: observation.lonE6, lookBack: 7d }',
    given: 'has(state.movedM)',
    where: 'state.movedM > 100000 && state.movedKmh > 900',
    rearm: 'record',
    fires: [place(31_000_000, 121_000_000), place(39_000_000, 116_000_000)],
    silent: [place(31_000_000, 121_000_000), place(31_100_000, 121_000_000)],
  },
  'fan-out': {
    state: 'peers: { operator: distinct, of: observation.peer, window: 1h, cap: 12 }',
    where: 'state.peers > 8',
    rearm: 'day',
    fires: Array.from({ length: 9 }, (_, i) => `peer: p${i}`),
    silent: Array.from({ length: 8 }, (_, i) => `peer: p${i}`),
  },
  destination: {
    given: 'has(observation.peer)',
    where: '!(observation.peer in bound.peers)',
    rearm: 'day',
    fires: ['peer: elsewhere'],
    silent: ['peer: home'],
  },
  'exfiltration-ratio': {
    state: `up: { operator: sum, of: observation.bytesUp, window: day }
  down: { operator: sum, of: observation.bytesDown, window: day }`,
    where: 'state.up > 500 && state.up > state.down * 20',
    rearm: 'day',
    fires: [volume(600, 20)],
    silent: [volume(600, 200)],
  },
  'wake-up': {
    state: 'quiet: { operator: absence, window: 10h, lookBack: 30d }',
    given: 'has(observation.imei)',
    where: 'state.quiet',
    rearm: 'record',
    fires: [],
    silent: ['imei: "1"', 'imei: "1"'],
  },
  'z-score': {
    given: 'has(observation.bytesUp) && has(observation.bytesDown) && bound.deviation > 0',
    where: 'observation.bytesUp + observation.bytesDown - bound.mean > bound.deviation * 6',
    rearm: 'record',
    fires: [volume(500, 500)],
    silent: [volume(300, 100)],
  },
};

const BOUND =
  'bound: { mccs: ["460"], peers: ["home"], dayCap: 1000, monthCap: 10000, mean: 100, deviation: 100 }';

export function twelveRules(): Rule[] {
  return Object.entries(SHORT).map(([id, short]) => ruleOf(id, short));
}

function ruleOf(id: string, short: Short): Rule {
  const seen = (records: readonly string[], hours: number): string =>
    records
      .map((record, i) => {
        const at = new Date(Date.UTC(2026, 2, 1, 8) + i * 20_000 + i * hours * 3_600_000).toISOString();
        return `{ at: "${at}"${record === '' ? '' : `, ${record}`} }`;
      })
      .join(', ');
  const fires = id === 'wake-up' ? seen(['imei: "1"', 'imei: "1"'], 11) : seen(short.fires, 0);
  const text = `
id: ${id}
title: { en: ${id}, zh: 试验 }
status: draft
reads: use
key: subject
zone: UTC
${short.state === undefined ? '' : `state:\n  ${short.state}`}
${short.given === undefined ? '' : `given: "${short.given}"`}
where: "${short.where}"
rearm: ${short.rearm}
severity: low
evidence: { strength: low, refutedBy: { en: nothing, zh: 无 } }
basis: [{ source: engine sheet }]
examples:
  fires: [{ name: fires, ${BOUND}, observations: [${fires}] }]
  silent: [{ name: silent, ${BOUND}, observations: [${seen(short.silent, 0)}] }]
`;
  const check = checkRule(text, id, world);
  if (check.outcome === 'sound') return check.rule;
  throw new Error(`${id}: ${check.faults.map(fault => `${fault.path} ${fault.message.en}`).join('; ')}`);
}
