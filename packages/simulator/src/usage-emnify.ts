import type { Use } from './model.ts';
import { numberOf } from './usage-own.ts';

const DATA = { id: 5, description: 'Data' } as const;
const SMS = { id: 6, description: 'SMS' } as const;
const SCALE = 1_000_000;

/** Whether the data streamer can tell the record: data or a message, at a stated time, with its own share. */
export function isStreamed(use: Use): boolean {
  return use.session === '' && use.event === 'event' && use.statedMs !== null && use.service !== 'voice';
}

/**
 * One usage record as emnify and 1NCE stream it, on a line of its own
 * (docs.emnify.com/developers/reference/data-streamer). Volumes are megabytes of 10^6 bytes with six decimals.
 *
 * It tells no place, no other side of a message, and no messages counted with data.
 */
export function streamedRecord(use: Use): string {
  const startMs = use.statedMs as number;
  const { card } = use;
  return `${JSON.stringify({
    id: numberOf(use),
    traffic_type: use.service === 'sms' ? SMS : DATA,
    start_timestamp: new Date(startMs).toISOString(),
    end_timestamp: new Date(startMs + Math.max(0, use.durationSeconds) * 1000).toISOString(),
    organisation: { id: 1, name: 'Fleet' },
    endpoint: use.imeisv === '' ? null : { id: card.index, name: card.iccid, imei: use.imeisv },
    sim: { id: card.index, iccid: card.iccid, msisdn: card.msisdn, production_date: null },
    imsi: card.imsi,
    operator: networkOf(use),
    volume: use.service === 'sms' ? messages(use) : volume(use),
  })}\n`;
}

function networkOf({ plmn }: Use) {
  if (plmn === '') return null;
  const country = { mcc: plmn.slice(0, 3), name: null };
  return { id: Number(plmn), name: `Network ${plmn}`, mnc: plmn.slice(3), country };
}

function messages({ direction }: Use) {
  const isToCard = direction === 'mt';
  return {
    total: '1.000000',
    tx: isToCard ? '0.000000' : '1.000000',
    rx: isToCard ? '1.000000' : '0.000000',
  };
}

function volume({ bytesUp, bytesDown }: Use) {
  const [tx, rx] = [megabytes(bytesUp), megabytes(bytesDown)];
  return { total: tx === null || rx === null ? null : megabytes(bytesUp + bytesDown), tx, rx };
}

function megabytes(bytes: number): string | null {
  if (bytes < 0) return null;
  return `${Math.floor(bytes / SCALE)}.${String(bytes % SCALE).padStart(6, '0')}`;
}
