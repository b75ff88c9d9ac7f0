import type { FieldType, Terms } from '../../spine/contribution.ts';

/**
 * Terms that bind a card, as rules see them under `bound` (cards.md §6.1). A term nobody stated is absent.
 *
 * `mccs` are the countries agreed; with `plmns` beside them, networks that are allowed wherever they are. An
 * empty `mccs` with `plmns` means those networks only. `imeis` are 14-digit keys.
 *
 * From `burstBytes` on the terms are mostly usual ones of a class: the volume in 24 hours that is a burst, days
 * of silence after which waking is remarkable, the speed and distance a device of the class never reaches,
 * how many cards in one device are too many, whether its devices fly (or sail) far between two records,
 * rest for a season, or stand on a test bench. `duplicateImeis` are IMEIs a factory gave out more than once.
 * `servicePeers` are numbers of the operator's own messages and calls.
 *
 * `destinations` are the hosts a card may reach (each with what lies under it), `voicePeers` and `smsPeers` the
 * numbers it may speak and write with. `areas` are the districts it may be used in and `sensitiveAreas` those where
 * use is reported, both by the beginning of a code; `fence*` a circle, its east–west scale (the cosine of its latitude × 1000)
 * following from its latitude. `humanHosts` and `humanApps` are what people use and things do not; `sharedHosts`,
 * `resolverHosts` and `probeHosts` are delivery networks, resolvers of names and probes, which both use.
 *
 * `classTacs` are types of device seen in cards of the class. Counts are thresholds: `smsPerDay`, `smsPeersPerDay`,
 * `imeisPerCard`, `attachesPerHour`, `lockBreaches`, `simBoxCalls` and `simBoxSeconds` a month, `outgoingCalls` in three
 * hours, `cardsPerCell`, `handsetsPerAccount`; `staleSessionMs` is how long a network holds a session that ended unsaid.
 * `homePrefix` begins numbers of the own country. `outage` is a declared outage of the network.
 *
 * `contract` is the reference of the contract the terms come from, `contractEnded` that it is over: it allows nothing
 * then. `apns` are the access points the card may use, `generalData` that it may reach any host. `lapsed` is a
 * re-inspection that was not passed in time.
 */
export const boundSchema = {
  imeis: 'string-list',
  imeiPool: 'string',
  tacs: 'string-list',
  mccs: 'string-list',
  plmns: 'string-list',
  capBytes: 'int',
  capWindow: 'string',
  smsAllowed: 'bool',
  voiceAllowed: 'bool',
  handsetAllowed: 'bool',
  swapWindow: 'bool',
  campaign: 'bool',
  class: 'string',
  scenario: 'string',
  zone: 'string',
  burstBytes: 'int',
  dormantDays: 'int',
  speedKmh: 'int',
  travelMinM: 'int',
  cardsPerImei: 'int',
  mayFly: 'bool',
  seasonal: 'bool',
  testBench: 'bool',
  duplicateImeis: 'string-list',
  servicePeers: 'string-list',
  emergencyPeers: 'string-list',
  destinations: 'string-list',
  voicePeers: 'string-list',
  smsPeers: 'string-list',
  areas: 'string-list',
  sensitiveAreas: 'string-list',
  fenceLatE6: 'int',
  fenceLonE6: 'int',
  fenceRadiusM: 'int',
  fenceScale: 'int',
  humanHosts: 'string-list',
  humanApps: 'string-list',
  sharedHosts: 'string-list',
  resolverHosts: 'string-list',
  probeHosts: 'string-list',
  classTacs: 'string-list',
  smsPerDay: 'int',
  smsPeersPerDay: 'int',
  imeisPerCard: 'int',
  attachesPerHour: 'int',
  lockBreaches: 'int',
  simBoxCalls: 'int',
  simBoxSeconds: 'int',
  outgoingCalls: 'int',
  cardsPerCell: 'int',
  handsetsPerAccount: 'int',
  staleSessionMs: 'int',
  homePrefix: 'string',
  outage: 'bool',
  contract: 'string',
  contractEnded: 'bool',
  apns: 'string-list',
  generalData: 'bool',
  lapsed: 'bool',
} as const satisfies Record<string, FieldType>;

export type TermValue = string | number | boolean | readonly string[];

/** Terms that are not stated but follow from facts of their own. */
const DERIVED = new Set(['swapWindow', 'campaign', 'outage', 'fenceScale']);

/** The terms of a body that have the type the schema says; what else it holds is passed over. */
export function statedTerms(body: Readonly<Record<string, unknown>>): Record<string, TermValue> & Terms {
  const terms: Record<string, TermValue> = {};
  for (const [name, type] of Object.entries(boundSchema)) {
    const value = body[name];
    if (!DERIVED.has(name) && hasType(value, type)) terms[name] = value;
  }
  return terms;
}

function hasType(value: unknown, type: FieldType): value is TermValue {
  if (type === 'string-list') return Array.isArray(value) && value.every(item => typeof item === 'string');
  if (type === 'int') return typeof value === 'number' && Number.isSafeInteger(value);
  return typeof value === (type === 'bool' ? 'boolean' : 'string');
}
