import { deviceKey } from './devices.ts';
import type { Row, SimulatedCard, TableName } from './model.ts';
import type { Plan } from './plan.ts';

/** The tables in the order in which they are to be imported, each with its columns. */
export const TABLES: Readonly<Record<TableName, readonly string[]>> = {
  contracts: ['contract', 'class', 'regions', 'cap_bytes', 'cap_window'],
  cards: [
    'iccid',
    'imsi',
    'msisdn',
    'class',
    'contract',
    'regions',
    'tacs',
    'sms',
    'handset',
    'dormant_days',
    'service_peers',
    'duplicate_imeis',
    'voice',
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
  ],
  bindings: ['iccid', 'imei'],
  pools: ['pool', 'imeis', 'iccid'],
  'swap-windows': ['iccid', 'from', 'to'],
  campaigns: ['contract', 'iccid', 'from', 'to', 'reason'],
  outages: ['contract', 'iccid', 'from', 'to', 'reason'],
};

/** Share of the innocent cards of every ten that are bound to their device, and that are bound to a pool of it. */
const BOUND = 5;
const POOLED = 6;

export interface Register {
  readonly table: TableName;
  readonly row: Row;
}

/** Every row of every table; contracts come with the first card that stands under them. */
export function* registersOf(plan: Plan, cards: readonly SimulatedCard[]): Generator<Register> {
  const contracts = new Set<string>();
  for (const card of cards) {
    const contract = contractOf(card);
    if (!contracts.has(contract)) {
      contracts.add(contract);
      yield { table: 'contracts', row: contractRow(card, contract) };
    }
    yield { table: 'cards', row: cardRow(plan, card, contract) };
    for (const [table, rows] of Object.entries(rowsOf(plan, card)))
      for (const row of rows) yield { table: table as TableName, row };
  }
}

function contractOf(card: SimulatedCard): string {
  return `${card.profile.id}-${card.contract}`;
}

function contractRow(card: SimulatedCard, contract: string): Row {
  const capBytes = card.contract === 'day' ? card.dayCapBytes : card.capBytes;
  const cap = card.contract === 'open' ? {} : { cap_bytes: String(capBytes), cap_window: card.contract };
  return { contract, class: card.profile.id, regions: '460', ...cap };
}

function cardRow(plan: Plan, card: SimulatedCard, contract: string): Row {
  const { iccid, imsi, msisdn } = card;
  return { iccid, imsi, msisdn, class: card.profile.id, contract, ...card.script?.own(card, plan) };
}

function rowsOf(plan: Plan, card: SimulatedCard): Partial<Record<TableName, readonly Row[]>> {
  if (card.script !== null) return card.script.rows(card, plan);
  const tenth = card.index % 10;
  if (tenth < BOUND) return { bindings: [{ iccid: card.iccid, imei: card.imeisv }] };
  if (tenth >= POOLED) return {};
  const pool = `pool-${deviceKey(card.imeisv)}`;
  return { pools: [{ pool, imeis: deviceKey(card.imeisv), iccid: card.iccid }] };
}
