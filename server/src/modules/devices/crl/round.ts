import type { Logger } from '../../../kernel/log.ts';
import { isRefusal } from '../../../kernel/refusal.ts';
import type { AuthorityDesk } from '../authorities/authorities.ts';
import { profileNamed } from '../authorities/profiles.ts';
import { renewResponder } from '../authorities/responder.ts';
import { withoutResponder } from '../authorities/store.ts';
import { makeDueLists } from './build.ts';
import { withDueLists } from './store.ts';

/**
 * Makes what authorities have to tell: responders that are to be renewed, lists that are due. While nothing is due this
 * costs two questions. One authority whose key cannot be reached holds up no other: that is logged, and tried again.
 */
export async function tellWhatIsDue(desk: AuthorityDesk, log: Logger): Promise<void> {
  const nowMs = desk.clock.now();
  const half = profileNamed(desk.profiles, 'responder', 'responder').validMs / 2;
  const tired = await desk.database.corridor(tx => withoutResponder(tx, nowMs, nowMs + half));
  for (const { authorityId, partyId } of tired)
    await unless(log, authorityId, () => renewResponder(desk, partyId, authorityId));
  const due = await desk.database.corridor(tx => withDueLists(tx, nowMs));
  for (const { authorityId, partyId } of due)
    await unless(log, authorityId, () => makeDueLists(desk, partyId, authorityId));
}

async function unless(log: Logger, authorityId: number, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (thrown) {
    if (!isRefusal(thrown)) throw thrown;
    log.error({ authorityId, code: thrown.code }, 'an authority cannot sign what it has to tell');
  }
}
