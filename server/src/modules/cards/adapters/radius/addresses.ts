import { isIP, isIPv6 } from 'node:net';

/** One spelling for each address: an IPv4 address mapped into IPv6 is the IPv4 address (RFC 4291 §2.5.5.2). */
export function addressOf(text: string): string {
  const plain = text.replace(/%.*$/, '').toLowerCase();
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(plain)?.[1];
  if (mapped !== undefined) return mapped;
  return isIPv6(plain) ? new URL(`http://[${plain}]`).hostname.slice(1, -1) : plain;
}

export function isAddress(text: string): boolean {
  return isIP(text) !== 0 && !text.includes('%');
}
