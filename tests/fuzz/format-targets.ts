import { contributions } from '../../server/src/house.ts';
import { isRefusal } from '../../server/src/kernel/refusal.ts';
import { freeradiusDetailUnscanned } from '../../server/src/modules/cards/formats/freeradius-detail.ts';
import { genericCsvUnscanned } from '../../server/src/modules/cards/formats/generic-csv.ts';
import { readWhole, type Whole, written } from '../../server/src/modules/cards/formats/reading-aids.ts';
import type { RecordFormat } from '../../server/src/spine/observations/format.ts';
import type { Reading } from '../../server/src/spine/observations/observation.ts';
import type { SourceProfile } from '../../server/src/spine/observations/source-profile.ts';
import { disturbed, pick } from './disturb.ts';
import { SEEDS, type Seeds } from './format-seeds.ts';
import { type Draw, holds, type Target, target } from './target.ts';

/** The complete parsers which a byte scanner must equal, record for record. */
const UNSCANNED: Readonly<Record<string, RecordFormat>> = {
  'generic-csv': genericCsvUnscanned,
  'freeradius-detail': freeradiusDetailUnscanned,
};

/** Every record format of the house, whether somebody thought of it here or not. */
export const FORMAT_TARGETS: readonly Target[] = contributions
  .flatMap(each => each.formats)
  .map(format =>
    target(
      format.name,
      draw => fileFor(draw, format.name),
      file => readsAsPromised(format, file),
    ),
  );

interface File {
  readonly bytes: Buffer;
  readonly profile: Partial<SourceProfile>;
  readonly slice: number;
}

const NO_SEEDS: Seeds = { files: [Buffer.from('{}\n')], profiles: [{}] };

function fileFor(draw: Draw, name: string): File {
  const seeds = SEEDS.get(name) ?? NO_SEEDS;
  const foreign = draw(40) === 0 ? [...SEEDS.values()].flatMap(each => each.files) : seeds.files;
  const bytes = disturbed(draw, foreign);
  return { bytes, profile: pick(draw, seeds.profiles), slice: pick(draw, [7, 100, 65_536, 65_536]) };
}

async function readsAsPromised(format: RecordFormat, { bytes, profile, slice }: File): Promise<void> {
  const whole = await wholeOf(format, bytes, profile, bytes.length > 5_000 ? 65_536 : slice);
  const unscanned = UNSCANNED[format.name];
  if (unscanned !== undefined) {
    const complete = await wholeOf(unscanned, bytes, profile, 65_536);
    const isAlike = toText(whole) === toText(complete);
    holds(isAlike, `scanner and complete parser differ:\n${toText(whole)}\n${toText(complete)}`);
  }
  if (typeof whole === 'string') return;
  accounted(whole);
  if (format.name === 'generic-csv' && whole.report.facts.isWorkbook !== true) noByteLost(whole, bytes);
  for (const reading of whole.readings) sound(reading);
  plainTexts(whole.report);
  plainTexts(whole.unread);
  if (!bytes.includes(0)) await readAgain(format, whole, profile);
}

/** What came of a file, or the refusal's code and detail when it is of another kind. */
async function wholeOf(
  format: RecordFormat,
  bytes: Buffer,
  profile: Partial<SourceProfile>,
  slice: number,
): Promise<Whole | string> {
  try {
    return await readWhole(format, bytes, profile, slice);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    holds(error.code === 'format-mismatch', `a file is refused with ${error.code}`);
    plainTexts(error.detail);
    return JSON.stringify(error.detail);
  }
}

function toText(whole: Whole | string): string {
  return typeof whole === 'string' ? whole : written(whole);
}

/** received = accepted + quarantined: every record has one outcome and the next number. */
function accounted({ cuts, readings, unread }: Whole): void {
  holds(cuts.length === readings.length + unread.length, 'a record has no outcome');
  for (const [i, cut] of cuts.entries())
    holds(cut.recordNo === i + 1, `record ${i + 1} is number ${cut.recordNo}`);
}

