import { Refusal } from '../../../kernel/refusal.ts';
import type { FileReport, RecordFormat } from '../../../spine/observations/format.ts';
import type { Cut, FileFlag } from '../../../spine/observations/observation.ts';
import type { SourceProfile } from '../../../spine/observations/source-profile.ts';
import { CARD_USAGE } from '../model.ts';
import { decode, measure } from './ber.ts';
import { ByteFeed } from './byte-feed.ts';
import { type CdrHead, type FileHead, headFlags, readCdrHead, readFileHead } from './cdr-file.ts';
import { CutCounter } from './cuts.ts';
import { readPgwCdr } from './pgw-cdr-record.ts';

export type PgwCode = 'format-mismatch';

const RECORD_BYTES = 1 << 16;
const MOST_HEAD_BYTES = 1 << 18;
/** First octets of bare records: PGWRecord [79] and SGWRecord [78] with a tag of two octets, ggsnPDPRecord [21]. */
const BARE = ['bf4f', 'bf4e', 'b5'];

/**
 * Call data records of packet gateways (3GPP TS 32.298, BER) in files of TS 32.297, or one after another without a
 * frame. A file's own count, its count of lost records and the reason of its closure are told as flags; records are
 * read as they are. Of a record that is no BER, or longer than the file, every byte goes to quarantine.
 */
export const pgwCdr: RecordFormat = {
  name: 'pgw-cdr',
  yields: CARD_USAGE,
  isText: false,
  checkProfile: profileFaults,
  read: (bytes, profile) => new CdrReader(bytes, profile).run(),
};

function profileFaults(profile: SourceProfile): string[] {
  const faults: string[] = [];
  if (profile.counter !== 'delta') faults.push('Records carry their own share: counter must be "delta".');
  if (profile.unit !== 'B') faults.push('Volumes are octets: unit must be "B".');
  return faults;
}

class CdrReader {
  private readonly feed: ByteFeed;
  private readonly profile: SourceProfile;
  private readonly cuts = new CutCounter();
  private readonly flags: FileFlag[] = [];

  constructor(bytes: AsyncIterable<Uint8Array>, profile: SourceProfile) {
    this.feed = new ByteFeed(bytes);
    this.profile = profile;
  }

  async *run(): AsyncGenerator<Cut, FileReport> {
    if ((await this.feed.ensure(54)) === 0) return { flags: [{ code: 'file-empty', detail: {} }], facts: {} };
    const start = this.feed.view().subarray(0, 2).toString('hex');
    if (BARE.some(lead => start.startsWith(lead))) {
      yield* this.bare();
      return { flags: this.flags, facts: { records: this.cuts.count, isFramed: false } };
    }
    const head = await this.fileHead();
    yield* this.framed(head);
    this.flags.push(...headFlags(head, this.cuts.count, this.feed.offset));
    const { files, ...facts } = { files: head.fileLength, ...head.facts };
    return {
      flags: this.flags,
      facts: { ...facts, fileBytes: files, records: this.cuts.count, isFramed: true },
    };
  }

  private async fileHead(): Promise<FileHead> {
    const stated = this.feed.available < 8 ? 0 : this.feed.view().readUInt32BE(4);
    if (stated < 52 || stated > MOST_HEAD_BYTES)
      throw mismatch('no head of TS 32.297 and no record of TS 32.298');
    await this.feed.ensure(stated);
    const head = readFileHead(this.feed.view());
    if (head === null) throw mismatch('a head of TS 32.297 that is cut off or does not agree with itself');
    this.feed.take(stated);
    return head;
  }

  private async *framed(head: FileHead): AsyncGenerator<Cut> {
    for (;;) {
      const available = await this.feed.ensure(5);
      if (available === 0) return;
      // Bytes behind the length that the file states are no record of it.
      if (this.feed.offset >= head.fileLength && head.fileLength !== 0xff_ff_ff_ff)
        return yield* this.cuts.pieces(this.feed, null, 'bytes-after-the-end');
      const cdr = readCdrHead(this.feed.view());
      if (cdr === null) return yield* this.cuts.pieces(this.feed, null, 'record-head-broken');
      if ((await this.feed.ensure(cdr.headBytes + cdr.length)) < cdr.headBytes + cdr.length) {
        this.flags.push({ code: 'file-cut-off', detail: { atByte: this.feed.offset } });
        return yield* this.cuts.pieces(this.feed, null, 'record-cut-off', { wanted: cdr.length });
      }
      this.feed.take(cdr.headBytes);
      const from = this.feed.offset;
      yield this.cut(this.feed.take(cdr.length), from, cdr);
    }
  }

  private async *bare(): AsyncGenerator<Cut> {
    for (;;) {
      const available = await this.feed.ensure(RECORD_BYTES);
      if (available === 0) return;
      const size = measure(this.feed.view(), 0, available);
      if (typeof size !== 'number' || size > RECORD_BYTES) {
        const fault = typeof size === 'number' ? 'too-long' : size.fault;
        return yield* this.cuts.pieces(this.feed, null, 'structure-broken', { fault });
      }
      const from = this.feed.offset;
      yield this.cut(this.feed.take(size), from, null);
    }
  }

  private cut(raw: Buffer, from: number, head: CdrHead | null): Cut {
    const place = `record ${this.cuts.count + 1}, byte ${from}`;
    if (head !== null && head.encoding !== 'ber')
      return this.cuts.unread(raw, place, 'encoding-unknown', { format: head.encoding });
    const decoded = decode(raw, 0, raw.length);
    if ('fault' in decoded) return this.cuts.unread(raw, place, 'record-broken', { fault: decoded.fault });
    if (decoded.next !== raw.length)
      return this.cuts.unread(raw, place, 'record-longer-than-its-element', { read: decoded.next });
    const reading = readPgwCdr(decoded.node, this.profile);
    if ('reason' in reading) return this.cuts.unread(raw, place, reading.reason, reading.detail);
    return this.cuts.reading(raw, reading);
  }
}

function mismatch(found: string): Refusal<PgwCode> {
  return new Refusal('format-mismatch', { detail: { format: 'pgw-cdr', found } });
}
