import type { Use } from './model.ts';
import { line } from './usage-file.ts';

/** Whether wireless detail records can tell the use: data at a stated moment, of which a side at least is known. */
export function isDetailed(use: Use): boolean {
  if (use.session !== '' || use.event !== 'event' || use.service !== 'data') return false;
  return use.statedMs !== null && (use.bytesUp >= 0 || use.bytesDown >= 0);
}

/**
 * What Telnyx tells of one use (developers.telnyx.com, "Wireless Detail Records" and "Wireless Connectivity Logs"): the
 * detail record with volumes and network, each volume in the unit that it states, and, where a device is known, the entry
 * of the log that names it.
 *
 * Since the device and the length stand in different records, what needs both together cannot be seen. No place and no
 * messages are told, and nothing of a flow.
 */
export function telnyxRecords(use: Use): readonly string[] {
  const detail = line(detailOf(use));
  return use.imeisv === '' ? [detail] : [detail, line(logged(use))];
}

function detailOf(use: Use) {
  const { card, plmn } = use;
  return {
    id: `wdr-${use.id}`,
    record_type: 'wdr',
    sim_card_id: `00000000-0000-4000-8000-${String(card.index).padStart(12, '0')}`,
    imsi: card.imsi,
    created_at: stamp(use),
    ...(use.durationSeconds < 0 ? {} : { duration_seconds: use.durationSeconds }),
    ...(plmn === '' ? {} : { mcc: plmn.slice(0, 3), mnc: plmn.slice(3) }),
    uplink_data: amountOf(use.bytesUp),
    downlink_data: amountOf(use.bytesDown),
    cost: { amount: '0.00', currency: 'USD' },
  };
}

function logged(use: Use) {
  return {
    id: `log-${use.id}`,
    record_type: 'wireless_connectivity_log',
    sim_card_id: `00000000-0000-4000-8000-${String(use.card.index).padStart(12, '0')}`,
    imsi: use.card.imsi,
    imei: use.imeisv,
    apn: 'data00.telnyx',
    log_type: 'data',
    last_seen: stamp(use),
  };
}

const stamp = (use: Use): string => new Date(use.statedMs as number).toISOString();

/** Bytes below a thousand, thousands of them below a million, millions above; exact in decimals. */
function amountOf(bytes: number): { readonly amount: string; readonly unit: string } | null {
  if (bytes < 0) return null;
  if (bytes < 1_000) return { amount: String(bytes), unit: 'B' };
  const [unit, size] = bytes < 1_000_000 ? (['KB', 1_000] as const) : (['MB', 1_000_000] as const);
  const places = String(size).length - 1;
  return { amount: `${Math.floor(bytes / size)}.${String(bytes % size).padStart(places, '0')}`, unit };
}