/** Every byte of a table that is no white space lies in the header or in one record. */
function noByteLost({ cuts, report }: Whole, bytes: Buffer): void {
  if (cuts.length === 0) return;
  const before = Buffer.from(cuts[0]?.frame?.before ?? new Uint8Array());
  // A mark is dropped, or carried on with the header by records that must say they are UTF-8.
  const mayCarry = before.subarray(0, 3).equals(Buffer.from([0xef, 0xbb, 0xbf]));
  const marks = report.facts.hadByteOrderMark === true ? [3, ...(mayCarry ? [0] : [])] : [0];
  const header = weight(before);
  const records = cuts.reduce((sum, cut) => sum + weight(cut.raw), 0);
  const all = weight(bytes);
  const isAll = marks.some(mark => header + records === all - mark);
  holds(isAll, `${all} bytes came, ${header} + ${records} were read`);
}

function weight(bytes: Uint8Array): number {
  let count = 0;
  for (const byte of bytes) if (!((byte >= 9 && byte <= 13) || byte === 0x20 || byte === 0xa0)) count += 1;
  return count;
}

function sound(reading: Reading): void {
  // What the house itself tells of is anything that is registered.
  const isOwn =
    /-(check|telemetry|connection|audit)$/.test(reading.kind) &&
    /^[a-z]{2,20}:[^\p{Cc}\ufffd]{1,400}$/u.test(reading.claim);
  holds(
    isOwn || /^((iccid|imsi|eid|msisdn):[0-9A-Za-z]+|sim:[A-Za-z0-9][A-Za-z0-9._-]*)$/.test(reading.claim),
    `claim ${JSON.stringify(reading.claim)}`,
  );
  const { observedAtMs } = reading;
  const { offsetMin = 0 } = reading;
  holds(Number.isInteger(offsetMin) && Math.abs(offsetMin) < 1_440, `offset ${offsetMin}`);
  holds(observedAtMs === undefined || Number.isSafeInteger(observedAtMs), `time ${observedAtMs}`);
  for (const [field, value] of Object.entries(reading.body)) {
    const isPlain = value === null || ['string', 'boolean'].includes(typeof value) || Number.isFinite(value);
    holds(isPlain, `${field} is ${String(value)}`);
    if (/^bytes|Seconds$|Count$/.test(field) && typeof value === 'number')
      holds(Number.isSafeInteger(value), `${field} is ${value}`);
  }
  plainTexts(reading);
}

/** Texts are whole characters. That the database holds no NUL is the intake's to see to, for every format. */
function plainTexts(value: unknown): void {
  if (typeof value === 'string') {
    holds(value.isWellFormed(), `a text with half a character: ${JSON.stringify(value).slice(0, 200)}`);
  } else if (typeof value === 'object' && value !== null && !(value instanceof Uint8Array)) {
    for (const [key, each] of Object.entries(value)) {
      plainTexts(key);
      plainTexts(each);
    }
  }
}

/** A record that was read, framed as it says, is a file of which the same is read (replay from quarantine). */
async function readAgain(
  format: RecordFormat,
  { cuts }: Whole,
  profile: Partial<SourceProfile>,
): Promise<void> {
  const cut = cuts.findLast(each => 'reading' in each.outcome);
  if (cut === undefined || !('reading' in cut.outcome)) return;
  const { before, after } = cut.frame ?? { before: new Uint8Array(), after: new Uint8Array() };
  const again = await readWhole(format, Buffer.concat([before, cut.raw, after]), profile);
  const said = (reading: Reading | undefined): string =>
    JSON.stringify([reading?.claim, reading?.observedAtMs, reading?.body, reading?.series]);
  const isSame = again.readings.length === 1 && said(again.readings[0]) === said(cut.outcome.reading);
  holds(
    isSame,
    `read again otherwise:\n${said(cut.outcome.reading)}\n${said(again.readings[0])}\n${JSON.stringify(again.unread)}`,
  );
}
