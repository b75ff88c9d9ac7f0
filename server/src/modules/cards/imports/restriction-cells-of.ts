type Body = Readonly<Record<string, unknown>>;

/** Terms of a restriction that a table tells divided by a unit. */
const SCALED: readonly (readonly [term: string, column: string, unit: number])[] = [
  ['capBytes', 'cap_bytes', 1],
  ['burstBytes', 'burst_mb', 1_000_000],
  ['dormantDays', 'dormant_days', 1],
  ['speedKmh', 'speed_kmh', 1],
  ['smsPerDay', 'sms_per_day', 1],
  ['smsPeersPerDay', 'sms_peers_per_day', 1],
  ['imeisPerCard', 'imeis_per_card', 1],
  ['attachesPerHour', 'attaches_per_hour', 1],
  ['simBoxCalls', 'sim_box_calls', 1],
  ['simBoxSeconds', 'sim_box_minutes', 60],
  ['outgoingCalls', 'outgoing_calls', 1],
  ['cardsPerCell', 'cards_per_cell', 1],
  ['handsetsPerAccount', 'handsets_per_account', 1],
  ['staleSessionMs', 'stale_session_minutes', 60_000],
  ['fenceLatE6', 'fence_latitude', 1_000_000],
  ['fenceLonE6', 'fence_longitude', 1_000_000],
  ['fenceRadiusM', 'fence_radius_m', 1],
];
const TEXTS = { class: 'class', scenario: 'scenario', zone: 'zone', capWindow: 'cap_window' } as const;
const YES_OR_NO = { smsAllowed: 'sms', voiceAllowed: 'voice', handsetAllowed: 'handset' } as const;
const LISTS = {
  imeis: 'imeis',
  tacs: 'tacs',
  classTacs: 'class_tacs',
  servicePeers: 'service_peers',
  duplicateImeis: 'duplicate_imeis',
  destinations: 'destinations',
  voicePeers: 'voice_peers',
  smsPeers: 'sms_peers',
  areas: 'areas',
  sensitiveAreas: 'sensitive_areas',
} as const;

/** The cells of which `restrictionOf` makes the same body again. */
export function restrictionCells(body: Body): Record<string, string> {
  const cells: Record<string, string> = {};
  for (const [term, column] of Object.entries(TEXTS)) {
    const value = body[term];
    if (typeof value === 'string') cells[column] = value;
  }
  for (const [term, column] of Object.entries(YES_OR_NO)) {
    const value = body[term];
    if (typeof value === 'boolean') cells[column] = value ? 'yes' : 'no';
  }
  for (const [term, column] of Object.entries(LISTS)) {
    const items = listOf(body[term]);
    if (items.length > 0) cells[column] = items.join(' ');
  }
  const regions = [...listOf(body['mccs']), ...listOf(body['plmns'])];
  if (regions.length > 0) cells['regions'] = regions.join(' ');
  for (const [term, column, unit] of SCALED) {
    const value = body[term];
    if (typeof value === 'number') cells[column] = quotient(value, unit);
  }
  return cells;
}

function listOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter(item => typeof item === 'string') : [];
}

/** A whole number divided by a unit, exactly: sixtieths that have no end are given as they come, in whole units of the table. */
function quotient(value: number, unit: number): string {
  if (value % unit === 0) return String(value / unit);
  const sign = value < 0 ? '-' : '';
  const size = Math.abs(value);
  const fraction = String(Math.round(((size % unit) / unit) * 1e6)).padStart(6, '0');
  return `${sign}${Math.floor(size / unit)}.${fraction.replace(/0+$/, '')}`;
}
