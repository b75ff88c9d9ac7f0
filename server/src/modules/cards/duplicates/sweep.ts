import { sha256 } from '../../../kernel/bytes.ts';
import type { Tx } from '../../../kernel/database/transaction.ts';
import { DAY_MS, MINUTE_MS, rfc3339 } from '../../../kernel/time.ts';
import { type FieldKey, keyText } from '../../../spine/keys/field-keys.ts';
import { recordsOfKey } from '../../../spine/keys/key-records.ts';
import { keysOfSeveral } from '../../../spine/keys/keys-of-several.ts';
import type { ModuleDoors, ModuleRound } from '../../../spine/module-route.ts';
import { type OwnCheck, tellChecks } from '../../../spine/own-checks.ts';
import { CARD_CHECK } from '../checks/card-check.ts';
import { registered } from '../contracts/contracts.ts';
import type { DeviceMakers } from '../device-models.ts';
import { CARD, stated } from '../imports/registration.ts';
import { CARD_USAGE } from '../model.ts';
import { FACTS } from '../restrictions.ts';
import { type Apart, boardsApart } from './boards-apart.ts';
import { makerOf, nameMaker } from './maker.ts';
import type { Duplicate } from './store.ts';
import * as store from './store.ts';

const EVERY_MS = 10 * MINUTE_MS;
/** A look that takes long leaves the database alone for as many times as long. */
const RESTS = 20;
/** The window of thirty days before a record of the days since the last look. */
const REACH_MS = 40 * DAY_MS;
const LEAST_CARDS = 3;
/** A dozen cards, each observed by a few of its identifiers. */
const MOST_CLAIMS = 60;
const MOST_TOLD = 500;
const IMEI = { kind: CARD_USAGE, field: 'imei' };

export type DuplicateDoors = Pick<ModuleDoors, 'database' | 'intake' | 'clock'>;

/**
 * Looks through the IMEIs that several cards were seen with for those that several boards bear (CR-10), enters them, and
 * puts them on the corridor, where a rule makes a finding of each against the maker.
 *
 * What an IMEI came to, and the fact at its cards that it was given out more than once, commit together; from then on the
 * rule about one device with many cards keeps silent about them until a record speaks against it. A look that is cut off
 * or made twice enters nothing twice.
 */
export async function lookForDuplicates(doors: DuplicateDoors, makers: DeviceMakers): Promise<void> {
  const { database, clock } = doors;
  const sinceMs = clock.now() - REACH_MS;
  const asked = { sinceMs, leastSubjects: LEAST_CARDS, mostClaims: MOST_CLAIMS };
  for (let after: string | null = ''; after !== null; ) {
    const from: string = after;
    const page = await database.corridor(tx => keysOfSeveral(tx, IMEI, { ...asked, after: from }));
    for (const key of page.keys) await database.corridor(tx => lookAt(tx, key, sinceMs, clock.now()));
    after = page.next;
  }
  await askForMakers(doors, makers);
}

async function lookAt(tx: Tx, key: FieldKey, sinceMs: number, nowMs: number): Promise<void> {
  const under = await recordsOfKey(tx, { contributions: [] }, key, sinceMs);
  if (under === 'crowded') return;
  const seen = under.records.map(record => {
    const { subjectId, class: className } = under.bearerOf(record).dossier;
    return { ...record, subjectId, class: className ?? '' };
  });
  const apart = boardsApart(seen);
  if (apart === null) return;
  const cards = under.bearers
    .filter(({ dossier }) => dossier.kind === CARD && apart.subjectIds.includes(dossier.subjectId))
    .map(({ dossier }) => dossier.reference)
    .sort();
  await enter(tx, key, apart, cards, nowMs);
}

