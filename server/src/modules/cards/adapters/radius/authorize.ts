import type { Database, Tx } from '../../../../kernel/database/transaction.ts';
import { Refusal } from '../../../../kernel/refusal.ts';
import type { Clock } from '../../../../kernel/time.ts';
import { loadDossiers, names } from '../../../../spine/registry/dossier.ts';
import { readClaim } from '../../identifiers/claims.ts';
import { CARD } from '../../imports/registration.ts';
import { type LimitRow, limitsOf } from './limit-store.ts';
import { blocksOf, countRefusal } from './store.ts';

export type AuthorizeCode = 'card-suspended' | 'card-not-known';

/**
 * Whether a network may let a card in, by the attributes of its Access-Request as FreeRADIUS's `rlm_rest` posts them:
 * `{"3GPP-IMSI": {"type": "string", "value": ["2620…"]}, …}`, or plain texts by name.
 *
 * What a limited card is to be given, for the Access-Accept; undefined for every other.
 *
 * Refuses `card-suspended` for one that is blocked, and counts the attempt; and `card-not-known` for one that no
 * registered card answers to, unless the network said that it lets those in.
 */
export async function authorize(
  doors: { readonly database: Database; readonly clock: Clock },
  partyId: number,
  attributes: Readonly<Record<string, unknown>>,
  unknown: 'reject' | 'accept',
): Promise<Given | undefined> {
  const claims = claimsIn(attributes);
  const atMs = doors.clock.now();
  const verdict = await doors.database.door(partyId, tx => judged(tx, partyId, claims, atMs));
  if (verdict === 'suspended') throw new Refusal<AuthorizeCode>('card-suspended');
  if (verdict === 'unknown' && unknown === 'reject') throw new Refusal<AuthorizeCode>('card-not-known');
  return typeof verdict === 'string' ? undefined : givenBy(verdict);
}

/** Attributes for the answer as `rlm_rest` reads them; a value is never expanded there. */
export type Given = Readonly<
  Record<string, { readonly op: ':='; readonly do_xlat: false; readonly value: readonly (string | number)[] }>
>;

function givenBy(limits: readonly LimitRow[]): Given | undefined {
  if (limits.length === 0) return undefined;
  return Object.fromEntries(
    limits.map(({ attribute, value }) => [
      `reply:${attribute}`,
      { op: ':=', do_xlat: false, value: [value] } as const,
    ]),
  );
}

async function judged(
  tx: Tx,
  partyId: number,
  claims: readonly string[],
  atMs: number,
): Promise<readonly LimitRow[] | 'suspended' | 'unknown'> {
  if (claims.length === 0) return 'unknown';
  const dossiers = await loadDossiers(tx, { claims, subjectIds: [] });
  const cards = dossiers.filter(
    each => each.kind === CARD && claims.some(claim => names(each, { claim, partyId, observedAtMs: atMs })),
  );
  if (cards.length === 0) return 'unknown';
  const subjectIds = cards.map(card => card.subjectId);
  const blocks = await blocksOf(tx, subjectIds);
  for (const { subjectId } of blocks) await countRefusal(tx, subjectId, atMs);
  if (blocks.length > 0) return 'suspended';
  const limits = await limitsOf(tx, subjectIds);
  return limits.filter(({ wanted, failed }) => wanted === 'limited' && failed === null);
}

/** The IMSI decides; without one the number that calls, and then the user's name where it is an IMSI. */
function claimsIn(attributes: Readonly<Record<string, unknown>>): string[] {
  const imsi = readClaim('imsi', textIn(attributes, '3GPP-IMSI') ?? textIn(attributes, 'IMSI') ?? '');
  if ('claim' in imsi) return [imsi.claim];
  const msisdn = readClaim('msisdn', textIn(attributes, 'Calling-Station-Id') ?? '');
  if ('claim' in msisdn) return [msisdn.claim];
  // A realm behind it is of the way there (RFC 7542).
  const user = readClaim('imsi', (textIn(attributes, 'User-Name') ?? '').replace(/@.*$/, ''));
  return 'claim' in user ? [user.claim] : [];
}

function textIn(attributes: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const given = attributes[name];
  const value =
    typeof given === 'object' && given !== null && 'value' in given
      ? (given as { value: unknown }).value
      : given;
  const first: unknown = Array.isArray(value) ? value[0] : value;
  return typeof first === 'string' && first.length <= 253 ? first : undefined;
}
