import type { Use } from './model.ts';

/** Whether the use is data that tells its own share, at a stated whole second, both sides of it known. */
export function isWholeShare(use: Use): boolean {
  const isOwn = use.session === '' && use.event === 'event' && use.service === 'data';
  if (!isOwn || use.statedMs === null || use.statedMs % 1000 !== 0) return false;
  return use.bytesUp >= 0 && use.bytesDown >= 0;
}

/** The same, and told at the moment it happened: what a platform that was asked at that moment has counted. */
export const isCounted = (use: Use): boolean => isWholeShare(use) && use.statedMs === use.atMs;

export const totalOf = (use: Use): number => use.bytesUp + use.bytesDown;

/** A number of 64 bits as text, made of card, day and place within it, for JSON's own numbers would lose digits. */
export function numberOf({ id }: Use): string {
  const [card = '0', day = '0', place = '0'] = id.split('-');
  return String(BigInt(card) * 100_000_000n + BigInt(day) * 10_000n + BigInt(place));
}

const CHINA_MS = 8 * 3_600_000;

/** `2026-09-01` in China. */
export const dayInChina = (ms: number): string => new Date(ms + CHINA_MS).toISOString().slice(0, 10);

/** The moment with China's offset, to the second. */
export const textInChina = (ms: number): string =>
  `${new Date(ms + CHINA_MS).toISOString().slice(0, 19)}+08:00`;

/** Thousands of bytes with three decimals. */
export const kilobytes = (bytes: number): string =>
  `${Math.floor(bytes / 1000)}.${String(bytes % 1000).padStart(3, '0')}`;
