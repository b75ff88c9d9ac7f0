import { degreesE6 } from '../formats/csv-place.ts';
import { exactly } from '../formats/decimal.ts';
import { type Cells, refuse } from './cells.ts';

/** Columns of which a restriction is made; cards and contracts share them. */
export const RESTRICTION_COLUMNS = [
  'class',
  'scenario',
  'device_type',
  'cap_mb',
  'cap_bytes',
  'cap_window',
  'regions',
  'imeis',
  'tacs',
  'sms',
  'voice',
  'handset',
  'burst_mb',
  'dormant_days',
  'speed_kmh',
  'service_peers',
  'duplicate_imeis',
  'destinations',
  'voice_peers',
  'sms_peers',
  'areas',
  'sensitive_areas',
  'fence_latitude',
  'fence_longitude',
  'fence_radius_m',
  'class_tacs',
  'sms_per_day',
  'sms_peers_per_day',
  'imeis_per_card',
  'attaches_per_hour',
  'sim_box_calls',
  'sim_box_minutes',
  'outgoing_calls',
  'cards_per_cell',
  'handsets_per_account',
  'stale_session_minutes',
  'zone',
] as const;

/** The body of a `restriction` fact out of a row, empty when the row restricts nothing. 1 MB is 10^6 bytes. */
export function restrictionOf(cells: Cells): Record<string, unknown> {
  return {
    ...texts(cells),
    ...cap(cells),
    ...regions(cells),
    ...devices(cells),
    ...allowed(cells),
    ...thresholds(cells),
    ...exemptions(cells),
    ...reach(cells),
    ...fence(cells),
  };
}

function texts(cells: Cells): Record<string, string> {
  return cells.attributes({ class: 'class', scenario: 'scenario', zone: 'zone' });
}

function cap(cells: Cells): Record<string, unknown> {
  const megabytes = cells.get('cap_mb');
  const bytes = cells.get('cap_bytes');
  if (megabytes !== undefined && bytes !== undefined) return refuse('cap_bytes', 'stated beside cap_mb');
  const column = megabytes === undefined ? 'cap_bytes' : 'cap_mb';
  const text = megabytes ?? bytes;
  const window = cells.get('cap_window')?.toLowerCase();
  if (window !== undefined && window !== 'month' && window !== 'day')
    refuse('cap_window', 'neither month nor day');
  if (text === undefined) return window === undefined ? {} : refuse('cap_window', 'without a cap');
  const read = exactly(text, megabytes === undefined ? 1n : 1_000_000n);
  if ('fault' in read) return refuse(column, read.fault);
  return { capBytes: read.value, capWindow: window ?? 'month' };
}

/** Countries by MCC and networks by PLMN. Networks alone mean those networks only: the list of countries is then empty. */
function regions(cells: Cells): Record<string, unknown> {
  const items = cells.list('regions');
  if (items.length === 0) return {};
  const wrong = items.find(item => !/^(\d{3}|\d{5,6})$/.test(item));
  if (wrong !== undefined) refuse('regions', `neither MCC nor PLMN (${wrong.slice(0, 40)})`);
  const plmns = items.filter(item => item.length > 3);
  return { mccs: items.filter(item => item.length === 3), ...(plmns.length > 0 ? { plmns } : {}) };
}

function devices(cells: Cells): Record<string, unknown> {
  const imeis = cells.imeis('imeis');
  const tacs = tacsIn(cells, 'tacs');
  const classTacs = tacsIn(cells, 'class_tacs');
  return {
    ...(imeis.length > 0 ? { imeis } : {}),
    ...(tacs.length > 0 ? { tacs } : {}),
    ...(classTacs.length > 0 ? { classTacs } : {}),
  };
}

function tacsIn(cells: Cells, column: string): string[] {
  const tacs = cells.list(column);
  const wrong = tacs.find(tac => !/^\d{8}$/.test(tac));
  return wrong === undefined ? tacs : refuse(column, `not eight digits (${wrong.slice(0, 40)})`);
}

