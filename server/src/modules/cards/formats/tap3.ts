import type { FileReport, RecordFormat } from '../../../spine/observations/format.ts';
import type { Cut, FileFlag } from '../../../spine/observations/observation.ts';
import type { SourceProfile } from '../../../spine/observations/source-profile.ts';
import { CARD_USAGE } from '../model.ts';
import { type BerHead, type BerNode, decode, isEndOfContents, measure, readHead } from './ber.ts';
import { applicationTag } from './ber-encode.ts';
import { ByteFeed } from './byte-feed.ts';
import { CutCounter } from './cuts.ts';
import { readEvent } from './tap3-event.ts';
import { TAP_TAGS } from './tap3-fields.ts';
import {
  addEvent,
  auditFlags,
  emptyHead,
  type Found,
  nothingFound,
  readIntoHead,
  type TapHead,
} from './tap3-file.ts';
import { eventIdentity } from './tap3-identity.ts';
import { outermost, refuseOtherRelease } from './tap3-kind.ts';
import { type Named, named, valueAt } from './tap3-tree.ts';

/** Bounds on what is held at once: one event, and the head of the file. */
const EVENT_BYTES = 1 << 20;
const HEAD_BYTES = 4 << 20;
/** Identical events of one file are told apart by counting within blocks of this many events. */
const REPEAT_BLOCK = 1 << 18;

/**
 * TAP 3.12 transfer batches and notifications (GSMA TD.57), read event by event.
 *
 * A file is told by its outermost tag and what lies first in it, never by its name: RAP, NRTRDE and other
 * releases are refused by name (`format-mismatch`). A notification is a file with nothing to bill whose
 * sequence number still counts. An audit part that disagrees is a flag; the events are read as they are.
 */
export const tap3: RecordFormat = {
  name: 'tap3',
  yields: CARD_USAGE,
  isText: false,
  checkProfile: profile => profileFaults(profile),
  read: (bytes, profile) => new TapReader(bytes, profile).run(),
};

function profileFaults(profile: SourceProfile): string[] {
  const faults: string[] = [];
  if (profile.counter !== 'delta') faults.push('TAP events carry their own share: counter must be "delta".');
  if (profile.unit !== 'B') faults.push('TAP volumes are octets: unit must be "B".');
  return faults;
}

/** State of reading one file. */
class TapReader {
  private readonly feed: ByteFeed;
  private readonly profile: SourceProfile;
  private readonly cuts = new CutCounter();
  private readonly head: TapHead = emptyHead();
  private readonly found: Found = nothingFound();
  private readonly flags: FileFlag[] = [];
  private readonly headParts: Buffer[] = [];
  private headBytes = 0;
  private audit: Named | undefined;
  private repeats = new Map<string, number>();
  private strayEnds = 0;

  constructor(bytes: AsyncIterable<Uint8Array>, profile: SourceProfile) {
    this.feed = new ByteFeed(bytes);
    this.profile = profile;
  }

  async *run(): AsyncGenerator<Cut, FileReport> {
    if ((await this.feed.ensure(64)) === 0) return { flags: [{ code: 'file-empty', detail: {} }], facts: {} };
    const outer = outermost(this.feed.view());
    if (outer.tag === 2) return this.notification();
    this.feed.take(outer.headBytes);
    yield* this.batch(outer.length === null ? null : this.feed.offset + outer.length);
    yield* this.trailer();
    if (this.strayEnds > 0) {
      this.flags.push({ code: 'end-of-contents-stray', detail: { found: this.strayEnds } });
    }
    return { flags: [...this.flags, ...auditFlags(this.audit, this.found)], facts: this.facts() };
  }

  private async notification(): Promise<FileReport> {
    const element = await this.element(HEAD_BYTES);
    const node = element === null ? null : decode(element, 0, element.length);
    if (node === null || 'fault' in node) {
      return { flags: [{ code: 'notification-broken', detail: {} }], facts: { isNotification: true } };
    }
    readIntoHead(this.head, named(node.node, TAP_TAGS));
    const flags = [{ code: 'nothing-to-bill', detail: { fileNumber: this.head.fileNumber } }];
    return { flags, facts: { ...this.facts(), isNotification: true } };
  }

  private facts(): FileReport['facts'] {
    const { sender, recipient, fileNumber, specification, release } = this.head;
    const declared = valueAt(this.audit, 'CallEventDetailsCount');
    return {
      sender,
      recipient,
      fileNumber,
      release: `${specification}.${release}`,
      events: this.found.count,
      ...(declared === undefined ? {} : { declaredEvents: declared }),
    };
  }

  /** The parts of a transfer batch, one after another. */
  private async *batch(end: number | null): AsyncGenerator<Cut> {
    for (;;) {
      const part = await this.next(end);
      if (part === 'end') return;
      if (part === 'broken') return yield* this.cuts.pieces(this.feed, end, 'structure-broken');
      if (part.tagClass === 'application' && part.tag === 3 && part.isConstructed) {
        if (this.head.release === '') return yield* this.cuts.pieces(this.feed, end, 'head-missing');
        this.feed.take(part.headBytes);
        const listEnd = part.length === null ? end : this.feed.offset + part.length;
        const isLying = end !== null && listEnd !== null && listEnd > end;
        if (isLying)
          this.flags.push({ code: 'length-beyond-parent', detail: { part: 'CallEventDetailList' } });
        yield* this.events(isLying ? end : listEnd, part.length === null);
      } else {
        yield* this.part(part, end);
      }
    }
  }

