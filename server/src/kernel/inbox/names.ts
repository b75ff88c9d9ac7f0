import { createHash } from 'node:crypto';

/** Longest name that is given to a file here, in bytes; with what is put behind it, it stays below 255. */
const MOST_NAME_BYTES = 180;
/** Names by which programs write what is not whole yet. */
const UNFINISHED = /\.(?:part|partial|tmp|temp|filepart|crdownload|swp)$|~$/i;

/** The name of a file as the system keeps it: bytes that need not be text. */
export type RawName = Buffer;

/** Hidden files and those of unfinished transfers are nobody's delivery. */
export function isDelivery(raw: RawName): boolean {
  const name = raw.toString('latin1');
  return !name.startsWith('.') && !UNFINISHED.test(name);
}

/**
 * A name to show and to keep: the file's own where it is text without control or direction characters; those are
 * replaced, and what is no text at all is named by its digest. The ending is kept of a name that is too long.
 */
export function plainName(raw: RawName): string {
  const text = raw.toString('utf8');
  if (!Buffer.from(text, 'utf8').equals(raw)) return `file-${digestOf(raw)}`;
  const name = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}/\\]/gu, '_');
  if (Buffer.byteLength(name) <= MOST_NAME_BYTES) return name;
  const ending = /\.[A-Za-z0-9]{1,12}$/.exec(name)?.[0] ?? '';
  const start = Buffer.from(name)
    .subarray(0, MOST_NAME_BYTES - 40)
    .toString('utf8')
    .replace(/\ufffd$/, '');
  return `${start}-${digestOf(raw)}${ending}`;
}

function digestOf(raw: RawName): string {
  return createHash('sha256').update(raw).digest('hex').slice(0, 16);
}
