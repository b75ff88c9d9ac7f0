import { canonicalJson } from '../../../kernel/canonical-json.ts';
import { isRefusal } from '../../../kernel/refusal.ts';
import { commit, newSalt } from '../../../kernel/seal/commitment.ts';
import { DAY_MS, rfc3339 } from '../../../kernel/time.ts';
import { type RecordDoors, recorded, recordRefused } from '../../registry/recorded.ts';
import type { ExportHand, Purpose } from '../export-table.ts';
import { type ExportAsked, type RegulatorDoor, whatIsAsked } from '../regulator-export.ts';
import { no, refuseUnlessPerson } from './codes.ts';
import * as store from './store.ts';

/** For what personal data is to leave in the clear, as who proposes it states. */
export interface Grounds {
  readonly purpose: Purpose;
  /** The legal basis: law and clause, 4 to 300 characters; enters the ledger. */
  readonly ground: string;
  /** The authority's file number, or the case, 1 to 120 characters; the ledger, which is public, holds a commitment. */
  readonly reference: string;
  /** Why, at most 1,000 characters; in the same commitment, as it may name a person. */
  readonly why: string;
}

/** How long a proposal waits for the second person. */
export const PROPOSAL_WAIT_MS = 3 * DAY_MS;

/**
 * Proposes an export in which personal data stands in the clear, for another person to confirm (C-54). What would be
 * refused when it is taken is refused now, and the persons it shows are counted, for the second person to see.
 *
 * Refuses `clear-export-needs-person`, `clear-export-needs-roles` for who may not see persons, and what a masked
 * export is refused with. The ledger has the attempt on success and on failure.
 */
export async function proposeClearExport(
  hand: Omit<ExportHand, 'unmasked'>,
  door: RegulatorDoor,
  asked: ExportAsked,
  grounds: Grounds,
): Promise<store.ClearExport> {
  const { actor } = hand;
  const atMs = hand.clock.now();
  const attempt = {
    ...{ act: 'clear-export-proposed', object: `party/${actor.partyId}` },
    ...{ partyId: actor.partyId, actor: actor.label, detail: askedText(asked, grounds) },
  };
  const known = await counted(hand, door, asked, atMs).catch(async thrown => {
    if (isRefusal(thrown)) await recordRefused(hand, attempt, thrown.code);
    throw thrown;
  });
  const salt = newSalt();
  const said = commit(salt, canonicalJson({ reference: grounds.reference, why: grounds.why })).toString(
    'hex',
  );
  return recorded(hand, attempt, async tx => {
    if (!(await store.holdsRoles(tx, actor.partyId, actor.label, actor.label)))
      throw no('clear-export-needs-roles', null);
    const id = await store.insertClearExport(tx, {
      ...{ partyId: actor.partyId, ...asked.period, sets: asked.sets ?? null, format: asked.format },
      ...{ zone: asked.zone ?? null, ...grounds, salt: salt.toString('hex'), ...known },
      ...{ proposedBy: actor.label, proposedAtMs: atMs, expiresAtMs: atMs + PROPOSAL_WAIT_MS },
    });
    const result = (await store.clearExportById(tx, id)) as store.ClearExport;
    const detail = { ...known, said, expiresAt: rfc3339(result.expiresAtMs) };
    return { result, object: `clear-export/${id}`, detail };
  });
}

/** Refuses, on record, who would have persons in the clear alone. */
export async function refuseAlone(
  doors: RecordDoors,
  { partyId, label }: ExportHand['actor'],
  detail: Readonly<Record<string, string>>,
): Promise<never> {
  const alone = no('clear-export-needs-two', null);
  const attempt = { act: 'regulator-export', object: `party/${partyId}`, partyId, actor: label, detail };
  await recordRefused(doors, attempt, alone.code);
  throw alone;
}

interface Counted {
  readonly persons: number;
  /** How many one reader may see on a day; null where nothing limits it. */
  readonly most: number | null;
}

/** How many persons the files show, by what their suppliers say. */
async function counted(
  hand: Omit<ExportHand, 'unmasked'>,
  door: RegulatorDoor,
  asked: ExportAsked,
  atMs: number,
): Promise<Counted> {
  refuseUnlessPerson(hand.actor.label);
  const { files } = whatIsAsked(door, asked, atMs);
  let sum: Counted = { persons: 0, most: null };
  for (const name of new Set(files.map(each => each.of))) {
    const told = await door.suppliers.find(each => each.name === name)?.persons?.(hand, asked.period);
    if (told !== undefined)
      sum = { persons: sum.persons + told.persons, most: Math.min(sum.most ?? told.most, told.most) };
  }
  return sum;
}

function askedText({ period, sets, format }: ExportAsked, { purpose, ground }: Grounds) {
  const { fromMs, toMs } = period;
  return {
    ...{ from: rfc3339(fromMs), to: rfc3339(toMs), sets: sets === undefined ? 'all' : [...sets], format },
    ...{ purpose, ground },
  };
}
