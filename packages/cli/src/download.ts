import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Desk } from './desk.ts';
import type { Server } from './server.ts';
import { plain } from './table.ts';

/** Saves what the server answers as a file, which is there only once it is whole, and tells so. */
export async function saveDownload(
  desk: Desk,
  server: Server,
  path: string,
  file: string,
  document: Readonly<Record<string, string>>,
): Promise<void> {
  const bytes = await server.download(path);
  const part = `${file}.part`;
  try {
    await pipeline(Readable.from(bytes, { objectMode: false }), createWriteStream(part));
  } catch (fault) {
    await rm(part, { force: true });
    throw fault;
  }
  await rename(part, file);
  desk.answer(document, () => desk.line(desk.say('export.done', { file: plain(file) })));
}
