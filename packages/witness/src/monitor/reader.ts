import type { ReadLogFile } from '@thingward/verifier';
import { WitnessRefusal } from '../refusal.ts';

/** How bytes are fetched; a test or a folder may stand in for HTTP. */
export type Fetch = (url: string) => Promise<{ readonly status: number; readonly bytes: Uint8Array }>;

/** A bundle holds at most 256 entries of at most 65,535 bytes, each with two bytes of length. */
const MOST_BYTES = 256 * (65_535 + 2);
const TIMEOUT_MS = 30_000;

/**
 * Fetches over HTTP with a bound on size and time. Redirects are followed: what is read is verified anyway.
 * Throws `log-unreachable` or `log-answer-too-large`.
 */
export const overHttp: Fetch = async url => {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    const parts: Uint8Array[] = [];
    let size = 0;
    for await (const part of answer.body ?? []) {
      size += part.length;
      if (size > MOST_BYTES) throw new WitnessRefusal('log-answer-too-large', url);
      parts.push(part);
    }
    return { status: answer.status, bytes: Buffer.concat(parts) };
  } catch (cause) {
    if (cause instanceof WitnessRefusal) throw cause;
    throw new WitnessRefusal('log-unreachable', url, cause);
  }
};

/**
 * Reads the files of a log below a URL prefix; null for what is not there. Throws `log-unreachable` for any
 * answer but 200, 404 and 410: a failing server must not look like a log without tiles.
 */
export function logAt(prefix: string, fetchBytes: Fetch = overHttp): ReadLogFile {
  const base = prefix.replace(/\/+$/, '');
  return async path => {
    const url = `${base}/${path}`;
    const { status, bytes } = await fetchBytes(url);
    if (status === 200) return bytes;
    if (status === 404 || status === 410) return null;
    throw new WitnessRefusal('log-unreachable', `${url} answered ${status}`);
  };
}
