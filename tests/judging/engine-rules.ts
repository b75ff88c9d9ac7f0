import { checkRule } from '../../server/src/spine/rules/check-rule.ts';
import type { KindSchema } from '../../server/src/spine/rules/kind-schema.ts';
import type { RuleWorld } from '../../server/src/spine/rules/read-rule.ts';
import type { Rule } from '../../server/src/spine/rules/rule.ts';
import { trialWorld } from './world.ts';

/** Flows of a device, each its own share: what the twelve rules of engine.md §4 read. */
export const flows: KindSchema = {
  kind: 'flow',
  fields: {
    imei: 'string',
    mcc: 'string',
    destination: 'string',
    bytesUp: 'int',
    bytesDown: 'int',
    latE6: 'int',
    lonE6: 'int',
  },
  counters: [],
};

export const engineWorld: RuleWorld = {
  ...trialWorld,
  kinds: [flows],
  boundSchema: {
    mccs: 'string-list',
    destinations: 'string-list',
    swapWindow: 'bool',
    mostIn10m: 'int',
    dayBytes: 'int',
    monthBytes: 'int',
    speedKmh: 'int',
    mostDestinations: 'int',
    upToDown: 'int',
    dormantDays: 'int',
    meanBytes: 'int',
    deviationBytes: 'int',
  },
};

interface Written {
  /** What it is compared with, its edges, and what a first record and a lawful change do. */
  readonly pins: string;
  readonly parts: string;
  readonly bound: string;
  /** Minutes after the first, and fields; the last observation fires. */
  readonly fires: readonly string[];
  readonly silent: readonly string[];
}

/**
 * The twelve rules of engine.md §4 in the language. For all of them: time is the time of observation, records out of
 * order are judged again in order, days and months are those of Asia/Shanghai, a pane's beginning belongs to it and
 * its end does not, and terms are those in force at the record.
 */
