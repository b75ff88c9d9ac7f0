const HALF = 4_294_967_296;
const scratch = new Uint8Array(3 * 1024);
const encoder = new TextEncoder();

/** Most partitions of one machine. */
export const MOST_PARTITIONS = 64;

/**
 * The partition of a key among `partitions`, from 0: the same in every process and for all time, for snapshots
 * are kept by it. It is a function of the key's UTF-8 bytes alone.
 */
export function partitionOf(key: string, partitions: number): number {
  const bytes = key.length * 3 > scratch.length ? encoder.encode(key) : scratch;
  const length = bytes === scratch ? encoder.encodeInto(key, scratch).written : bytes.length;
  return partitionOfBytes(bytes, 0, length, partitions);
}

/** The same for the key in `bytes[from, to)`, four bytes at a time. */
export function partitionOfBytes(bytes: Uint8Array, from: number, to: number, partitions: number): number {
  let hash = (to - from) ^ 0x3c6ef372;
  let i = from;
  for (; i + 4 <= to; i += 4) {
    const word =
      (bytes[i] as number) |
      ((bytes[i + 1] as number) << 8) |
      ((bytes[i + 2] as number) << 16) |
      ((bytes[i + 3] as number) << 24);
    hash = Math.imul(hash ^ word, 0x5bd1e995);
    hash ^= hash >>> 15;
  }
  let rest = 0;
  for (; i < to; i += 1) rest = (rest << 8) | (bytes[i] as number);
  hash = Math.imul(hash ^ rest, 0x5bd1e995);
  hash = Math.imul(hash ^ (hash >>> 13), 0x27d4eb2f);
  hash ^= hash >>> 15;
  return Math.floor(((hash >>> 0) / HALF) * partitions);
}
