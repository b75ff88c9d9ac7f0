import type { Tx } from '../../../kernel/database/transaction.ts';
import { Refusal } from '../../../kernel/refusal.ts';
import { stage } from '../../../spine/ledger/stage.ts';
import type { NamedSubject } from '../../../spine/views/named-subjects.ts';
import type { SourceCode } from '../gate/gate-code.ts';
import { readEid } from '../identifiers/eid.ts';
import { enabledOn, hasChip, profileForUpdate, saveProfile } from './store.ts';

export const PROFILE_STATES = [
  'available',
  'reserved',
  'installed',
  'enabled',
  'disabled',
  'deleted',
] as const;
export type ProfileState = (typeof PROFILE_STATES)[number];

/** Where a profile may go from where it is (after SGP.22 §3.1 and SGP.32: made ready, downloaded, switched, deleted). */
const MOVES: Readonly<Record<ProfileState, readonly ProfileState[]>> = {
  available: ['reserved', 'deleted'],
  reserved: ['available', 'installed', 'deleted'],
  installed: ['enabled', 'deleted'],
  enabled: ['disabled'],
  disabled: ['enabled', 'deleted'],
  deleted: [],
};

/**
 * Moves a profile of an eSIM in the caller's transaction. `reserved` names the chip it is made for; a chip of no pool
 * of the party is refused, and so is a second enabled profile on one chip. The profile's state is what lies on the
 * chip: whether the card may be used is its life's, and no profile opens that gate.
 */
export async function moveProfile(
  tx: Tx,
  card: NamedSubject,
  asked: { readonly state: ProfileState; readonly eid?: string | undefined },
  hand: { readonly actor: string; readonly atMs: number },
): Promise<{ state: ProfileState; eid: string | null }> {
  const profile = await profileForUpdate(tx, card.subjectId);
  if (profile === undefined)
    throw new Refusal<SourceCode>('card-source-unknown', { detail: { kind: 'profile' } });
  const from = profile.state as ProfileState;
  const no = (why: string) =>
    new Refusal<SourceCode>('profile-not-allowed', { detail: { from, to: asked.state, why } });
  if (!MOVES[from].includes(asked.state)) throw no('move');
  let eid = asked.state === 'available' ? null : profile.eid;
  if (asked.state === 'reserved') {
    const read = readEid(asked.eid ?? '');
    if ('fault' in read) throw no('eid');
    if (!(await hasChip(tx, card.partyId, read.digits))) throw no('chip-of-no-pool');
    eid = read.digits;
  }
  if (asked.state === 'enabled' && eid !== null && (await enabledOn(tx, card.partyId, eid)) !== undefined)
    throw no('another-enabled');
  const { atMs } = hand;
  await saveProfile(tx, card.partyId, {
    ...{ cardId: card.subjectId, eid, state: asked.state, atMs },
    by: hand.actor,
  });
  await stage(tx, {
    act: 'esim-profile-moved',
    object: `subject/${card.subjectId}`,
    partyId: card.partyId,
    actor: hand.actor,
    atMs,
    detail: { from, to: asked.state },
  });
  return { state: asked.state, eid };
}
