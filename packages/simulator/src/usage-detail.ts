import type { Use } from './model.ts';

const NAS = 'ggsn-01';
const STATUS: Readonly<Record<string, string>> = { start: 'Start', interim: 'Interim-Update', stop: 'Stop' };
const WORD = 2 ** 32;

/** Whether RADIUS accounting can tell the record: a session's running totals, at a stated time, of no place. */
export function isAccounting(use: Use): boolean {
  return use.session !== '' && use.statedMs !== null && STATUS[use.event] !== undefined;
}

/**
 * One record as FreeRADIUS 3 writes it to its `detail` file (RFC 2866, 3GPP TS 29.061 §16.4.7). A server that
 * tells no gigawords counts in 32 bits, so those are left out where they are nothing (RFC 2869 §5.1).
 */
export function detailRecord(use: Use): string {
  const ms = use.statedMs as number;
  const seconds = Math.floor(ms / 1000);
  const lines = [
    `Acct-Status-Type = ${STATUS[use.event]}`,
    `Acct-Session-Id = "${use.session}"`,
    `NAS-Identifier = "${NAS}"`,
    `3GPP-IMSI = "${use.card.imsi}"`,
    `Calling-Station-Id = "${use.card.msisdn}"`,
    ...(use.imeisv === '' ? [] : [`3GPP-IMEISV = "${use.imeisv}"`]),
    ...(use.plmn === '' ? [] : [`3GPP-SGSN-MCC-MNC = "${use.plmn}"`]),
    ...octets('Input', use.bytesUp),
    ...octets('Output', use.bytesDown),
    ...(use.durationSeconds < 0 ? [] : [`Acct-Session-Time = ${use.durationSeconds}`]),
    `Event-Timestamp = "${new Date(ms)
      .toUTCString()
      .slice(5, 25)
      .replace(/^(\d+) (\w+) (\d+)/, '$2 $1 $3')} UTC"`,
    `Timestamp = ${seconds}`,
  ];
  return `${dateLine(ms)}\n${lines.map(line => `\t${line}\n`).join('')}\n`;
}

function octets(side: 'Input' | 'Output', bytes: number): string[] {
  if (bytes < 0) return [];
  const high = Math.floor(bytes / WORD);
  return [
    `Acct-${side}-Octets = ${bytes % WORD}`,
    ...(high === 0 ? [] : [`Acct-${side}-Gigawords = ${high}`]),
  ];
}

/** `Tue Sep  1 08:00:00 2026`, as the C library's ctime writes it, in UTC. */
function dateLine(ms: number): string {
  const [weekday = '', day = '', month = '', year = '', time = ''] = new Date(ms)
    .toUTCString()
    .replace(',', '')
    .split(' ');
  return `${weekday} ${month} ${String(Number(day)).padStart(2, ' ')} ${time} ${year}`;
}
