import { createHash } from 'node:crypto';
import { checkRule } from '../../server/src/spine/rules/check-rule.ts';
import type { KindSchema } from '../../server/src/spine/rules/kind-schema.ts';
import type { RuleWorld } from '../../server/src/spine/rules/read-rule.ts';
import type { Rule } from '../../server/src/spine/rules/rule.ts';

/** Use of a device, each record its own share: what the twelve rules of engine.md §4 read. */
const use: KindSchema = {
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

/** What the rules are compared with; whole numbers. */
export interface Limits {
  readonly flaps: number;
  readonly mostIn10m: number;
  readonly dayCap: number;
  readonly monthCap: number;
  readonly farM: number;
  readonly speedKmh: number;
  readonly mostPeers: number;
  /** Different peers that are told apart. */
  readonly peersCap: number;
  readonly upLeast: number;
  readonly upToDown: number;
  readonly quietHours: number;
  readonly mean: number;
  readonly deviation: number;
  readonly deviations: number;
}
export type LimitName = keyof Limits;

/** How an installation of the twelve rules is set. */
export interface EngineSetting {
  /** Whose days and months count. */
  readonly zone: string;
  /** What stands in the rules, and in the terms of their examples. */
  readonly limits: Limits;
  /** Limits that are terms of each subject; all others stand in the rules as numbers. */
  readonly termed: readonly LimitName[];
}

/** Small limits, most of them terms: every rule is met often by few records. */
export const trialSetting: EngineSetting = {
  zone: 'Asia/Shanghai',
  limits: {
    flaps: 3,
    mostIn10m: 3,
    dayCap: 1_000,
    monthCap: 1_000,
    farM: 50_000,
    speedKmh: 1_000,
    mostPeers: 2,
    peersCap: 64,
    upLeast: 600_000,
    upToDown: 10,
    quietHours: 72,
    mean: 1_000,
    deviation: 100,
    deviations: 3,
  },
  termed: ['mostIn10m', 'dayCap', 'monthCap', 'speedKmh', 'mostPeers', 'upToDown', 'mean', 'deviation'],
};

const worldOf = ({ termed }: EngineSetting): RuleWorld => ({
  kinds: [use],
  boundSchema: {
    ...{ mccs: 'string-list', peers: 'string-list', swapWindow: 'bool' },
    ...Object.fromEntries(termed.map(name => [name, 'int' as const])),
  },
  measures: [],
  digest: text => createHash('sha256').update(text).digest('hex'),
});

interface Written {
  /** What it is compared with, its edges, and what a first record and a lawful change do. */
  readonly pins: string;
  readonly state?: string;
  readonly given?: readonly string[];
  /** Limits that it is compared with. */
  readonly by?: readonly LimitName[];
  readonly where: string;
  readonly rearm: 'record' | 'day' | 'month';
  /** Minutes after the first, and fields; the last observation fires. */
  readonly fires: readonly string[];
  readonly silent: readonly string[];
}

const volume = (minute: number, up: number, down: number): string =>
  `${minute}, bytesUp: ${up}, bytesDown: ${down}`;
const hasVolume = ['has(observation.bytesUp)', 'has(observation.bytesDown)'];
const upAndDown = (window: string): string =>
  `{ up: { operator: sum, of: observation.bytesUp, window: ${window} }, down: { operator: sum, of: observation.bytesDown, window: ${window} } }`;
const device = '{ device: { operator: change, of: observation.imei, window: 24h, lookBack: 30d } }';

/**
 * The twelve rules of engine.md §4 in the language. For all of them: time is the time of observation, records out of
 * order are judged again in order, days and months are those of the setting's zone, a pane's beginning belongs to it
 * and its end does not, and terms are those in force at the record. `of` gives a limit as it stands in the rule.
 */
function writtenFor(of: (name: LimitName) => string, limits: Limits): Readonly<Record<string, Written>> {
  const { flaps, mostIn10m, dayCap, monthCap, mostPeers, upLeast, upToDown, quietHours } = limits;
  const devices = (changes: number): string[] =>
    Array.from({ length: changes + 1 }, (_, i) => `${i}, imei: "${i % 2}"`);
  const peers = (count: number): string[] => Array.from({ length: count }, (_, i) => `${i}, peer: p${i}`);
  const tenth = (last: number): string[] => [...Array(mostIn10m).fill('0'), String(last)];
  const much = limits.mean + limits.deviations * limits.deviation;
  return {
    'imei-change': {
      pins: 'the last IMEI within 30 days; a first one is no change; a declared swap is lawful and becomes the one compared with',
      state: device,
      where: 'state.device && !(has(bound.swapWindow) && bound.swapWindow)',
      rearm: 'record',
      fires: ['0, imei: "1"', '9, imei: "2"'],
      silent: ['0, imei: "1"', '5', '9, imei: "1"'],
    },
    'imei-flapping': {
      pins: 'changes in the last 24 panes of an hour, the judged one included',
      state: device,
      where: `state.deviceCount > ${of('flaps')}`,
      rearm: 'day',
      fires: devices(flaps + 1),
      silent: [...devices(flaps), `1500, imei: "${(flaps + 1) % 2}"`],
    },
    'mcc-fence': {
      pins: 'the countries agreed for that moment; each record from elsewhere is found',
      given: ['has(observation.mcc)', 'has(bound.mccs)'],
      where: '!(observation.mcc in bound.mccs)',
      rearm: 'record',
      fires: ['0, mcc: "460"', '1, mcc: "452"'],
      silent: ['0, mcc: "460"', '1'],
    },
    'ten-minute-rate': {
      pins: 'records in the minute of the record and the nine before it',
      state: '{ recent: { operator: count, window: 10m } }',
      by: ['mostIn10m'],
      where: `state.recent > ${of('mostIn10m')}`,
      rearm: 'day',
      fires: tenth(9),
      silent: tenth(10),
    },
    'day-cap': {
      pins: 'both directions since local midnight; what one direction does not state adds nothing',
      state: upAndDown('day'),
      by: ['dayCap'],
      where: `state.up + state.down > ${of('dayCap')}`,
      rearm: 'day',
      fires: [`0, bytesUp: ${dayCap}`, '1, bytesDown: 1'],
      silent: [`0, bytesUp: ${dayCap}`, '1440, bytesDown: 1'],
    },
    'month-cap': {
      pins: 'both directions since the first of the local month; found once a month',
      state: upAndDown('month'),
      by: ['monthCap'],
      where: `state.up + state.down > ${of('monthCap')}`,
      rearm: 'month',
      fires: [`0, bytesUp: ${monthCap}`, '5760, bytesDown: 1'],
      silent: [`0, bytesUp: ${monthCap}`, '44640, bytesDown: 1'],
    },
    'impossible-travel': {
      pins: 'the last place within seven days; faster than the limit and farther than its least',
      state:
        '{ moved: { operator: travel, latE6: observation.latE6, lonE6: observation.lonE6, lookBack: 7d } }',
      given: ['has(state.movedM)'],
      by: ['speedKmh'],
      where: `state.movedM > ${of('farM')} && state.movedKmh > ${of('speedKmh')}`,
      rearm: 'record',
      fires: ['0, latE6: 31230416, lonE6: 121473701', '30, latE6: 23129110, lonE6: 113264385'],
      silent: ['0, latE6: 31230416, lonE6: 121473701', '300, latE6: 23129110, lonE6: 113264385'],
    },
    'fan-out': {
      pins: 'different peers in the last hour in panes of five minutes; past what is told apart it is met too',
      state: `{ peers: { operator: distinct, of: observation.peer, window: 1h, cap: ${limits.peersCap} } }`,
      by: ['mostPeers'],
      where: `state.peers > ${of('mostPeers')} || state.peersFull`,
      rearm: 'day',
      fires: peers(mostPeers + 1),
      silent: [...peers(mostPeers), '80, peer: other'],
    },
    destination: {
      pins: 'the peers agreed for that moment; found once a day',
      given: ['has(observation.peer)', 'has(bound.peers)'],
      where: '!(observation.peer in bound.peers)',
      rearm: 'day',
      fires: ['0, peer: home', '1, peer: elsewhere'],
      silent: ['0, peer: home', '1, peer: update', '2'],
    },
    'exfiltration-ratio': {
      pins: 'what went up against what came down since local midnight, from the least on',
      state: upAndDown('day'),
      by: ['upToDown'],
      where: `state.up > ${of('upLeast')} && state.up > state.down * ${of('upToDown')}`,
      rearm: 'day',
      fires: [volume(0, upLeast, 1), volume(1, upToDown, 0)],
      silent: [volume(0, upLeast, Math.ceil((upLeast + 1) / upToDown)), volume(1, 1, 0)],
    },
    'wake-up': {
      pins: 'the record before, no older than 30 days; a first record ends no silence; found at a record that states a device',
      state: `{ quiet: { operator: absence, window: ${of('quietHours')}h, lookBack: 30d } }`,
      given: ['has(observation.imei)'],
      where: 'state.quiet',
      rearm: 'record',
      fires: ['0', `${quietHours * 60 + 1}, imei: "1"`],
      silent: ['0', `${quietHours * 60}, imei: "1"`],
    },
    'z-score': {
      pins: 'the bytes of the record against mean and deviation that the terms state',
      given: hasVolume,
      by: ['mean', 'deviation'],
      where: `observation.bytesUp + observation.bytesDown - ${of('mean')} > ${of('deviation')} * ${of('deviations')}`,
      rearm: 'record',
      fires: ['0', volume(1, much, 1)],
      silent: ['0', volume(1, much, 0)],
    },
  };
}

/** In the order in which whoever judges the same rules counts its hits. */
export const engineRuleIds: readonly string[] = Object.keys(writtenFor(() => '', trialSetting.limits));

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

function textOf(id: string, { zone, limits, termed }: EngineSetting, rule: Written): string {
  const terms = ['mccs: ["460"]', 'peers: [home, update]', ...termed.map(name => `${name}: ${limits[name]}`)];
  const given = [
    ...(rule.given ?? []),
    ...(rule.by ?? []).filter(name => termed.includes(name)).map(name => `has(bound.${name})`),
  ];
  return `# ${rule.pins}
id: ${id}
title: { en: ${id}, zh: 试验 }
status: draft
reads: use
key: subject
zone: ${zone}
severity: low
evidence: { strength: low, refutedBy: { en: nothing, zh: 无 } }
basis: [{ source: engine.md, clause: "§4 the twelve rules" }]
${rule.state === undefined ? '' : `state: ${rule.state}\n`}${given.length === 0 ? '' : `given: "${given.join(' && ')}"\n`}where: "${rule.where}"
rearm: ${rule.rearm}
examples:
  fires:
    - name: fires at the last observation
      bound: { ${terms.join(', ')} }
      observations:
${observed(rule.fires)}      expect: [${rule.fires.length}]
  silent:
    - name: silent
      bound: { ${terms.join(', ')} }
      observations:
${observed(rule.silent)}`;
}

/** The twelve rules as the setting has them, read and proven by their examples; throws what is wrong with one. */
export function engineRules(setting: EngineSetting): Rule[] {
  const { limits, termed } = setting;
  const of = (name: LimitName): string => (termed.includes(name) ? `bound.${name}` : String(limits[name]));
  const world = worldOf(setting);
  return Object.entries(writtenFor(of, limits)).map(([id, rule]) => {
    const check = checkRule(textOf(id, setting, rule), id, world);
    if (check.outcome === 'sound') return check.rule;
    throw new Error(`${id}: ${check.faults.map(each => `${each.path} ${each.message.en}`).join('\n')}`);
  });
}
