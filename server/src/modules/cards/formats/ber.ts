/**
 * A bounded reader of the Basic Encoding Rules (ITU-T X.690 §8). It believes no length it has not checked:
 * every read is confined to its parent, depth is limited, and a fault is a value, never an exception.
 */
export const MAX_DEPTH = 32;

export type TagClass = 'universal' | 'application' | 'context' | 'private';

/** One decoded element; `children` when constructed, `content` when primitive. */
export interface BerNode {
  readonly tagClass: TagClass;
  readonly tag: number;
  readonly content: Uint8Array;
  readonly children: readonly BerNode[] | null;
}

export type BerFault =
  | 'need-more'
  | 'tag-too-long'
  | 'length-too-long'
  | 'length-reserved'
  | 'length-beyond-parent'
  | 'indefinite-primitive'
  | 'too-deep'
  | 'end-of-contents-misplaced';

export interface BerHead {
  readonly tagClass: TagClass;
  readonly tag: number;
  readonly isConstructed: boolean;
  /** Octets of identifier and length. */
  readonly headBytes: number;
  /** Octets of content; null for the indefinite form. */
  readonly length: number | null;
}

export type Faulty = { readonly fault: BerFault };

const CLASSES: readonly TagClass[] = ['universal', 'application', 'context', 'private'];

/** Identifier and length octets at `at` (X.690 §8.1.2, §8.1.3). Tags up to 2^28, lengths up to 2^48. */
export function readHead(bytes: Uint8Array, at: number, end: number): BerHead | Faulty {
  let cursor = at;
  const first = bytes[cursor++];
  if (first === undefined || cursor > end) return { fault: 'need-more' };
  let tag = first & 0x1f;
  if (tag === 0x1f) {
    tag = 0;
    for (let octets = 0; ; octets++) {
      if (octets === 4) return { fault: 'tag-too-long' };
      if (cursor >= end) return { fault: 'need-more' };
      const octet = bytes[cursor++] as number;
      tag = tag * 128 + (octet & 0x7f);
      if (octet < 0x80) break;
    }
  }
  if (cursor >= end) return { fault: 'need-more' };
  const tagClass = CLASSES[first >> 6] as TagClass;
  const isConstructed = (first & 0x20) !== 0;
  const lead = bytes[cursor++] as number;
  const head = (length: number | null): BerHead => ({
    tagClass,
    tag,
    isConstructed,
    headBytes: cursor - at,
    length,
  });
  if (lead < 0x80) return head(lead);
  if (lead === 0x80) return isConstructed ? head(null) : { fault: 'indefinite-primitive' };
  if (lead === 0xff) return { fault: 'length-reserved' };
  let length = 0;
  for (let left = lead & 0x7f; left > 0; left--) {
    if (cursor >= end) return { fault: 'need-more' };
    length = length * 256 + (bytes[cursor++] as number);
    if (length >= 2 ** 48) return { fault: 'length-too-long' };
  }
  return head(length);
}

/** Whether the two octets at `at` end an indefinite length (X.690 §8.1.5). */
export function isEndOfContents(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === 0 && bytes[at + 1] === 0;
}

/** Octets of the whole element at `at`, end-of-contents included; `need-more` when they are not all here. */
export function measure(bytes: Uint8Array, at: number, end: number, depth = 0): number | Faulty {
  if (depth > MAX_DEPTH) return { fault: 'too-deep' };
  const head = readHead(bytes, at, end);
  if ('fault' in head) return head;
  const start = at + head.headBytes;
  if (head.length !== null) {
    return start + head.length > end ? { fault: 'need-more' } : head.headBytes + head.length;
  }
  let cursor = start;
  for (;;) {
    if (cursor + 2 > end) return { fault: 'need-more' };
    if (isEndOfContents(bytes, cursor)) return cursor + 2 - at;
    const inner = measure(bytes, cursor, end, depth + 1);
    if (typeof inner !== 'number') return inner;
    cursor += inner;
  }
}

/** Decodes the element at `at`, whose octets must all be here and lie before `end`. */
export function decode(
  bytes: Uint8Array,
  at: number,
  end: number,
  depth = 0,
): { node: BerNode; next: number } | Faulty {
  if (depth > MAX_DEPTH) return { fault: 'too-deep' };
  const head = readHead(bytes, at, end);
  if ('fault' in head) return head.fault === 'need-more' ? { fault: 'length-beyond-parent' } : head;
  const start = at + head.headBytes;
  const stop = head.length === null ? end : start + head.length;
  if (stop > end) return { fault: 'length-beyond-parent' };
  const { tagClass, tag } = head;
  if (!head.isConstructed) {
    return { node: { tagClass, tag, content: bytes.subarray(start, stop), children: null }, next: stop };
  }
  const inner = decodeAll(bytes, start, stop, { isIndefinite: head.length === null, depth: depth + 1 });
  if ('fault' in inner) return inner;
  const content = bytes.subarray(start, inner.contentEnd);
  return { node: { tagClass, tag, content, children: inner.nodes }, next: inner.next };
}

/** Elements one after another up to `end` or, for an indefinite parent, to its end-of-contents. */
function decodeAll(
  bytes: Uint8Array,
  start: number,
  end: number,
  parent: { isIndefinite: boolean; depth: number },
): { nodes: BerNode[]; contentEnd: number; next: number } | Faulty {
  const nodes: BerNode[] = [];
  let cursor = start;
  while (cursor < end || parent.isIndefinite) {
    if (cursor + 2 <= end && isEndOfContents(bytes, cursor)) {
      if (parent.isIndefinite) return { nodes, contentEnd: cursor, next: cursor + 2 };
      // Some writers leave end-of-contents octets behind a definite length; nothing else may follow them.
      const isRestZero = bytes.subarray(cursor, end).every(octet => octet === 0);
      return isRestZero ? { nodes, contentEnd: cursor, next: end } : { fault: 'end-of-contents-misplaced' };
    }
    const inner = decode(bytes, cursor, end, parent.depth);
    if ('fault' in inner) return inner;
    nodes.push(inner.node);
    cursor = inner.next;
  }
  return { nodes, contentEnd: cursor, next: cursor };
}

/** A two's complement integer (X.690 §8.3) of any size up to 64 octets; null when empty or larger. */
export function berInteger(content: Uint8Array): bigint | null {
  if (content.length === 0 || content.length > 64) return null;
  let value = 0n;
  for (const octet of content) value = (value << 8n) | BigInt(octet);
  const isNegative = (content[0] as number) >= 0x80;
  return isNegative ? value - (1n << BigInt(8 * content.length)) : value;
}
