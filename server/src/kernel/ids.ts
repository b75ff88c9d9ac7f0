import { randomBytes, randomFillSync } from 'node:crypto';

/** A random identifier of 128 bits as 32 lower-case hex digits, for things that need a name nobody can guess. */
export function randomId(): string {
  return randomBytes(16).toString('hex');
}

const NAME_BYTES = 16;
const drawn = Buffer.alloc(NAME_BYTES * 256);
let used = drawn.length;

/**
 * A name of the same shape for what is no secret, a request above all: drawn from the same source, many at a time, so
 * that the names of some requests to come lie in memory.
 */
export function passingId(): string {
  if (used === drawn.length) {
    randomFillSync(drawn);
    used = 0;
  }
  used += NAME_BYTES;
  return drawn.toString('hex', used - NAME_BYTES, used);
}
