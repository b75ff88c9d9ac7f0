import type { Tx } from '../../../kernel/database/transaction.ts';
import { isRefusal } from '../../../kernel/refusal.ts';
import { HOUR_MS, MINUTE_MS } from '../../../kernel/time.ts';
import {
  askCards,
  askDefaults,
  askStandings,
  tells,
  tellsCaps,
} from '../../../spine/measures/providers/ask.ts';
import { listProviders, providerById } from '../../../spine/measures/providers/store.ts';
import type { ModuleDoors, ModuleRound } from '../../../spine/module-route.ts';
import { tellChecks } from '../../../spine/own-checks.ts';
import { wantedAtProvider } from '../../../spine/views/wanted-at-provider.ts';
import { agreedCaps } from '../agreed-cap.ts';
import { CARD_CHECK } from '../checks/card-check.ts';
import { registered } from '../contracts/contracts.ts';
import { livesOf } from '../gate/store.ts';
import { readIccid } from '../identifiers/iccid.ts';
import { CARD } from '../imports/registration.ts';
import { type Drift, driftOf, type ReportedCard } from './compare.ts';
import * as store from './store.ts';

/** An account at a provider, as what differs there as a whole is told of. */
export const ACCOUNT = 'provider-account';

/** A provider that was just declared is first given its secrets. */
const FIRST_MS = 10 * MINUTE_MS;
const EVERY_MS = HOUR_MS;
const AFTER_FAULT_MS = 10 * MINUTE_MS;
/** Longer than a page may take: whoever is killed with one lets go of it then. */
const LEASE_MS = 5 * MINUTE_MS;
const CARDS_BY_NAME = 50;
const MOST_TOLD = 1_000;
const STOPPING = ['suspend-card', 'terminate-card'];
const LIMITING = ['limit-card'];

type Reported = ReportedCard & { readonly card: string };

/**
 * Compares the accounts at providers with what is wanted, a page at a time, each account once an hour (C-07), and puts
 * what differs on the corridor, where a rule makes findings and cases of it.
 *
 * A page is asked for outside any transaction; what it came to and where the next begins commit together, so that a
 * page whose answer was lost is asked for again and enters nothing twice. What an interface that lists no cards has is
 * asked card by card. True when there is more at once.
 */
export async function sweepProviders(doors: ModuleDoors): Promise<boolean> {
  const told = await tellDrifts(doors);
  await addNewProviders(doors);
  const { database, clock } = doors;
  const nowMs = clock.now();
  const sweep = await database.corridor(tx => store.takeSweep(tx, nowMs, nowMs + LEASE_MS));
  if (sweep === undefined) return told >= MOST_TOLD;
  try {
    await sweepPage(doors, sweep);
  } catch (thrown) {
    if (!isRefusal(thrown)) throw thrown;
    const { code } = thrown;
    await database.corridor(tx => store.setFault(tx, sweep.providerId, code, nowMs + AFTER_FAULT_MS));
  }
  return true;
}

export const driftRound: ModuleRound = { name: 'provider drift', restMs: 3_000, step: sweepProviders };

async function addNewProviders({ database, clock, desk }: ModuleDoors): Promise<void> {
  await database.corridor(async tx => {
    for (let after = 0; ; ) {
      const page = await listProviders(tx, after, 500);
      const telling = page.filter(each => tells(desk, each.adapter));
      if (telling.length > 0) await store.addSweeps(tx, telling, clock.now() + FIRST_MS);
      if (page.length < 500) return;
      after = page.at(-1)?.providerId ?? after;
    }
  });
}

async function sweepPage(doors: ModuleDoors, sweep: store.Sweep): Promise<void> {
  const { database, clock } = doors;
  // What the account leaves open as a whole is asked for with its first page.
  const open = sweep.mark === null ? await openDefaults(doors, sweep) : null;
  const page = await withCaps(doors, sweep, await pageOf(doors, sweep));
  await database.corridor(async tx => {
    const nowMs = clock.now();
    if (open !== null) await store.enterDrifts(tx, sweep, [''], open, nowMs);
    const { found, known } = await compared(tx, sweep, page.reported, nowMs);
    await store.enterDrifts(tx, sweep, known, found, nowMs);
    const cards = page.reported.length;
    const counts = { mark: page.next, cards, unregistered: cards - known.length };
    await store.setSwept(tx, sweep, counts, nowMs, nowMs + EVERY_MS);
  });
}

async function openDefaults(doors: ModuleDoors, sweep: store.Sweep) {
  const all = await askDefaults(doors, sweep.partyId, sweep.providerId);
  return all
    .filter(each => each.isOpen)
    .map(({ profile, setting }) => ({
      card: '',
      what: 'open-by-default' as const,
      wanted: 'closed',
      reported: `${profile} ${setting}`.slice(0, 200),
    }));
}

interface Page {
  readonly reported: readonly Reported[];
  readonly next: string | null;
}

