import { stage } from '../../ledger/stage.ts';
import { makeAccount, type PeopleDoors } from './people.ts';
import * as store from './store.ts';

/** The first person of an installation and how they get in. */
export interface FirstAdministrator {
  readonly email: string;
  readonly oneTimePassword: string;
}

/**
 * At the very first start makes the root party and one administrator with a one-time password; later does
 * nothing and returns null. Two servers that start at once make one.
 *
 * `tell` shows the password before the commit: a crash in between leaves nothing, and the next start tells
 * another one, so the password is never lost.
 */
export async function foundInstallation(
  doors: PeopleDoors,
  asked: { nameEn: string; nameZh: string; email: string },
  tell: (administrator: FirstAdministrator) => void,
): Promise<{ partyId: number; userId: string } | null> {
  return doors.database.corridor(async tx => {
    await store.lockFounding(tx);
    if (await store.isFounded(tx)) return null;
    const atMs = doors.clock.now();
    const partyId = await store.addParty(tx, { ...asked, parentId: null, kind: 'operator', atMs });
    const person = await makeAccount(doors, tx, { email: asked.email, name: 'Administrator' });
    const { userId } = person;
    await store.addMembership(tx, { userId, partyId, role: 'administrator', grantedBy: 'founding', atMs });
    const act = { act: 'installation-founded', object: `party/${partyId}`, partyId, actor: 'founding', atMs };
    await stage(tx, { ...act, detail: { administrator: `person/${userId}` } });
    tell({ email: person.email, oneTimePassword: person.oneTimePassword });
    return { partyId, userId };
  });
}
