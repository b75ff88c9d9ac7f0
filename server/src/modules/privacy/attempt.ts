import { isRefusal } from '../../kernel/refusal.ts';
import { type Attempt, type RecordDoors, recordRefused } from '../../spine/registry/recorded.ts';

/**
 * Does something that puts itself on record when it is done; when it is refused, the refusal is on record by itself
 * before it goes on to the caller.
 */
export async function onRecord<T>(doors: RecordDoors, attempt: Attempt, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    if (isRefusal(thrown)) await recordRefused(doors, attempt, thrown.code);
    throw thrown;
  }
}