function allowed(cells: Cells): Record<string, unknown> {
  const sms = cells.yesOrNo('sms');
  const voice = cells.yesOrNo('voice');
  const handset = cells.yesOrNo('handset');
  return {
    ...(sms === undefined ? {} : { smsAllowed: sms }),
    ...(voice === undefined ? {} : { voiceAllowed: voice }),
    ...(handset === undefined ? {} : { handsetAllowed: handset }),
  };
}

/** Figures that go before those usual for the card's class. */
function thresholds(cells: Cells): Record<string, number> {
  const found: Record<string, number> = {};
  const figures = [
    ['burstBytes', 'burst_mb', 1_000_000n],
    ['dormantDays', 'dormant_days', 1n],
    ['speedKmh', 'speed_kmh', 1n],
    ['smsPerDay', 'sms_per_day', 1n],
    ['smsPeersPerDay', 'sms_peers_per_day', 1n],
    ['imeisPerCard', 'imeis_per_card', 1n],
    ['attachesPerHour', 'attaches_per_hour', 1n],
    ['simBoxCalls', 'sim_box_calls', 1n],
    ['simBoxSeconds', 'sim_box_minutes', 60n],
    ['outgoingCalls', 'outgoing_calls', 1n],
    ['cardsPerCell', 'cards_per_cell', 1n],
    ['handsetsPerAccount', 'handsets_per_account', 1n],
    ['staleSessionMs', 'stale_session_minutes', 60_000n],
  ] as const;
  for (const [term, column, factor] of figures) {
    const text = cells.get(column);
    if (text === undefined) continue;
    const read = exactly(text, factor);
    if ('fault' in read) return refuse(column, read.fault);
    found[term] = read.value;
  }
  return found;
}

function exemptions(cells: Cells): Record<string, readonly string[]> {
  const peers = cells.list('service_peers');
  const duplicates = cells.imeis('duplicate_imeis');
  return {
    ...(peers.length > 0 ? { servicePeers: peers } : {}),
    ...(duplicates.length > 0 ? { duplicateImeis: duplicates } : {}),
  };
}

/** What a card may reach: hosts, numbers and districts. */
function reach(cells: Cells): Record<string, readonly string[]> {
  const found: Record<string, readonly string[]> = {};
  const lists = [
    ['destinations', 'destinations'],
    ['voicePeers', 'voice_peers'],
    ['smsPeers', 'sms_peers'],
    ['areas', 'areas'],
    ['sensitiveAreas', 'sensitive_areas'],
  ] as const;
  for (const [term, column] of lists) {
    const items = cells.list(column);
    if (items.length > 0) found[term] = term === 'destinations' ? items.map(lowerHost) : items;
  }
  return found;
}

function lowerHost(host: string): string {
  return host.toLowerCase().replace(/^\*?\./, '');
}

/** A circle: its middle in decimal degrees (WGS 84) and its radius, all three or none (CAMARA AREALIMIT: 1–200,000 m). */
function fence(cells: Cells): Record<string, number> {
  const columns = ['fence_latitude', 'fence_longitude', 'fence_radius_m'] as const;
  const [lat, lon, radius] = columns.map(column => cells.get(column));
  if (lat === undefined && lon === undefined && radius === undefined) return {};
  const latE6 = degreesE6(lat ?? '', 90);
  const lonE6 = degreesE6(lon ?? '', 180);
  if (latE6 === null) return refuse('fence_latitude', 'no degrees from -90 to 90');
  if (lonE6 === null) return refuse('fence_longitude', 'no degrees from -180 to 180');
  const metres = Number(radius);
  if (!/^\d{1,6}$/.test(radius ?? '') || metres < 1 || metres > 200_000)
    return refuse('fence_radius_m', 'no whole number from 1 to 200000');
  return { fenceLatE6: latE6, fenceLonE6: lonE6, fenceRadiusM: metres };
}
