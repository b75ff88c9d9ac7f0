/** Our side: CSV bytes into columns, columns through the twelve rules in arrays. */
import { createHash } from 'node:crypto';
import { moduleCopies } from '../../server/src/kernel/module-copy.ts';
import { ArrayJudge } from '../../server/src/spine/rules/arrays/array-judge.ts';
import { type Batch, DIGEST_WORDS } from '../../server/src/spine/rules/arrays/columns.ts';
import { type Closures, sharedClosures } from '../../server/src/spine/rules/cel/index.ts';
import type { Rule } from '../../server/src/spine/rules/rule.ts';
import { type Hits, hit, openHits, TERMS } from './data.ts';

const BATCH = 4_000;
const copies = moduleCopies(
  new URL('../../server/src/spine/rules/cel/closures.ts', import.meta.url).href,
  sharedClosures,
  400,
);

/** Copies of the closures for every rule, taken before the first batch. */
export async function copiesFor(
  rules: readonly Rule[],
): Promise<(rule: string) => (key: string) => Closures> {
  const taken = new Map<string, Closures>();
  const keys = new Set<string>();
  for (const rule of rules) for (let n = 0; n < 8; n += 1) keys.add(`${rule.id}#${n}`);
  for (const variable of ['observation', 'bound', 'state'])
    for (let n = 0; n < 14; n += 1) keys.add(`${variable}.f${n}`);
  for (const key of keys) taken.set(key, await copies.take(key));
  return rule => key => taken.get(key.startsWith('#') ? `${rule}${key}` : key) ?? sharedClosures;
}

export function openArrays(
  rules: readonly Rule[],
  copyFor: (rule: string) => (key: string) => Closures,
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
    found: verdict =>
      hit(hits, number.get(verdict.ruleId) as number, Number.parseInt(verdict.completedBy.slice(0, 8), 16)),
  });
  for (const rule of rules) judge.arm(rule, copyFor(rule.id));
  return { judge, hits };
}

export function judgeArrays(judge: ArrayJudge, csv: Buffer, most = Number.POSITIVE_INFINITY): void {
  let at = csv.indexOf(10) + 1;
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
const ends = new Int32Array(9);

function fill(
  batch: Batch,
  judge: ArrayJudge,
  csv: Buffer,
  from: number,
  first: number,
  most: number,
): number {
  const column = (name: string) => batch.columns[batch.fields.column(name)] as { [record: number]: number };
  const [imei, mcc, peer, up, down, lat, lon] = [
    column('imei'),
    column('mcc'),
    column('peer'),
    column('bytesUp'),
    column('bytesDown'),
    column('latE6'),
    column('lonE6'),
  ];
  const { texts, subjects } = judge;
  const { slots, atMs, digests, sources, timeMarks } = batch;
  let at = from;
  let i = 0;
  for (; i < batch.capacity && at < csv.length && first + i < most; i += 1) {
    const start = at;
    let field = 0;
    for (;;) {
      const byte = csv[at] as number;
      if (byte === COMMA || byte === LF) {
        ends[field] = at;
        field += 1;
        if (byte === LF) break;
      }
      at += 1;
    }
    at += 1;
    slots[i] = subjects.idOfBytes(csv, start, ends[0] as number);
    imei[i] = text(texts, csv, (ends[0] as number) + 1, ends[1] as number);
    mcc[i] = text(texts, csv, (ends[1] as number) + 1, ends[2] as number);
    peer[i] = text(texts, csv, (ends[2] as number) + 1, ends[3] as number);
    atMs[i] = int(csv, (ends[3] as number) + 1, ends[4] as number);
    up[i] = int(csv, (ends[4] as number) + 1, ends[5] as number);
    down[i] = int(csv, (ends[5] as number) + 1, ends[6] as number);
    lat[i] = int(csv, (ends[6] as number) + 1, ends[7] as number);
    lon[i] = int(csv, (ends[7] as number) + 1, ends[8] as number);
    sources[i] = 1;
    timeMarks[i] = 0;
    digests[i * DIGEST_WORDS] = first + i;
  }
  batch.count = i;
  return at;
}

function text(texts: ArrayJudge['texts'], csv: Buffer, from: number, to: number): number {
  return from === to ? 0 : texts.idOfBytes(csv, from, to);
}

function int(csv: Buffer, from: number, to: number): number {
  if (from === to) return Number.NaN;
  let value = 0;
  for (let i = from; i < to; i += 1) value = value * 10 + (csv[i] as number) - 48;
  return value;
}
