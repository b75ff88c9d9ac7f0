import type { Database } from '../../../kernel/database/transaction.ts';
import { Refusal } from '../../../kernel/refusal.ts';
import { type RecordDoors, recorded } from '../recorded.ts';
import type { RegistryCode } from '../registry-code.ts';
import * as store from './store.ts';

export type { PartyRow as Party } from './store.ts';

/** What kinds of organisation there are (GLOSSARY: party). */
export const PARTY_KINDS = [
  'operator',
  'manufacturer',
  'service-provider',
  'customer',
  'laboratory',
  'university',
  'regulator',
  'department',
] as const;

/** Founds a party below another that the actor may see; returns its id. */
export async function foundParty(
  doors: RecordDoors,
  actor: { label: string; partyId: number },
  asked: { parentId: number; kind: string; nameEn: string; nameZh: string },
): Promise<number> {
  const attempt = { act: 'party-founded', object: `party/${asked.parentId}`, partyId: actor.partyId };
  const detail = { parent: `party/${asked.parentId}`, kind: asked.kind };
  return recorded(doors, { ...attempt, actor: actor.label, detail }, async tx => {
    if ((await store.partyById(tx, asked.parentId)) === undefined) {
      throw new Refusal<RegistryCode>('party-unknown');
    }
    const made = await store.addParty(tx, { ...asked, atMs: doors.clock.now() });
    return { result: made, object: `party/${made}` };
  });
}

/** The actor's party and everything below it, by id. */
export function listParties(
  database: Database,
  partyId: number,
  afterId: number,
  limit: number,
): Promise<store.PartyRow[]> {
  return database.door(partyId, tx => store.parties(tx, afterId, limit));
}

/** Refuses `party-unknown` for a party that the actor may not see. */
export async function partyById(
  database: Database,
  actorParty: number,
  partyId: number,
): Promise<store.PartyRow> {
  const found = await database.door(actorParty, tx => store.partyById(tx, partyId));
  if (found === undefined) throw new Refusal<RegistryCode>('party-unknown');
  return found;
}

/** The ids of the parties that a party may see: itself and all below. */
export function partiesSeenBy(database: Database, partyId: number): Promise<number[]> {
  return database.door(partyId, store.visiblePartyIds);
}
