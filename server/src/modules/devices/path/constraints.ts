import { insideOf } from '../../../kernel/der/read.ts';
import { OID } from '../x509/extensions.ts';
import type { ReadCertificate } from '../x509/read-certificate.ts';
import { emailsIn, type GeneralName, generalName, generalNames, partsOf } from './names.ts';

/** Below which names certificates under an authority must lie, and below which they must not (RFC 5280 §4.2.1.10). */
export interface NameConstraints {
  readonly permitted: readonly GeneralName[];
  readonly excluded: readonly GeneralName[];
}

export function readNameConstraints(value: Uint8Array): NameConstraints {
  const reader = insideOf(value);
  const found = { permitted: [] as GeneralName[], excluded: [] as GeneralName[] };
  while (!reader.isAtEnd) {
    const element = reader.element();
    if (element.tag !== 0xa0 && element.tag !== 0xa1) throw reader.no('subtrees of names expected');
    const inside = reader.inside(element);
    const into = element.tag === 0xa0 ? found.permitted : found.excluded;
    while (!inside.isAtEnd) {
      const subtree = inside.enter(0x30);
      into.push(generalName(subtree, subtree.element()));
      // §4.2.1.10: minimum is 0 and maximum absent; whatever else says something that nobody here understands.
      subtree.close();
      if (into.length > MOST_SUBTREES) throw inside.no('too many subtrees of names');
    }
  }
  return found;
}

const MOST_SUBTREES = 256;

/**
 * The first name of a certificate that some constraint does not let through; null where all are. Each authority's
 * permitted subtrees restrict names of their own kind alone, and every authority's hold (§6.1.4 (g)).
 */
export function strangeName(one: ReadCertificate, all: readonly NameConstraints[]): GeneralName | null {
  if (all.length === 0) return null;
  for (const name of namesOf(one))
    for (const { permitted, excluded } of all) {
      const own = permitted.filter(each => each.tag === name.tag);
      if (own.length > 0 && !own.some(each => isBelow(name, each))) return name;
      if (excluded.some(each => each.tag === name.tag && (isBelow(name, each) || mayBeBelow(name, each))))
        return name;
    }
  return null;
}

/** The subject, its mail addresses where no alternative name says any, and the alternative names. */
function namesOf(one: ReadCertificate): GeneralName[] {
  const names = alternativeNames(one);
  const found = [...names];
  if (partsOf(one.subject).length > 0) found.push({ kind: 'directory', tag: 0xa4, value: one.subject });
  if (!names.some(each => each.kind === 'email'))
    for (const email of emailsIn(one.subject))
      found.push({ kind: 'email', tag: 0x81, value: Buffer.from(email, 'latin1') });
  return found;
}

function alternativeNames({ extensions }: ReadCertificate): GeneralName[] {
  const extension = extensions.get(OID.subjectAltName);
  return extension === undefined ? [] : generalNames(insideOf(extension.value));
}

function isBelow(name: GeneralName, base: GeneralName): boolean {
  if (name.kind === 'directory') return isPrefix(partsOf(base.value), partsOf(name.value));
  if (name.kind === 'ip') return isInNetwork(name.value, base.value);
  const [text, of] = [latin1(name.value), latin1(base.value)];
  if (name.kind === 'email') return isMailOf(text, of);
  if (name.kind === 'dns') return isHostBelow(text, of);
  if (name.kind === 'uri') return isHostOf(hostIn(text), of);
  // What a constraint on any other kind means is not known here: nothing is below a permitted one.
  return false;
}

/** Whether a name that cannot be told apart from one below a subtree is to be taken for one, where that is forbidden. */
function mayBeBelow(name: GeneralName, base: GeneralName): boolean {
  if (name.kind === 'other') return true;
  if (name.kind === 'uri') return hostIn(latin1(name.value)) === null;
  const text = latin1(name.value);
  return name.kind === 'dns' && text.startsWith('*.') && isHostBelow(latin1(base.value), text.slice(2));
}

function isPrefix(base: readonly string[], parts: readonly string[]): boolean {
  return base.length <= parts.length && base.every((part, i) => part === parts[i]);
}

/** A mailbox, a host whose mailboxes are meant, or with a dot in front all hosts of a domain. */
function isMailOf(address: string, base: string): boolean {
  const at = address.lastIndexOf('@');
  const host = address.slice(at + 1).toLowerCase();
  if (base.includes('@')) {
    const from = base.lastIndexOf('@');
    return address.slice(0, at) === base.slice(0, from) && host === base.slice(from + 1).toLowerCase();
  }
  return at > 0 && isHostOf(host, base);
}

/** A host by its name, or with a dot in front all of a domain but the domain itself. */
function isHostOf(host: string | null, base: string): boolean {
  if (host === null) return false;
  const wanted = base.toLowerCase();
  return wanted.startsWith('.') ? host.length > wanted.length && host.endsWith(wanted) : host === wanted;
}

/** Names of hosts are below whatever is made of them by adding labels in front. */
function isHostBelow(name: string, base: string): boolean {
  const [host, of] = [name.toLowerCase(), base.toLowerCase()];
  return of === '' || host === of || host.endsWith(of.startsWith('.') ? of : `.${of}`);
}

/** The host of an address, in lower case; null where it names none, or one by its number (§4.2.1.10). */
function hostIn(uri: string): string | null {
  const match = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/(?:[^/?#@]*@)?([^/?#:[\]]+)(?::\d*)?(?:[/?#]|$)/.exec(uri);
  const host = match?.[1]?.toLowerCase() ?? null;
  return host === null || /^[\d.]+$/.test(host) ? null : host;
}

/** The base is an address and a mask, each as long as the address. */
function isInNetwork(address: Uint8Array, base: Uint8Array): boolean {
  if (base.length !== address.length * 2) return false;
  return address.every((byte, i) => {
    const mask = base[address.length + i] as number;
    return (byte & mask) === ((base[i] as number) & mask);
  });
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}
