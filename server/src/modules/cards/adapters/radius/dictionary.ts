import { isIPv4 } from 'node:net';
import type { Attribute } from './packet.ts';

/** 3GPP's number as a vendor (3GPP TS 29.061 §16.4.7.2). */
export const VENDOR_3GPP = 10_415;

/** Attributes without a vendor that are named in this room's code. */
export const TYPES = {
  userName: 1,
  nasIpAddress: 4,
  framedIpAddress: 8,
  replyMessage: 18,
  calledStationId: 30,
  callingStationId: 31,
  nasIdentifier: 32,
  proxyState: 33,
  acctStatusType: 40,
  acctDelayTime: 41,
  acctSessionId: 44,
  eventTimestamp: 55,
  nasIpv6Address: 95,
  errorCause: 101,
} as const;

type Kind = 'text' | 'number' | 'byte' | 'ipv4' | 'ipv6' | 'octets' | 'status';

/** RFC 2865 §5, RFC 2866 §5, RFC 2869 §5, RFC 3162 §2: what accounting is made of. */
const STANDARD: ReadonlyMap<number, readonly [name: string, kind: Kind]> = new Map([
  [1, ['User-Name', 'text']],
  [4, ['NAS-IP-Address', 'ipv4']],
  [5, ['NAS-Port', 'number']],
  [8, ['Framed-IP-Address', 'ipv4']],
  [11, ['Filter-Id', 'text']],
  [18, ['Reply-Message', 'text']],
  [25, ['Class', 'octets']],
  [30, ['Called-Station-Id', 'text']],
  [31, ['Calling-Station-Id', 'text']],
  [32, ['NAS-Identifier', 'text']],
  [40, ['Acct-Status-Type', 'status']],
  [41, ['Acct-Delay-Time', 'number']],
  [42, ['Acct-Input-Octets', 'number']],
  [43, ['Acct-Output-Octets', 'number']],
  [44, ['Acct-Session-Id', 'text']],
  [45, ['Acct-Authentic', 'number']],
  [46, ['Acct-Session-Time', 'number']],
  [47, ['Acct-Input-Packets', 'number']],
  [48, ['Acct-Output-Packets', 'number']],
  [49, ['Acct-Terminate-Cause', 'number']],
  [50, ['Acct-Multi-Session-Id', 'text']],
  [52, ['Acct-Input-Gigawords', 'number']],
  [53, ['Acct-Output-Gigawords', 'number']],
  [55, ['Event-Timestamp', 'number']],
  [61, ['NAS-Port-Type', 'number']],
  [95, ['NAS-IPv6-Address', 'ipv6']],
]);

/** 3GPP TS 29.061 §16.4.7.2. */
const THREE_GPP: ReadonlyMap<number, readonly [name: string, kind: Kind]> = new Map([
  [1, ['3GPP-IMSI', 'text']],
  [2, ['3GPP-Charging-ID', 'number']],
  [5, ['3GPP-GPRS-Negotiated-QoS-profile', 'text']],
  [8, ['3GPP-IMSI-MCC-MNC', 'text']],
  [9, ['3GPP-GGSN-MCC-MNC', 'text']],
  [10, ['3GPP-NSAPI', 'text']],
  [12, ['3GPP-Selection-Mode', 'text']],
  [13, ['3GPP-Charging-Characteristics', 'text']],
  [18, ['3GPP-SGSN-MCC-MNC', 'text']],
  [20, ['3GPP-IMEISV', 'text']],
  [21, ['3GPP-RAT-Type', 'byte']],
  [22, ['3GPP-User-Location-Info', 'octets']],
  [23, ['3GPP-MS-Time-Zone', 'octets']],
]);

/** RFC 2866 §5.1; a number not listed is told as a number. */
const STATUSES: Readonly<Record<number, string>> = {
  1: 'Start',
  2: 'Stop',
  3: 'Interim-Update',
  7: 'Accounting-On',
  8: 'Accounting-Off',
};

/** The attribute's name; one that is not listed is named by its numbers, as FreeRADIUS does. */
export function nameOf({ type, vendor }: Attribute): string {
  if (vendor === undefined) return STANDARD.get(type)?.[0] ?? `Attr-${type}`;
  const known = vendor === VENDOR_3GPP ? THREE_GPP.get(type)?.[0] : undefined;
  return known ?? `Attr-26.${vendor}.${type}`;
}

/** The value as a `detail` file would show it, without quotes; octets, and what has not its kind's length, as `0x…`. */
export function textOf({ type, vendor, value }: Attribute): string {
  const table = vendor === undefined ? STANDARD : vendor === VENDOR_3GPP ? THREE_GPP : undefined;
  switch (table?.get(type)?.[1]) {
    case 'text':
      return value.toString('utf8');
    case 'number':
      return value.length === 4 ? String(value.readUInt32BE()) : hex(value);
    case 'status':
      return value.length === 4
        ? (STATUSES[value.readUInt32BE()] ?? String(value.readUInt32BE()))
        : hex(value);
    case 'byte':
      return value.length === 1 ? String(value.readUInt8()) : hex(value);
    case 'ipv4':
      return value.length === 4 ? value.join('.') : hex(value);
    case 'ipv6':
      return value.length === 16 ? ipv6Text(value) : hex(value);
    default:
      return hex(value);
  }
}

function hex(value: Buffer): string {
  return `0x${value.toString('hex')}`;
}

/** RFC 5952, by the platform's own URL parser. */
function ipv6Text(value: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, i) => value.readUInt16BE(i * 2).toString(16));
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}

/** Four bytes of an IPv4 address. Throws a RangeError for another text. */
export function ipv4Bytes(text: string): Buffer {
  if (!isIPv4(text)) throw new RangeError('no IPv4 address');
  return Buffer.from(text.split('.').map(Number));
}
