/** Our side: CSV bytes into columns, columns through the twelve rules in arrays. */
import { createHash } from 'node:crypto';
import { ArrayJudge } from '../../server/src/spine/rules/arrays/array-judge.ts';
import { type Batch, DIGEST_WORDS } from '../../server/src/spine/rules/arrays/columns.ts';
import type { Lane } from '../../server/src/spine/rules/arrays/lane.ts';
import type { Verdict } from '../../server/src/spine/rules/judge-key.ts';
import type { Rule } from '../../server/src/spine/rules/rule.ts';
import { type Hits, hit, openHits, TERMS } from './data.ts';

const BATCH = 4_000;
export function openArrays(
  rules: readonly Rule[],
  found: (verdict: Verdict) => void = () => {},
): {
  judge: ArrayJudge;
  hits: Hits;
} {
  const hits = openHits(rules.length);
  const number = new Map(rules.map((rule, i) => [rule.id, i]));
  const judge = new ArrayJudge({
    digest: text => createHash('sha256').update(text).digest('hex'),
    stretchAt: subject => ({
      terms: TERMS[subject.charCodeAt(18) - 48] as (typeof TERMS)[number],
      untilMs: Number.POSITIVE_INFINITY,
    }),
    classOf: () => 'other',
    found: verdict => {
      hit(hits, number.get(verdict.ruleId) as number, Number.parseInt(verdict.completedBy.slice(0, 8), 16));
      found(verdict);
    },
  });
  for (const rule of rules) judge.arm(rule);
  return { judge, hits };
}

export function judgeArrays(judge: ArrayJudge, file: Buffer, most = Number.POSITIVE_INFINITY): void {
  const csv = new Uint8Array(file.buffer, file.byteOffset, file.length);
  let at = file.indexOf(LF) + 1;
  let record = 0;
  const batch = judge.openBatch('use', BATCH) as Batch;
  while (at < csv.length && record < most) {
    at = fill(batch, judge, csv, at, record, most);
    judge.judge(batch);
    record += batch.count;
  }
}

const COMMA = 44;
const ZERO = 48;
const LF = 10;
const TEXTS = ['', 'imei', 'mcc', 'peer'] as const;
const INTS = ['', 'bytesUp', 'bytesDown', 'latE6', 'lonE6'] as const;
const FIELDS = TEXTS.length;
/** Where each text of a record begins, and a byte after the last of them ends. */
const begins = new Int32Array(BATCH * (FIELDS + 1));
/** What no armed rule reads has no column. */
const unread = new Float64Array(BATCH);

/** Numbers as they are read, then the texts, a column after the other. */
function fill(
  batch: Batch,
  judge: ArrayJudge,
  csv: Uint8Array,
  from: number,
  first: number,
  most: number,
): number {
  const limit = Math.min(batch.capacity, most - first);
  const column = (name: string): Lane => batch.columns[batch.fields.names.indexOf(name)] ?? unread;
  const ints = INTS.map((name, n) => (n === 0 ? batch.atMs : column(name)));
  let at = from;
  let count = 0;
  let place = 0;
  for (; count < limit && at < csv.length; count += 1) {
    for (let field = 0; field < FIELDS; field += 1) {
      begins[place++] = at;
      while (csv[at] !== COMMA) at += 1;
      at += 1;
    }
    begins[place++] = at;
    for (let field = 0; field < ints.length; field += 1) at = readInt(csv, at, ints[field] as Lane, count);
  }
  batch.count = count;
  judge.subjects.idsOfBytes(csv, begins, 0, FIELDS + 1, count, batch.slots);
  for (let field = 1; field < FIELDS; field += 1) {
    const lane = column(TEXTS[field] as string);
    if (lane !== unread) judge.texts.idsOfBytes(csv, begins, field, FIELDS + 1, count, lane);
  }
  batch.sources.fill(1, 0, count);
  batch.timeMarks.fill(0, 0, count);
  for (let i = 0; i < count; i += 1) batch.digests[i * DIGEST_WORDS] = first + i;
  return at;
}

/** Puts the number that begins at the place into the lane, NaN for none; the place after what ends it. */
function readInt(csv: Uint8Array, from: number, lane: Lane, i: number): number {
  let at = from;
  let head = 0;
  let byte = csv[at] as number;
  // Nine digits fit a whole number; the rest is added as a float.
  const middle = at + 9;
  while (byte >= ZERO && at < middle) {
    head = head * 10 + byte - ZERO;
    at += 1;
    byte = csv[at] as number;
  }
  let value = head;
  while (byte >= ZERO) {
    value = value * 10 + byte - ZERO;
    at += 1;
    byte = csv[at] as number;
  }
  lane[i] = at === from ? Number.NaN : value;
  return at + 1;
}