async function enter(
  tx: Tx,
  { partyId, value: imei }: FieldKey,
  apart: Apart,
  cards: readonly string[],
  nowMs: number,
): Promise<void> {
  const { places, firstMs, foundMs, lastMs, againstMs: endedMs } = apart;
  const seen = { partyId, imei, cards, places, firstMs, lastMs, foundMs, endedMs };
  const known = await store.duplicateOf(tx, partyId, imei);
  const isKnown = endedMs === null && cards.every(card => known?.cards.includes(card) === true);
  if (isKnown || (known !== undefined && known.endedMs !== null)) return;
  const entered = await store.enterDuplicate(tx, seen);
  if (entered === undefined) return;
  const span = entered.endedMs === null ? {} : { toMs: entered.endedMs };
  const facts = entered.cards.map(reference =>
    stated({ kind: CARD, reference }, `${FACTS.duplicateImei}${imei}`, { imei }, span),
  );
  await registered(tx, partyId, facts, `duplicate-imei/${entered.duplicateId}/${entered.revision}`, nowMs);
}

/** Those that were told while nobody knew their maker are told again once somebody does. */
async function askForMakers({ database, clock }: DuplicateDoors, makers: DeviceMakers): Promise<void> {
  for (let after = 0; ; ) {
    const page = await database.corridor(tx => store.makersWanted(tx, after, MOST_TOLD));
    for (const { duplicateId, partyId, imei } of page)
      await database.corridor(async tx => {
        const maker = await makerOf(tx, makers, partyId, imei.slice(0, 8), clock.now());
        if (maker !== '') await store.reviseDuplicate(tx, duplicateId);
      });
    if (page.length < MOST_TOLD) return;
    after = page.at(-1)?.duplicateId ?? after;
  }
}

/** Told first and marked after: what is told twice is the same observation. How many were told. */
export async function tellDuplicates(doors: DuplicateDoors, makers: DeviceMakers): Promise<number> {
  const { database, intake, clock } = doors;
  const untold = await database.corridor(tx => store.duplicatesToTell(tx, MOST_TOLD));
  for (const duplicate of untold) {
    const { partyId, imei } = duplicate;
    const tac = imei.slice(0, 8);
    const { maker, claim } = await database.corridor(async tx => {
      const known = await makerOf(tx, makers, partyId, tac, clock.now());
      return { maker: known, claim: await nameMaker(tx, partyId, { tac, maker: known }, clock.now()) };
    });
    await tellChecks(intake, partyId, CARD_CHECK, checksOf(duplicate, { tac, maker, claim }));
    await database.corridor(tx => store.setTold(tx, duplicate, maker));
  }
  return untold.length;
}

function checksOf(
  { partyId, imei, cards, places, firstMs, lastMs, foundMs, endedMs }: Duplicate,
  told: { readonly tac: string; readonly maker: string; readonly claim: string },
): OwnCheck[] {
  const body = {
    check: 'duplicate-imei',
    imei,
    tac: told.tac,
    maker: told.maker === '' ? 'unknown' : told.maker,
    cards: cards.join(' '),
    places: String(places),
    from: rfc3339(firstMs),
    to: rfc3339(lastMs),
  };
  const { claim } = told;
  const id = (what: string): string => {
    const name = `${keyText({ ...IMEI, value: imei, partyId, ancestors: [] })} ${claim} ${body.cards}`;
    return `duplicate-imei/${what}/${sha256(name).toString('hex')}`;
  };
  const apart = { id: id('boards-apart'), claim, atMs: foundMs, body: { ...body, what: 'boards-apart' } };
  if (endedMs === null) return [apart];
  const against = { id: id('no-longer-apart'), claim, atMs: endedMs };
  return [apart, { ...against, body: { ...body, what: 'no-longer-apart', to: rfc3339(endedMs) } }];
}

/** Looks every ten minutes, or less often where a look takes long, and tells what was entered. */
export function duplicateRound(makers: DeviceMakers): ModuleRound {
  let nextMs = Number.NEGATIVE_INFINITY;
  return {
    name: 'duplicate imeis',
    restMs: 5_000,
    step: async doors => {
      const nowMs = doors.clock.now();
      if (nowMs >= nextMs) {
        await lookForDuplicates(doors, makers);
        nextMs = nowMs + Math.max(EVERY_MS, RESTS * (doors.clock.now() - nowMs));
      }
      return (await tellDuplicates(doors, makers)) >= MOST_TOLD;
    },
  };
}