const written: Readonly<Record<string, Written>> = {
  'imei-change': {
    pins: 'the last IMEI within 30 days; a first one is no change; a declared swap is lawful and becomes the one compared with',
    parts: `state: { device: { operator: change, of: observation.imei, window: 24h, lookBack: 30d } }
where: state.device && !(has(bound.swapWindow) && bound.swapWindow)
rearm: record`,
    bound: '{}',
    fires: ['0, imei: "1"', '9, imei: "2"'],
    silent: ['0, imei: "1"', '5', '9, imei: "1"'],
  },
  'imei-flapping': {
    pins: 'more than three changes in the last 24 panes of an hour, the judged one included',
    parts: `state: { device: { operator: change, of: observation.imei, window: 24h, lookBack: 30d } }
where: state.deviceCount > 3`,
    bound: '{}',
    fires: ['0, imei: "1"', '1, imei: "2"', '2, imei: "1"', '3, imei: "2"', '4, imei: "1"'],
    silent: ['0, imei: "1"', '1, imei: "2"', '2, imei: "1"', '3, imei: "2"', '1500, imei: "1"'],
  },
  'mcc-fence': {
    pins: 'the countries agreed for that moment; a card that stays abroad is found once a day',
    parts: `given: has(observation.mcc) && has(bound.mccs)
where: "!(observation.mcc in bound.mccs)"`,
    bound: '{ mccs: ["460"] }',
    fires: ['0, mcc: "460"', '1, mcc: "452"'],
    silent: ['0, mcc: "460"', '1'],
  },
  'ten-minute-rate': {
    pins: 'records in the minute of the record and the nine before it',
    parts: `state: { n: { operator: count, window: 10m } }
given: has(bound.mostIn10m)
where: state.n > bound.mostIn10m`,
    bound: '{ mostIn10m: 3 }',
    fires: ['0', '1', '2', '9'],
    silent: ['0', '1', '2', '10'],
  },
  'day-cap': {
    pins: 'both directions since local midnight; what one direction does not state adds nothing',
    parts: `state:
  up: { operator: sum, of: observation.bytesUp, window: day }
  down: { operator: sum, of: observation.bytesDown, window: day }
given: has(bound.dayBytes)
where: state.up + state.down > bound.dayBytes`,
    bound: '{ dayBytes: 1000 }',
    fires: ['0, bytesUp: 600', '1, bytesDown: 401'],
    silent: ['0, bytesUp: 600', '960, bytesDown: 401'],
  },
  'month-cap': {
    pins: 'both directions since the first of the local month; found once a month',
    parts: `state:
  up: { operator: sum, of: observation.bytesUp, window: month }
  down: { operator: sum, of: observation.bytesDown, window: month }
given: has(bound.monthBytes)
where: state.up + state.down > bound.monthBytes
rearm: month`,
    bound: '{ monthBytes: 1000 }',
    fires: ['0, bytesUp: 600', '5760, bytesDown: 401'],
    silent: ['0, bytesUp: 600', '44640, bytesDown: 401'],
  },
  'impossible-journey': {
    pins: 'the last place within two days; faster than the limit and farther than 50 km',
    parts: `state: { moved: { operator: travel, latE6: observation.latE6, lonE6: observation.lonE6, lookBack: 2d } }
given: has(state.movedKmh) && has(bound.speedKmh)
where: state.movedKmh > bound.speedKmh && state.movedM > 50000
rearm: record`,
    bound: '{ speedKmh: 1000 }',
    fires: ['0, latE6: 31230416, lonE6: 121473701', '30, latE6: 23129110, lonE6: 113264385'],
    silent: ['0, latE6: 31230416, lonE6: 121473701', '300, latE6: 23129110, lonE6: 113264385'],
  },
  'fan-out': {
    pins: 'different destinations in the last hour in panes of five minutes, at most 64 told apart',
    parts: `state: { peers: { operator: distinct, of: observation.destination, window: 1h, cap: 64 } }
given: has(bound.mostDestinations)
where: state.peers > bound.mostDestinations || state.peersFull`,
    bound: '{ mostDestinations: 2 }',
    fires: ['0, destination: a', '1, destination: b', '2, destination: c'],
    silent: ['0, destination: a', '1, destination: b', '70, destination: c', '71, destination: c'],
  },
  destination: {
    pins: 'the destinations agreed for that moment; each record that goes elsewhere is found',
    parts: `given: has(observation.destination) && has(bound.destinations)
where: "!(observation.destination in bound.destinations)"
rearm: record`,
    bound: '{ destinations: [a, b] }',
    fires: ['0, destination: a', '1, destination: c'],
    silent: ['0, destination: a', '1, destination: b', '2'],
  },
  'exfiltration-ratio': {
    pins: 'what went up against what came down in the last 24 panes of an hour, from a megabyte on',
    parts: `state:
  up: { operator: sum, of: observation.bytesUp, window: 24h }
  down: { operator: sum, of: observation.bytesDown, window: 24h }
given: has(bound.upToDown)
where: state.up > 1000000 && state.up > bound.upToDown * state.down`,
    bound: '{ upToDown: 10 }',
    fires: ['0, bytesUp: 600000, bytesDown: 60000', '1, bytesUp: 600001, bytesDown: 0'],
    silent: ['0, bytesUp: 600000, bytesDown: 60000', '1, bytesUp: 600001, bytesDown: 60001'],
  },
  'wake-up': {
    pins: 'the record before, no older than 400 days; a first record ends no silence',
    parts: `state: { quiet: { operator: absence, window: 1d, lookBack: 400d } }
given: has(observation.atMs) && has(state.quietMs) && has(bound.dormantDays)
where: state.quietMs > bound.dormantDays * 86400000
rearm: record`,
    bound: '{ dormantDays: 7 }',
    fires: ['0', '10081'],
    silent: ['0', '10080'],
  },
  'z-score': {
    pins: 'the bytes up of the last hour against mean and deviation that the registry states, above three deviations',
    parts: `state: { up: { operator: sum, of: observation.bytesUp, window: 1h } }
given: has(bound.meanBytes) && has(bound.deviationBytes)
where: state.up - bound.meanBytes > 3 * bound.deviationBytes`,
    bound: '{ meanBytes: 1000, deviationBytes: 100 }',
    fires: ['0, bytesUp: 1000', '1, bytesUp: 301'],
    silent: ['0, bytesUp: 1000', '1, bytesUp: 300'],
  },
};

export const engineRuleIds: readonly string[] = Object.keys(written);

const START_MS = Date.UTC(2026, 2, 1);

function observed(observations: readonly string[]): string {
  return observations
    .map(each => {
      const [minutes, ...fields] = each.split(', ');
      const at = new Date(START_MS + Number(minutes) * 60_000).toISOString();
      return `      - { at: "${at}"${fields.length > 0 ? `, ${fields.join(', ')}` : ''} }\n`;
    })
    .join('');
}

function textOf(id: string, { pins, parts, bound, fires, silent }: Written): string {
  return `# ${pins}
id: ${id}
title: { en: ${id}, zh: 试验 }
status: draft
reads: flow
key: subject
zone: Asia/Shanghai
severity: low
evidence: { strength: low, refutedBy: { en: nothing, zh: 无 } }
basis: [{ source: engine.md, clause: "§4 the twelve rules" }]
${parts}
examples:
  fires:
    - name: fires at the last observation
      bound: ${bound}
      observations:
${observed(fires)}      expect: [${fires.length}]
  silent:
    - name: silent
      bound: ${bound}
      observations:
${observed(silent)}`;
}

/** The twelve rules, read and proven by their examples; throws what is wrong with one. */
export function engineRules(): Rule[] {
  return engineRuleIds.map(id => {
    const check = checkRule(textOf(id, written[id] as Written), id, engineWorld);
    if (check.outcome === 'sound') return check.rule;
    throw new Error(`${id}: ${check.faults.map(each => `${each.path} ${each.message.en}`).join('\n')}`);
  });
}
