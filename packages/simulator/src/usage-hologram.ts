import type { Use } from './model.ts';
import { line } from './usage-file.ts';
import { isWholeShare, numberOf, totalOf } from './usage-own.ts';

const FIRST_LINK = 10_001;

/** Whether Hologram's usage can tell the record: a finished session of data with its length. */
export const isFinishedSession = (use: Use): boolean => isWholeShare(use) && use.durationSeconds >= 0;

/**
 * One finished session as Hologram's `GET /usage/data` lists it (hologram.io/references/http), on a line of its own: one
 * total of both sides, and times of UTC that carry no zone. The card stands there as a link of the platform, with the
 * ICCID put beside it by whoever asked.
 *
 * No network by its number, no place and no messages are told, and nothing of a flow.
 */
export function hologramRecord(use: Use): string {
  const startMs = use.statedMs as number;
  return line({
    linkid: FIRST_LINK + use.card.index,
    record_id: numberOf(use),
    session_begin: plain(startMs),
    timestamp: plain(startMs + use.durationSeconds * 1000),
    bytes: totalOf(use),
    imei: use.imeisv === '' ? null : use.imeisv,
    network_name: use.plmn === '' ? null : `Network ${use.plmn}`,
    sim: use.card.iccid,
  });
}

const plain = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
