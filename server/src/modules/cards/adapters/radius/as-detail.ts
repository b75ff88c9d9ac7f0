import type { RecordFormat } from '../../../../spine/observations/format.ts';
import type { Cut } from '../../../../spine/observations/observation.ts';
import type { SourceProfile } from '../../../../spine/observations/source-profile.ts';
import { MESSAGE_AUTHENTICATOR } from './authenticators.ts';
import { nameOf, TYPES, textOf } from './dictionary.ts';
import type { Packet } from './packet.ts';

/** Differ between a packet and the same packet sent again (RFC 2866 §5.2), or are of the way and not of the event. */
const OF_THE_WAY: ReadonlySet<string> = new Set([
  'Acct-Delay-Time',
  `Attr-${TYPES.proxyState}`,
  `Attr-${MESSAGE_AUTHENTICATOR}`,
]);

/** First value of each attribute, by the name a `detail` file gives it. */
export function valuesOf(packet: Packet): Map<string, string> {
  const values = new Map<string, string>();
  for (const attribute of packet.attributes) {
    const name = nameOf(attribute);
    if (!values.has(name)) values.set(name, textOf(attribute));
  }
  return values;
}

export interface Receipt {
  /** The sender's address, which names the server where the packet does not. */
  readonly from: string;
  readonly atMs: number;
}

/**
 * An accounting packet as one record of a `detail` file, read by the format that reads files: live packets and files
 * go one way and give one result (C-25), and what cannot be read lies in quarantine as text a person can mend.
 *
 * The record's own bytes leave out what differs when a NAS sends it again: the delay and the receipt stand in the
 * frame. A retransmission therefore has the digest of what it repeats, however late it comes.
 */
export async function cutOf(
  format: RecordFormat,
  profile: SourceProfile,
  packet: Packet,
  receipt: Receipt,
): Promise<Cut> {
  const own: string[] = [];
  const after: string[] = [];
  let isServerNamed = false;
  for (const attribute of packet.attributes) {
    const name = nameOf(attribute);
    isServerNamed ||= name.startsWith('NAS-I');
    const line = `\t${name} = ${written(textOf(attribute))}`;
    if (name === 'Acct-Delay-Time') after.push(line);
    else if (!OF_THE_WAY.has(name)) own.push(line);
  }
  if (!isServerNamed)
    own.push(`\t${receipt.from.includes(':') ? 'NAS-IPv6-Address' : 'NAS-IP-Address'} = ${receipt.from}`);
  after.push(`\tTimestamp = ${Math.floor(receipt.atMs / 1_000)}`);
  const raw = Buffer.from(own.join('\n'), 'utf8');
  const frame = { before: Buffer.alloc(0), after: Buffer.from(`\n${after.join('\n')}\n\n`, 'utf8') };
  const read = await format.read(once(Buffer.concat([raw, frame.after])), profile).next();
  if (read.done === true) throw new Error('a packet was read as nothing');
  return { ...read.value, raw, frame };
}

async function* once(bytes: Buffer): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** As `detail` writes it: text in quotes, in which what would end a line or the quotes is escaped. */
function written(text: string): string {
  if (/^(?:0x[0-9a-f]*|\d+(?:\.\d+){3}|\d+)$/.test(text)) return text;
  return `"${text.replace(/["\\]/g, '\\$&').replace(/\p{Cc}|[\u2028\u2029]/gu, escaped)}"`;
}

function escaped(character: string): string {
  const code = character.charCodeAt(0);
  return code < 256 ? `\\${code.toString(8).padStart(3, '0')}` : '\\077';
}