async function pageOf(doors: ModuleDoors, sweep: store.Sweep): Promise<Page> {
  const listed = await askCards(doors, sweep.partyId, sweep.providerId, sweep.mark).catch(thrown => {
    if (isRefusal(thrown) && thrown.code === 'provider-tells-nothing') return null;
    throw thrown;
  });
  if (listed === null) return pageByName(doors, sweep);
  const reported = listed.items.flatMap(({ reference, ...item }) => {
    const read = readIccid(reference);
    return 'fault' in read ? [] : [{ ...item, card: read.key }];
  });
  return { reported, next: listed.next };
}

/** Where a list of cards tells no volumes, cards that are limited or have one agreed are asked for, one by one. */
async function withCaps(doors: ModuleDoors, sweep: store.Sweep, page: Page): Promise<Page> {
  const { database, clock, desk } = doors;
  const { partyId, providerId } = sweep;
  const references = [...new Set(page.reported.map(each => each.card))];
  const asked = await database.corridor(async tx => {
    const provider = await providerById(tx, providerId);
    if (provider === undefined || !tellsCaps(desk, provider.adapter)) return [];
    const agreed = await agreedCaps(tx, partyId, references, clock.now());
    const wanted = await wantedAtProvider(tx, wish(sweep), { references });
    return wanted
      .filter(({ isLimited, reference }) => isLimited || agreed.has(reference))
      .map(({ reference }) => reference);
  });
  if (asked.length === 0) return page;
  const told = await askStandings(doors, partyId, providerId, asked);
  const toldOf = new Map(told.map(({ reference, ...standing }) => [reference, standing]));
  return { ...page, reported: page.reported.map(each => ({ ...each, ...toldOf.get(each.card) })) };
}

async function pageByName(doors: ModuleDoors, sweep: store.Sweep) {
  const { partyId, providerId } = sweep;
  const afterId = Number(sweep.mark ?? 0);
  const cards = await doors.database.corridor(tx =>
    wantedAtProvider(tx, wish(sweep), { afterId, limit: CARDS_BY_NAME }),
  );
  const references = cards.map(each => each.reference);
  const standings = await askStandings(doors, partyId, providerId, references);
  const reported = standings.map(({ reference, ...item }) => ({ ...item, card: reference }));
  return { reported, next: cards.length < CARDS_BY_NAME ? null : String(cards.at(-1)?.subjectId) };
}

const wish = ({ providerId, partyId }: store.Sweep) => ({
  ...{ providerId, partyId, kind: CARD, stopping: STOPPING, limiting: LIMITING },
});

async function compared(
  tx: Tx,
  sweep: store.Sweep,
  reported: readonly Reported[],
  atMs: number,
): Promise<{ readonly found: (Drift & { card: string })[]; readonly known: string[] }> {
  const references = [...new Set(reported.map(each => each.card))];
  const wanted = await wantedAtProvider(tx, wish(sweep), { references });
  const lives = await livesOf(
    tx,
    wanted.map(each => each.subjectId),
  );
  const lifeOf = new Map(lives.map(each => [each.cardId, each.state]));
  const withCap = reported.filter(each => each.capBytes !== undefined).map(each => each.card);
  const caps = await agreedCaps(tx, sweep.partyId, withCap, atMs);
  const byCard = new Map(reported.map(each => [each.card, each]));
  const found = wanted.flatMap(({ reference: card, ...each }) => {
    const life = lifeOf.get(each.subjectId) ?? null;
    const cap = caps.get(card);
    return driftOf({ ...each, card, life, cap }, byCard.get(card) as Reported).map(drift => ({
      ...drift,
      card,
    }));
  });
  return { found, known: wanted.map(each => each.reference) };
}

/** Told first and marked after: a difference that is told twice is the same observation. */
export async function tellDrifts(doors: ModuleDoors): Promise<number> {
  const { database, intake, clock } = doors;
  const untold = await database.corridor(tx => store.untoldDrifts(tx, MOST_TOLD));
  for (const partyId of new Set(untold.map(each => each.partyId))) {
    const mine = untold.filter(each => each.partyId === partyId);
    const accounts = [...new Set(mine.filter(each => each.card === '').map(each => each.providerId))];
    for (const providerId of accounts)
      await database.corridor(tx => nameAccount(tx, partyId, providerId, clock.now()));
    const checks = mine.map(({ driftId, card, providerId, what, wanted, reported, foundAtMs }) => ({
      id: `drift/${driftId}`,
      claim: card === '' ? `provider:${providerId}` : `iccid:${card}`,
      atMs: foundAtMs,
      body: { check: 'drift', what, wanted, reported, provider: String(providerId) },
    }));
    await tellChecks(intake, partyId, CARD_CHECK, checks);
    const ids = mine.map(each => each.driftId);
    await database.corridor(tx => store.setTold(tx, ids, clock.now()));
  }
  return untold.length;
}

/** The account as a subject that a case can be about; named again it is the one there is. */
async function nameAccount(tx: Tx, partyId: number, providerId: number, atMs: number): Promise<void> {
  const subject = { kind: ACCOUNT, reference: String(providerId) };
  await registered(
    tx,
    partyId,
    [
      { do: 'subject', ...subject },
      { do: 'alias', ...subject, claim: `provider:${providerId}` },
    ],
    `provider/${providerId}`,
    atMs,
  );
}
