import { Refusal } from '../../../kernel/refusal.ts';
import type { FileReport, RecordFormat } from '../../../spine/observations/format.ts';
import type { Cut, FileFlag } from '../../../spine/observations/observation.ts';
import type { SourceProfile } from '../../../spine/observations/source-profile.ts';
import { CARD_USAGE } from '../model.ts';
import { ByteFeed } from './byte-feed.ts';
import { CutCounter, withoutLineEnd } from './cuts.ts';
import { type Attributes, readAttributes } from './detail-attributes.ts';
import { type Block, BlockCutter } from './detail-blocks.ts';
import { PlainBlocks, SCAN_BYTES } from './detail-scanner.ts';
import { readAccounting } from './radius-usage.ts';
import { isZone } from './zone-time.ts';

/**
 * FreeRADIUS `detail` files (version 3 and 4 names) and plain attribute lists, record by record.
 *
 * Comments and the `==` lines of a test's expected answer are no input and are only counted; every other
 * block is a record, read or handed to quarantine.
 */
export const freeradiusDetail: RecordFormat = {
  name: 'freeradius-detail',
  yields: CARD_USAGE,
  isText: true,
  checkProfile: profileFaults,
  read: (bytes, profile) => readDetail(bytes, profile, true),
};

/** The same format by its complete parser alone: what the byte scanner must equal, record for record (E-07). */
export const freeradiusDetailUnscanned: RecordFormat = {
  ...freeradiusDetail,
  read: (bytes, profile) => readDetail(bytes, profile, false),
};

function profileFaults(profile: SourceProfile): string[] {
  const faults: string[] = [];
  if (profile.unit !== 'B') faults.push('RADIUS counts octets: unit must be "B".');
  if (profile.counter !== 'per-series') {
    faults.push('RADIUS figures are running totals of a session: counter must be "per-series".');
  }
  if (!isZone(profile.zone)) faults.push(`zone "${profile.zone}" is not known.`);
  return faults;
}

async function* readDetail(
  bytes: AsyncIterable<Uint8Array>,
  profile: SourceProfile,
  mayScan: boolean,
): AsyncGenerator<Cut, FileReport> {
  const feed = new ByteFeed(bytes);
  await refuseBinary(feed);
  const cuts = new CutCounter();
  const skipped = { comments: 0, expected: 0 };
  const cutter = new BlockCutter(feed);
  const scanner = mayScan ? new PlainBlocks(feed) : null;
  for (;;) {
    const scanned = scanner === null ? null : scanBlock(scanner, cutter, feed);
    const block = (scanned instanceof Promise ? await scanned : scanned) ?? (await cutter.next());
    if (block === null) break;
    const cut = cutBlock(cuts, block, profile, skipped);
    if (cut !== null) yield cut;
  }
  return { flags: flagsOf(cuts.count, skipped), facts: { records: cuts.count } };
}

/** A block, with its attributes when the scanner has found them. */
type Found = Block & { readonly attributes?: Attributes };

/** The next block by the byte scanner; null when the complete parser must have it. */
function scanBlock(
  scanner: PlainBlocks,
  cutter: BlockCutter,
  feed: ByteFeed,
): Found | null | Promise<Found | null> {
  if (cutter.isInLongLine) return null;
  const found = scanner.next();
  if (found === 'other') return null;
  if (found === 'short') return scanMore(scanner, cutter, feed);
  const { raw, attributes, blankLines, lines } = found;
  const firstLine = cutter.lineNo + blankLines + 1;
  cutter.lineNo += blankLines + lines;
  return { raw, firstLine, fault: null, attributes };
}

async function scanMore(scanner: PlainBlocks, cutter: BlockCutter, feed: ByteFeed): Promise<Found | null> {
  const { available } = feed;
  if (available >= SCAN_BYTES || (await feed.ensure(available + 1)) <= available) return null;
  return scanBlock(scanner, cutter, feed);
}

/** A NUL byte near the beginning means a binary file, which has no lines to cut. */
async function refuseBinary(feed: ByteFeed): Promise<void> {
  await feed.ensure(512);
  if (!feed.view().subarray(0, 512).includes(0)) return;
  throw new Refusal('format-mismatch', { detail: { format: 'freeradius-detail', found: 'binary file' } });
}

function cutBlock(
  cuts: CutCounter,
  block: Found,
  profile: SourceProfile,
  skipped: { comments: number; expected: number },
): Cut | null {
  const place = `line ${block.firstLine}`;
  if (block.fault !== null) return cuts.unread(block.raw, place, block.fault, { bytes: block.raw.length });
  const raw = withoutLineEnd(block.raw);
  const attributes = block.attributes ?? readAttributes(raw.toString('utf8'));
  const { values, expectedLines, strayLines, dateLine } = attributes;
  if (values.size === 0) {
    if (strayLines > 0 || dateLine !== null) return cuts.unread(raw, place, 'not-a-record');
    if (expectedLines > 0) skipped.expected += 1;
    else skipped.comments += 1;
    return null;
  }
  const reading = readAccounting(attributes, profile);
  if ('reason' in reading) return cuts.unread(raw, place, reading.reason, reading.detail);
  const flags = strayLines > 0 ? { flags: [...(reading.flags ?? []), 'stray-lines'] } : {};
  return cuts.reading(raw, { ...reading, ...flags });
}

function flagsOf(count: number, skipped: { comments: number; expected: number }): FileFlag[] {
  const flags: FileFlag[] = [];
  if (count === 0) flags.push({ code: 'file-empty', detail: {} });
  if (skipped.expected > 0)
    flags.push({ code: 'expected-answer-skipped', detail: { blocks: skipped.expected } });
  return flags;
}
