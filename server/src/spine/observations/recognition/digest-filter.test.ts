import { describe, expect, it } from 'vitest';
import { sha256 } from '../../../kernel/bytes.ts';
import { DigestFilter } from './digest-filter.ts';

const digest = (no: number): Buffer => sha256(`record ${no}`);

describe('a filter of digests', () => {
  it('holds all that were added over many panes, and none of as many others', () => {
    const filter = new DigestFilter();
    for (let no = 0; no < 60_000; no++) filter.add(digest(no), 0, no);
    let missed = 0;
    let mistaken = 0;
    for (let no = 0; no < 60_000; no++) if (!filter.mayHold(digest(no))) missed += 1;
    for (let no = 60_000; no < 120_000; no++) if (filter.mayHold(digest(no))) mistaken += 1;
    expect(missed).toBe(0);
    expect(mistaken).toBeLessThan(3);
    expect(filter.bytes / 60_000).toBeLessThan(24);
  });

  it('forgets a pane only when its newest digest is older than asked for, and keeps one that came again', () => {
    const filter = new DigestFilter();
    for (let no = 0; no < 20_000; no++) filter.add(digest(no), 0, no);
    filter.add(digest(1), 0, 50_000);
    filter.forgetBefore(19_000);
    expect(filter.mayHold(digest(19_500))).toBe(true);
    expect(filter.mayHold(digest(1))).toBe(true);
    expect(filter.mayHold(digest(2))).toBe(false);
    filter.forgetBefore(50_001);
    expect(filter.mayHold(digest(1))).toBe(false);
    expect(filter.bytes).toBe(0);
  });

  it('takes a digest whose first bytes are zero', () => {
    const filter = new DigestFilter();
    const zero = Buffer.alloc(32);
    expect(filter.mayHold(zero)).toBe(false);
    filter.add(zero, 0, 1);
    expect(filter.mayHold(zero)).toBe(true);
  });
});
