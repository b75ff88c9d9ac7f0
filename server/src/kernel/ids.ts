import { randomBytes } from 'node:crypto';

/** A random identifier of 128 bits as 32 lower-case hex digits, for things that need a name nobody can guess. */
export function randomId(): string {
  return randomBytes(16).toString('hex');
}
