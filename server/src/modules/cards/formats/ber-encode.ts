/** Writes BER for fixtures and for the frame that lets one event be read again by itself. */

type Content = Uint8Array | readonly Uint8Array[];
type Form = 'definite' | 'indefinite';

/** An element of class `application`; primitive when its content is bytes, constructed when it is elements. */
export function application(tag: number, content: Content, form: Form = 'definite'): Buffer {
  return element(0x40, tag, content, form);
}

/** An element of class `context`. */
export function context(tag: number, content: Content, form: Form = 'definite'): Buffer {
  return element(0x80, tag, content, form);
}

/** A SEQUENCE of its own class, `universal 16`. */
export function sequence(content: readonly Uint8Array[]): Buffer {
  return element(0x00, 16, content, 'definite');
}

function element(lead: number, tag: number, content: Content, form: Form): Buffer {
  const isConstructed = Array.isArray(content);
  const body = isConstructed
    ? Buffer.concat(content as readonly Uint8Array[])
    : Buffer.from(content as Uint8Array);
  const head = identifier(lead, tag, isConstructed);
  if (form === 'indefinite') return Buffer.concat([head, Buffer.from([0x80]), body, Buffer.from([0, 0])]);
  return Buffer.concat([head, lengthOctets(body.length), body]);
}

/** Identifier octets of an application tag (X.690 §8.1.2). */
export function applicationTag(tag: number, isConstructed: boolean): Buffer {
  return identifier(0x40, tag, isConstructed);
}

function identifier(classBits: number, tag: number, isConstructed: boolean): Buffer {
  const lead = classBits | (isConstructed ? 0x20 : 0);
  if (tag < 31) return Buffer.from([lead | tag]);
  const octets: number[] = [tag & 0x7f];
  for (let rest = Math.floor(tag / 128); rest > 0; rest = Math.floor(rest / 128))
    octets.unshift(0x80 | (rest & 0x7f));
  return Buffer.from([lead | 0x1f, ...octets]);
}

function lengthOctets(length: number): Buffer {
  if (length < 128) return Buffer.from([length]);
  const octets: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  return Buffer.from([0x80 | octets.length, ...octets]);
}
