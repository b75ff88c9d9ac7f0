import { BlockList, isIP, isIPv4 } from 'node:net';

/**
 * Networks nobody outside is reached in (RFC 6890 and the IANA registries of special-purpose addresses): this
 * host, private and shared use, link-local with the clouds' metadata, documentation, benchmarks, multicast,
 * reserved; and those whose addresses hold an IPv4 address, which would lead round the list.
 */
const SPECIAL: readonly string[] = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.31.196.0/24',
  '192.52.193.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '192.175.48.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '3fff::/20',
  '5f00::/16',
];
/** Of IPv6 only what is handed out for use in public (RFC 4291 §2.4) is reached at all. */
const PUBLIC_IPV6 = '2000::/3';

const special = listOf(SPECIAL);
const publicIpv6 = listOf([PUBLIC_IPV6]);

/** A network as text, `10.0.0.0/8`; null for anything else. */
export function networkOf(text: string): { address: string; prefix: number; family: 'ipv4' | 'ipv6' } | null {
  const [address = '', size = '', ...rest] = text.split('/');
  const family = isIP(address) === 4 ? 'ipv4' : isIP(address) === 6 ? 'ipv6' : null;
  const prefix = /^\d{1,3}$/.test(size) ? Number(size) : -1;
  if (family === null || rest.length > 0 || prefix < 0 || prefix > (family === 'ipv4' ? 32 : 128))
    return null;
  return { address, prefix, family };
}

/** Says of an address whether a notice may go there. */
export function addressGuard(networks: readonly string[]): (address: string) => boolean {
  const own = listOf(networks);
  return address => {
    const meant = plainAddress(address);
    if (meant === null) return false;
    const family = isIPv4(meant) ? 'ipv4' : 'ipv6';
    if (own.check(meant, family)) return true;
    if (family === 'ipv6' && !publicIpv6.check(meant, 'ipv6')) return false;
    return !special.check(meant, family);
  };
}

/** The IPv4 address of an IPv6 one that only wraps it (`::ffff:127.0.0.1`, `::ffff:7f00:1`); null for no address. */
function plainAddress(address: string): string | null {
  const bare = address
    .replace(/^\[|\]$/g, '')
    .replace(/%.*$/, '')
    .toLowerCase();
  if (isIP(bare) === 0) return null;
  const dotted = /^(?:0*:)+(?:ffff:)?(\d+\.\d+\.\d+\.\d+)$/.exec(bare)?.[1];
  if (dotted !== undefined) return dotted;
  const mapped = /^(?:0*:)+ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(bare);
  if (mapped === null) return bare;
  const [high, low] = [Number.parseInt(mapped[1]!, 16), Number.parseInt(mapped[2]!, 16)];
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

function listOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const text of networks) {
    const network = networkOf(text);
    if (network === null) throw new Error(`no network: ${text}`);
    list.addSubnet(network.address, network.prefix, network.family);
  }
  return list;
}