  /** A part of head or audit, held whole. */
  private async *part(head: BerHead, end: number | null): AsyncGenerator<Cut> {
    const from = this.feed.offset;
    const element = this.fits(head, end) ? await this.element(HEAD_BYTES - this.headBytes) : null;
    if (element === null)
      return yield* this.cuts.pieces(this.feed, end, 'part-unreadable', { tag: head.tag });
    const decoded = decode(element, 0, element.length);
    if ('fault' in decoded) {
      yield this.cuts.unread(element, `byte ${from}`, 'part-broken', { tag: head.tag, fault: decoded.fault });
      return;
    }
    const tree = named(decoded.node, TAP_TAGS);
    if (tree.name === 'AuditControlInfo') {
      this.audit = tree;
      return;
    }
    this.headParts.push(element);
    this.headBytes += element.length;
    readIntoHead(this.head, tree);
    if (tree.name === 'BatchControlInfo') refuseOtherRelease(this.head);
  }

  private async *events(end: number | null, isIndefinite: boolean): AsyncGenerator<Cut> {
    const frame = this.frame();
    for (;;) {
      const event = await this.next(end, isIndefinite);
      if (event === 'end') return;
      if (event === 'broken') return yield* this.cuts.pieces(this.feed, end, 'structure-broken');
      const from = this.feed.offset;
      const element = this.fits(event, end) ? await this.element(EVENT_BYTES) : null;
      if (element === null) {
        const stop =
          this.fits(event, end) && event.length !== null ? from + event.headBytes + event.length : end;
        yield* this.cuts.pieces(this.feed, stop, 'event-too-long-or-cut-off', { tag: event.tag });
      } else {
        this.found.count += 1;
        yield this.cutEvent(element, from, frame);
      }
    }
  }

  private cutEvent(element: Buffer, from: number, frame: NonNullable<Cut['frame']>): Cut {
    const place = `event ${this.found.count}, byte ${from}`;
    const decoded = decode(element, 0, element.length);
    if ('fault' in decoded)
      return this.cuts.unread(element, place, 'event-broken', { fault: decoded.fault }, frame);
    const tree = named(decoded.node, TAP_TAGS);
    const reading = readEvent(tree, this.head, this.profile);
    const startMs = 'reason' in reading ? undefined : reading.observedAtMs;
    addEvent(this.found, tree, startMs);
    if ('reason' in reading) return this.cuts.unread(element, place, reading.reason, reading.detail, frame);
    return this.cuts.reading(
      element,
      { ...reading, recordId: this.recordId(decoded.node, tree, startMs) },
      frame,
    );
  }

  /**
   * Sender, recipient and what makes the event itself (`tap3-identity.ts`): the same file sent twice, or written with
   * other lengths, brings the same records, and so does a later file that tells an event again (C-17). Equal events of
   * one file are counted apart.
   */
  private recordId(event: BerNode, tree: Named, startMs: number | undefined): string {
    const { sender, recipient, fileNumber } = this.head;
    const own = eventIdentity(event, tree, fileNumber, startMs);
    if (this.repeats.size >= REPEAT_BLOCK) this.repeats = new Map();
    const times = (this.repeats.get(own) ?? 0) + 1;
    this.repeats.set(own, times);
    return ['tap3', sender, recipient, own, ...(times > 1 ? [String(times)] : [])].join('/');
  }

  /** What makes a file of one event: the head as it came, with lengths left open. */
  private frame(): NonNullable<Cut['frame']> {
    const open = Buffer.from([0x80]);
    const before = Buffer.concat([
      applicationTag(1, true),
      open,
      ...this.headParts,
      applicationTag(3, true),
      open,
    ]);
    return { before, after: Buffer.alloc(4) };
  }

  private fits(head: BerHead, end: number | null): boolean {
    return end === null || head.length === null || this.feed.offset + head.headBytes + head.length <= end;
  }

  /** Head of the next element before `end`, not consumed. */
  private async next(end: number | null, isIndefinite = end === null): Promise<BerHead | 'end' | 'broken'> {
    for (;;) {
      if (end !== null && this.feed.offset >= end) return 'end';
      if ((await this.feed.ensure(24)) < 2) return this.ranOut();
      if (!isEndOfContents(this.feed.view(), 0)) break;
      this.feed.take(2);
      if (isIndefinite) return 'end';
      this.strayEnds += 1;
    }
    const head = readHead(this.feed.view(), 0, this.feed.available);
    return 'fault' in head ? 'broken' : head;
  }

  private ranOut(): 'end' | 'broken' {
    if (!this.flags.some(flag => flag.code === 'file-cut-off')) {
      this.flags.push({ code: 'file-cut-off', detail: { atByte: this.feed.offset } });
    }
    return this.feed.available === 0 ? 'end' : 'broken';
  }

  /** Consumes the whole element at hand, or nothing and null when it is longer than `limit` or cut off. */
  private async element(limit: number): Promise<Buffer | null> {
    for (let window = 4_096; ; window *= 4) {
      const wanted = Math.min(window, limit);
      const available = await this.feed.ensure(wanted);
      const size = measure(this.feed.view(), 0, available);
      if (typeof size === 'number') return size > limit ? null : this.feed.take(size);
      if (size.fault !== 'need-more' || available < wanted || wanted === limit) return null;
    }
  }

  /** What lies behind the outermost element: padding is said, anything else goes to quarantine. */
  private async *trailer(): AsyncGenerator<Cut> {
    let padding = 0;
    while ((await this.feed.ensure(1)) > 0 && this.feed.view()[0] === 0) {
      this.feed.take(1);
      padding += 1;
    }
    if (padding > 0) this.flags.push({ code: 'end-of-contents-trailing', detail: { bytes: padding } });
    yield* this.cuts.pieces(this.feed, null, 'bytes-after-the-end');
  }
}
