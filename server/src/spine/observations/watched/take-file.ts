import { createHash } from 'node:crypto';
import type { Claimed, Inbox, InboxCode } from '../../../kernel/inbox/inbox.ts';
import { isRefusal, Refusal } from '../../../kernel/refusal.ts';
import { rfc3339 } from '../../../kernel/time.ts';
import { type IntakeDoors, takeIn } from '../intake.ts';
import type { Source } from '../store.ts';
import { batchOfContent } from './store.ts';

/** What is wrong with the file or the source, and stays so: the file goes to `failed`. */
const FINAL: ReadonlySet<string> = new Set([
  'file-unreadable',
  'format-mismatch',
  'format-unknown',
  'source-retired',
]);

/** The server is told to stop: the file is taken again at the next start. */
export type WatchCode = 'watch-stopped';

export interface TakeDoors {
  readonly intake: IntakeDoors;
  /** Called for each piece that is read; may throw to break off. */
  onPiece(): void;
}

/**
 * Takes one file into its source and puts it into `done` with the batch's report, or into `failed` with the reason.
 * When this returns the file is settled, or put back because it changed while it was read.
 *
 * A file that was taken in whole before, under whatever name, and also when the server died before it was put away,
 * is known by its content and makes no second batch (E-03). When this throws, the file stays claimed: taken again, it
 * brings only what is missing.
 */
export async function takeFile(doors: TakeDoors, source: Source, inbox: Inbox, file: Claimed): Promise<void> {
  try {
    const report =
      (await knownReport(doors, source, inbox, file)) ?? (await takenReport(doors, source, inbox, file));
    await inbox.settle(file, 'done', { ...about(doors, source, file), ...report });
  } catch (thrown) {
    if (!isRefusal(thrown)) throw thrown;
    if (thrown.code === ('file-changed' satisfies InboxCode)) return inbox.giveBack(file);
    if (!FINAL.has(thrown.code)) throw thrown;
    const { code, detail } = thrown;
    await inbox.settle(file, 'failed', { ...about(doors, source, file), code, detail });
  }
}

async function knownReport(
  doors: TakeDoors,
  source: Source,
  inbox: Inbox,
  file: Claimed,
): Promise<object | null> {
  const content = createHash('sha256');
  for await (const piece of heeded(doors, inbox, file)) content.update(piece);
  const digest = content.digest();
  const batch = await doors.intake.database.door(source.partyId, tx =>
    batchOfContent(tx, source.sourceId, digest),
  );
  if (batch === undefined) return null;
  const { batchId, ...rest } = batch;
  return { batch: batchId, isKnown: true, ...rest };
}

async function takenReport(doors: TakeDoors, source: Source, inbox: Inbox, file: Claimed): Promise<object> {
  const actor = { partyId: source.partyId, label: `folder/${source.sourceId}` };
  const bytes = heeded(doors, inbox, file);
  const report = await takeIn(doors.intake, actor, source.sourceId, file.name, bytes);
  const { batchId, ...rest } = report;
  return { batch: batchId, isKnown: false, ...rest };
}

async function* heeded(doors: TakeDoors, inbox: Inbox, file: Claimed): AsyncGenerator<Buffer> {
  for await (const piece of inbox.read(file)) {
    doors.onPiece();
    yield piece;
  }
}

function about(doors: TakeDoors, source: Source, file: Claimed): object {
  return { file: file.name, source: source.name, at: rfc3339(doors.intake.clock.now()) };
}

export function stopped(): Refusal<WatchCode> {
  return new Refusal('watch-stopped');
}
