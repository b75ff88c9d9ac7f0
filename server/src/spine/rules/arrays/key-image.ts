import type { WordsIn, WordsOut } from './image-words.ts';
import { putWide, wideAt } from './memory.ts';
import type { Numbering } from './row-image.ts';
import { NO_PARTY, ValueKeys } from './value-keys.ts';

/** Words of a key: the number of its value's text, and its party in two. */
const SIZE = 3;

/** Writes the keys of a rule keyed by a field in the order of their slots. */
export function writeKeys(out: WordsOut, keys: ValueKeys, numbering: Numbering): void {
  out.put(keys.size);
  const at = out.room(SIZE * keys.size);
  for (let slot = 1; slot <= keys.size; slot += 1) {
    const place = at + SIZE * (slot - 1);
    out.words[place] = numbering.of(keys.valueOf(slot));
    putWide(out.words, place + 1, keys.partyOf(slot));
  }
}

/** Keys as they lie in a piece, found to be distinct and in bounds. */
export interface KeyImage {
  readonly in: WordsIn;
  readonly at: number;
  readonly count: number;
}

/** Reads what `writeKeys` wrote; no number of a text may go beyond `texts`. */
export function readKeys(reader: WordsIn, keys: ValueKeys, texts: number): KeyImage {
  const count = reader.take();
  const at = reader.skip(SIZE * count);
  const { words } = reader;
  const met = new ValueKeys(keys.field, { idOf: () => 0, textOf: () => undefined });
  for (let place = at; place < at + SIZE * count; place += SIZE) {
    const value = words[place] as number;
    const partyId = wideAt(words, place + 1);
    if (!(value >= 1 && value <= texts && partyId >= NO_PARTY && Number.isSafeInteger(partyId)))
      reader.refuse();
    met.idOfValue(value, partyId);
  }
  if (met.size !== count) reader.refuse();
  return { in: reader, at, count };
}

/** Gives checked keys their slots in a table that has none; `numbers` gives each text written down its number here. */
export function fillKeys({ in: { words }, at, count }: KeyImage, keys: ValueKeys, numbers: Int32Array): void {
  for (let place = at; place < at + SIZE * count; place += SIZE)
    keys.idOfValue(numbers[words[place] as number] as number, wideAt(words, place + 1));
}
