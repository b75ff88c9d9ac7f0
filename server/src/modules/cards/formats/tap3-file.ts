import type { FileFlag } from '../../../spine/observations/observation.ts';
import { every, type Named, valueAt } from './tap3-tree.ts';
import { atOffset, type Moment, offsetMinutes, wallClock } from './zone-time.ts';

/** What the head of a transfer batch says, as its events need it. */
export interface TapHead {
  sender: string;
  recipient: string;
  fileNumber: string;
  specification: string;
  release: string;
  /** Offset code to minutes from UTC. */
  readonly offsets: Map<string, number>;
}

export function emptyHead(): TapHead {
  return { sender: '', recipient: '', fileNumber: '', specification: '', release: '', offsets: new Map() };
}

/** Takes in one of the elements before the list of events. */
export function readIntoHead(head: TapHead, part: Named): void {
  if (part.name === 'BatchControlInfo' || part.name === 'Notification') {
    head.sender = valueAt(part, 'Sender') ?? '';
    head.recipient = valueAt(part, 'Recipient') ?? '';
    head.fileNumber = valueAt(part, 'FileSequenceNumber') ?? '';
    head.specification = valueAt(part, 'SpecificationVersionNumber') ?? '';
    head.release = valueAt(part, 'ReleaseVersionNumber') ?? '';
  }
  for (const info of every(part, 'UtcTimeOffsetInfo')) {
    const minutes = offsetMinutes(valueAt(info, 'UtcTimeOffset') ?? '');
    const code = valueAt(info, 'UtcTimeOffsetCode');
    if (code !== undefined && minutes !== null) head.offsets.set(code, minutes);
  }
}

/** A TAP time stamp: local time with an offset of its own, or with a code that the head resolves. */
export function readStamp(stamp: Named | undefined, offsets: ReadonlyMap<string, number>): Moment | null {
  const digits = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})$/.exec(valueAt(stamp, 'LocalTimeStamp') ?? '');
  if (digits === null) return null;
  const wall = wallClock(digits.slice(1).map(Number));
  const stated = valueAt(stamp, 'UtcTimeOffset');
  const code = valueAt(stamp, 'UtcTimeOffsetCode');
  const offset = stated === undefined ? offsets.get(code ?? '') : offsetMinutes(stated);
  return wall === null || offset === undefined || offset === null ? null : atOffset(wall, offset);
}

/** What was found in the events, against which the audit part is held. */
export interface Found {
  count: number;
  charge: bigint;
  earliestMs: number;
  latestMs: number;
}

export function nothingFound(): Found {
  return { count: 0, charge: 0n, earliestMs: Number.POSITIVE_INFINITY, latestMs: Number.NEGATIVE_INFINITY };
}

/** Adds one event: its start, and its charges of type `00`, which is the total of a charge (TD.57). */
export function addEvent(found: Found, event: Named, startMs: number | undefined): void {
  for (const detail of every(event, 'ChargeDetail')) {
    const charge = valueAt(detail, 'Charge') ?? '';
    if (valueAt(detail, 'ChargeType') === '00' && /^-?\d+$/.test(charge)) found.charge += BigInt(charge);
  }
  if (startMs === undefined) return;
  found.earliestMs = Math.min(found.earliestMs, startMs);
  found.latestMs = Math.max(found.latestMs, startMs);
}

/** Where the audit part and the events differ. Events are read all the same; nothing is repaired. */
export function auditFlags(audit: Named | undefined, found: Found): FileFlag[] {
  if (audit === undefined) return [{ code: 'audit-missing', detail: { found: found.count } }];
  const flags: FileFlag[] = [];
  const count = valueAt(audit, 'CallEventDetailsCount');
  if (count !== undefined && count !== String(found.count)) {
    flags.push({ code: 'audit-count-mismatch', detail: { declared: count, found: found.count } });
  }
  const charge = valueAt(audit, 'TotalCharge');
  if (charge !== undefined && charge !== String(found.charge)) {
    flags.push({ code: 'audit-charge-mismatch', detail: { declared: charge, found: String(found.charge) } });
  }
  const range = rangeFlag(audit, found);
  if (range !== null) flags.push(range);
  return flags;
}

function rangeFlag(audit: Named, found: Found): FileFlag | null {
  const child = (name: string): Moment | null =>
    readStamp(
      audit.children.find(part => part.name === name),
      new Map(),
    );
  const earliest = child('EarliestCallTimeStamp');
  const latest = child('LatestCallTimeStamp');
  if (found.earliestMs > found.latestMs) return null;
  const isOutside =
    (earliest !== null && found.earliestMs < earliest.ms) || (latest !== null && found.latestMs > latest.ms);
  if (!isOutside) return null;
  return {
    code: 'audit-range-mismatch',
    detail: { earliestFoundMs: found.earliestMs, latestFoundMs: found.latestMs },
  };
}
