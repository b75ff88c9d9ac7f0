import type { Use } from './model.ts';
import { number32 } from './numbers.ts';

/** The head of the file that Osmocom's SGSN writes its call data records to. */
export const OSMO_HEADER =
  'timestamp,imsi,imei,msisdn,cell_id,lac,hlr,event,pdp_duration,ggsn_addr,sgsn_addr,apni,eua_addr,vol_in,vol_out,charging_id\n';

const EVENTS: Readonly<Record<string, string>> = {
  start: 'pdp-act',
  interim: 'pdp-periodic',
  stop: 'pdp-deact',
};
const [GATEWAY, NODE, HLR] = ['192.0.2.10', '192.0.2.20', 'hlr-1'];

/** Whether an SGSN can tell the record: a context's running totals, at a stated time, of no place. */
export function isContext(use: Use): boolean {
  return use.session !== '' && use.statedMs !== null && EVENTS[use.event] !== undefined;
}

/**
 * One record of a packet data context (osmo-sgsn user manual, "CDR configuration"), with a charging id of 32 bits. It tells neither the network,
 * which is the writer's own, nor the software version of the device.
 */
export function osmoRecord(use: Use): string {
  const time = new Date(use.statedMs as number).toISOString().replace(/\D/g, '');
  const imei = use.imeisv === '' ? 'N/A' : use.imeisv.slice(0, 14);
  const head = `${time},${use.card.imsi},${imei},${use.card.msisdn},-1,-1,${HLR},${EVENTS[use.event]}`;
  const seconds = Math.max(0, use.durationSeconds);
  const totals = `${Math.max(0, use.bytesUp)},${Math.max(0, use.bytesDown)},${number32(use.session)}`;
  return `${head},${seconds},${GATEWAY},${NODE},iot.example,198.51.100.1,${totals}\n`;
}
