import type { WordsIn, WordsOut } from './image-words.ts';
import type { MetPanes } from './met-panes.ts';

/** Writes which of the slots given met their rule and in which pane, under the slots they get: from 1 on in that order. */
export function writeMet(out: WordsOut, met: MetPanes | null, slots: Int32Array): void {
  const at = out.room(1);
  for (let n = 0; met !== null && n < slots.length; n += 1) {
    const pane = met.paneOf(slots[n] as number);
    if (pane < 0) continue;
    out.put(n + 1);
    out.put(pane);
  }
  out.words[at] = (out.length - at - 1) / 2;
}

/** Pairs of a slot and its pane as they lie in a piece, found to be in order and in bounds. */
export interface MetImage {
  readonly in: WordsIn;
  readonly at: number;
  readonly count: number;
}

/** Reads what `writeMet` wrote; no slot may go beyond `most`. */
export function readMet(reader: WordsIn, met: MetPanes | null, most: number): MetImage {
  const count = reader.take();
  if (!(count >= 0 && count <= most) || (met === null && count > 0)) reader.refuse();
  const at = reader.skip(2 * count);
  let before = 0;
  for (let i = at; i < at + 2 * count; i += 2) {
    const slot = reader.words[i] as number;
    if (!(slot > before && slot <= most) || !((reader.words[i + 1] as number) >= 0)) reader.refuse();
    before = slot;
  }
  return { in: reader, at, count };
}

/** Puts checked pairs in place of none. */
export function fillMet({ in: { words }, at, count }: MetImage, met: MetPanes | null): void {
  for (let i = at; i < at + 2 * count; i += 2) met?.set(words[i] as number, words[i + 1] as number);
}
