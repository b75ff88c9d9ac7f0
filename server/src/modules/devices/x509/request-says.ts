import { DerReader } from '../../../kernel/der/read.ts';
import { isRefusal, Refusal } from '../../../kernel/refusal.ts';
import type { DeviceCode } from '../codes.ts';
import { readPublicKey } from './algorithms.ts';
import { OID } from './extensions.ts';
import { ATTRIBUTE, readName } from './names.ts';

/** What a request whose sender was shown to hold its key asks for besides the key. */
export interface RequestSays {
  /** Values of its subject by attribute; a name of nothing but common names is told by `commonNames`. */
  readonly commonNames: readonly string[];
  readonly hasOtherAttributes: boolean;
  /** The alternative names asked for, each `tag:text`; null where none are. */
  readonly names: readonly string[] | null;
  /** What links it to the channel it came by (RFC 7030 §3.5), or a password somebody wrote into it. */
  readonly challenge: string | null;
}

/** Reads subject and attributes. Refuses `request-unreadable` with the place. */
export function requestSays(der: Uint8Array): RequestSays {
  try {
    const info = new DerReader(der).enter(0x30).enter(0x30);
    info.small();
    const { values } = readName(info);
    readPublicKey(info);
    let names: string[] | null = null;
    let challenge: string | null = null;
    const attributes = info.optional(0xa0);
    if (attributes !== null) {
      const inside = info.inside(attributes);
      while (!inside.isAtEnd) {
        const one = inside.enter(0x30);
        const id = one.oid();
        const held = one.enter(0x31);
        if (id === OID.extensionRequest) names = namesIn(held) ?? names;
        if (id === OID.challengePassword) {
          const value = held.element();
          challenge = Buffer.from(held.contents(value)).toString('latin1').slice(0, 255);
        }
      }
    }
    const commonNames = values.get(ATTRIBUTE.commonName) ?? [];
    const hasOtherAttributes = [...values.keys()].some(each => each !== ATTRIBUTE.commonName);
    return { commonNames, hasOtherAttributes, names, challenge };
  } catch (thrown) {
    if (isRefusal(thrown) && thrown.code === 'der-unreadable')
      throw new Refusal<DeviceCode>('request-unreadable', { detail: thrown.detail });
    throw thrown;
  }
}

const MOST_EXTENSIONS = 32;
const MOST_NAMES = 32;

/** The alternative names among the extensions that are asked for. */
function namesIn(held: DerReader): string[] | null {
  const list = held.enter(0x30);
  for (let count = 0; !list.isAtEnd; count += 1) {
    if (count === MOST_EXTENSIONS) throw list.no('too many extensions');
    const one = list.enter(0x30);
    const id = one.oid();
    if (one.nextTag === 0x01) one.boolean();
    const value = one.octets();
    if (id !== OID.subjectAltName) continue;
    const inside = new DerReader(value).enter(0x30);
    const found: string[] = [];
    while (!inside.isAtEnd) {
      if (found.length === MOST_NAMES) throw inside.no('too many names');
      const name = inside.element();
      found.push(`${name.tag & 0x1f}:${Buffer.from(inside.contents(name)).toString('latin1')}`);
    }
    return found;
  }
  return null;
}
