/** Our side: CSV bytes into columns, columns through the twelve rules in arrays. */
import { createHash } from 'node:crypto';
import { ArrayJudge } from '../../server/src/spine/rules/arrays/array-judge.ts';
import { type Batch, DIGEST_WORDS } from '../../server/src/spine/rules/arrays/columns.ts';
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
const LF = 10;
const COLUMNS = ['', 'imei', 'mcc', 'peer', '', 'bytesUp', 'bytesDown', 'latE6', 'lonE6'] as const;
const FIELDS = COLUMNS.length;
const begins = new Int32Array((BATCH + 1) * FIELDS);

/** First where each field begins, then a column after the other. */
function fill(
  batch: Batch,
  judge: ArrayJudge,
  csv: Uint8Array,
  from: number,
  first: number,
  most: number,
): number {
  const limit = Math.min(batch.capacity, most - first);
  let at = from;
  let count = 0;
  let place = 0;
  for (; count < limit && at < csv.length; count += 1) {
    begins[place++] = at;
    for (let byte = csv[at++] as number; byte !== LF; byte = csv[at++] as number)
      if (byte === COMMA) begins[place++] = at;
  }
  begins[place] = at;
  batch.count = count;
  judge.subjects.idsOfBytes(csv, begins, 0, FIELDS, count, batch.slots);
  ints(csv, 4, count, batch.atMs);
  for (let field = 1; field < FIELDS; field += 1) {
    const column = batch.columns[batch.fields.names.indexOf(COLUMNS[field] as string)];
    // What no armed rule reads has no column.
    if (column === undefined) continue;
    if (field < 4) judge.texts.idsOfBytes(csv, begins, field, FIELDS, count, column);
    else ints(csv, field, count, column);
  }
  batch.sources.fill(1, 0, count);
  batch.timeMarks.fill(0, 0, count);
  for (let i = 0; i < count; i += 1) batch.digests[i * DIGEST_WORDS] = first + i;
  return at;
}

function ints(csv: Uint8Array, field: number, count: number, out: Float64Array): void {
  for (let i = 0, place = field; i < count; i += 1, place += FIELDS) {
    const to = (begins[place + 1] as number) - 1;
    let value = 0;
    let at = begins[place] as number;
    // Nine digits fit a whole number; the rest is added as a float.
    const middle = Math.min(to, at + 9);
    let head = 0;
    for (; at < middle; at += 1) head = head * 10 + (csv[at] as number) - 48;
    value = head;
    for (; at < to; at += 1) value = value * 10 + (csv[at] as number) - 48;
    out[i] = to === (begins[place] as number) ? Number.NaN : value;
  }
}
