import type { IntakeDoors } from './observations/intake.ts';
import { plainProfile } from './observations/source-profile.ts';
import { addSource, type Source, sourceByName } from './observations/store.ts';

export type { Source } from './observations/store.ts';

/** The source that the installation keeps for a party's records of a kind of its own; made where there is none. */
export async function ownSourceOf(
  { database, clock }: IntakeDoors,
  partyId: number,
  kind: string,
): Promise<Source> {
  const name = `own-${kind}-${partyId}`;
  return await database.door(partyId, async tx => {
    const found = await sourceByName(tx, name);
    if (found !== undefined) return found;
    const profile = { ...plainProfile, isOwn: true };
    const atMs = clock.now();
    const sourceId = await addSource(tx, { partyId, name, format: kind, profile, atMs });
    return {
      sourceId,
      partyId,
      name,
      format: kind,
      profile,
      watermarkMs: null,
      createdAtMs: atMs,
      retiredAtMs: null,
    };
  });
}
