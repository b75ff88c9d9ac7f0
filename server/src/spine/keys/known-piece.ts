import { beginPiece, type Checksum, openPiece, type Piece, refuse } from '../rules/arrays/image-words.ts';
import { readTexts, tableOf, writeTexts } from '../rules/arrays/text-image.ts';
import { Texts } from '../rules/arrays/texts.ts';

const NAME = 'known-keys';

/** Names of keys as a piece of an image, in their order. */
export function knownPiece(ids: Iterable<string>, stop: string, checksum: Checksum): Piece {
  const table = new Texts(0);
  const numbers = [...ids].sort().map(id => table.idOf(id));
  const out = beginPiece(NAME, stop);
  writeTexts(out, table, numbers);
  return out.seal(NAME, checksum);
}

/** The names in the piece among these; refuses with an `ImageFault` what `knownPiece` did not make for that stop. */
export function readKnown(pieces: readonly Piece[], stop: string, checksum: Checksum): string[] {
  const [piece, ...more] = pieces.filter(({ name }) => name === NAME);
  if (piece === undefined) refuse(NAME, 'missing');
  if (more.length > 0) refuse(NAME, 'twice');
  const opened = openPiece(piece, checksum);
  if (opened.stop !== stop) refuse(NAME, 'other-stop');
  const image = readTexts(opened.in);
  opened.in.end();
  const table = tableOf(image, 0);
  return Array.from({ length: table.size }, (_none, i) => table.textOf(i + 1) as string);
}
