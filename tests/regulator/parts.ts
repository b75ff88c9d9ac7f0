import { parse } from 'csv-parse/sync';
import { openArchive } from '../../packages/cli/src/regulator/archive.ts';

export type Row = Readonly<Record<string, string>>;

/** The files of an export as text, by name. */
export async function partsOf(path: string): Promise<Record<string, string>> {
  const archive = (await openArchive(path))!;
  const parts: Record<string, string> = {};
  for (const name of archive.names) {
    const pieces: Buffer[] = [];
    for await (const piece of archive.part(name)) pieces.push(piece);
    parts[name] = Buffer.concat(pieces).toString('utf8');
  }
  await archive.close();
  return parts;
}

/** The rows of one of them, a CSV. */
export const rowsOf = (parts: Record<string, string>, name: string): Row[] =>
  parse(parts[`${name}.csv`] as string, { columns: true }) as Row[];
