import type { Tx } from '../../kernel/database/transaction.ts';
import { isRefusal, Refusal } from '../../kernel/refusal.ts';
import { DAY_MS, rfc3339 } from '../../kernel/time.ts';
import { caseById } from '../../spine/cases/store.ts';
import { stage } from '../../spine/ledger/stage.ts';
import { caseConcerns } from '../../spine/views/case-persons.ts';
import { onRecord } from './attempt.ts';
import { type PersonalDataRules, rulesAt } from './catalogue.ts';
import * as store from './looks/store.ts';
import { CARD_HOLDER, type Hand, type PrivacyCode, type Purpose, type Use } from './model.ts';
import type { Person } from './persons.ts';
import { openValues, openVault, type VaultDoors } from './vault.ts';

/** A look somebody asks for. */
export interface LookAsked {
  readonly purpose: Purpose;
  /** What it is needed for. */
  readonly use: Use;
  /** In which case; null where a record has none yet, which the caller decides. */
  readonly caseId: number | null;
  /** Field names as they are kept; all of the purpose where none is named. */
  readonly fields?: readonly string[] | undefined;
  /** Another person let it go beyond what one reader may see on a day: it is on record, and not counted. */
  readonly isBeyondDay?: boolean | undefined;
}

/** Who looks: `reader` is the person behind a session or a key, so that more keys are no more looks. */
export interface Reader extends Hand {
  readonly reader: string;
}

/**
 * Shows what is kept of a person for a purpose, in the clear, once.
 *
 * The look is committed — who, whose, which fields, what for, in which case, in the table of looks and the ledger —
 * before anything is answered: a kill between the two leaves a look on record that nobody saw, never the other way
 * round. A refused look is on record as well. A reader sees so many persons a day as the catalogue says; the next is
 * refused (`look-limit-reached`), and two asked for at once are counted one after the other; only an export that two
 * persons let go beyond that day is not counted.
 * Refuses `person-unknown`, `person-shredded`, `look-case-foreign`, `look-case-of-another`, `nothing-to-look-at`, and fails closed with
 * whatever keeps the vault shut or a value from opening.
 */
export async function lookAt(
  doors: VaultDoors,
  editions: readonly PersonalDataRules[],
  reader: Reader,
  personOf: (tx: Tx) => Promise<Person>,
  asked: LookAsked,
): Promise<{ readonly lookId: number; readonly values: ReadonlyMap<string, Buffer> }> {
  const detail = { purpose: asked.purpose, use: asked.use, case: caseText(asked.caseId) };
  const attempt = { act: 'personal-data-look', object: 'holder/asked', ...handOf(reader), detail };
  const rules = rulesAt(editions, reader.atMs);
  return onRecord(doors, attempt, async () => {
    const vault = await openVault(doors);
    try {
      return await doors.database.door(reader.partyId, async tx => {
        const person = await personOf(tx);
        if (person.state === 'shredded')
          throw new Refusal<PrivacyCode>('person-shredded', { subject: `holder/${person.handle}` });
        await checkCase(tx, person, asked.caseId);
        if (asked.isBeyondDay !== true) await guard(tx, rules, reader, person);
        const all = await openValues(tx, vault, person.personId, asked.purpose);
        const values = chosen(all, asked.fields, person);
        const lookId = await noteLook(tx, reader, person, asked, [...values.keys()]);
        return { lookId, values };
      });
    } catch (thrown) {
      if (isRefusal(thrown) && thrown.code === 'look-limit-reached') await alarm(doors, rules, reader);
      throw thrown;
    }
  });
}

/**
 * Refuses `look-limit-reached`, with the alarm, when a reader who looks at so many persons more on this day may not:
 * for what would be refused halfway. Whom they looked at already is counted again here.
 */
export async function refuseBeyondDay(
  doors: Pick<VaultDoors, 'database'>,
  editions: readonly PersonalDataRules[],
  reader: Reader,
  persons: number,
): Promise<void> {
  const rules = rulesAt(editions, reader.atMs);
  const who = { partyId: reader.partyId, reader: reader.reader, day: dayOf(reader.atMs).day };
  const seen = await doors.database.door(reader.partyId, tx => store.holdReaderDay(tx, who));
  if (seen + persons <= rules.personsPerReaderDay) return;
  await alarm(doors, rules, reader);
  throw new Refusal<PrivacyCode>('look-limit-reached', { detail: { most: rules.personsPerReaderDay } });
}

/** The UTC day of the looks that are counted together. */
function dayOf(atMs: number): { readonly day: string; readonly fromMs: number } {
  const fromMs = atMs - (atMs % DAY_MS);
  return { day: rfc3339(fromMs).slice(0, 10), fromMs };
}

async function guard(tx: Tx, rules: PersonalDataRules, reader: Reader, person: Person): Promise<void> {
  const { day, fromMs } = dayOf(reader.atMs);
  const who = { partyId: reader.partyId, reader: reader.reader, day };
  const persons = await store.holdReaderDay(tx, who);
  if (await store.hasLookedSince(tx, reader.reader, person.personId, fromMs)) return;
  if (persons >= rules.personsPerReaderDay) {
    const detail = { most: rules.personsPerReaderDay };
    throw new Refusal<PrivacyCode>('look-limit-reached', { detail });
  }
  await store.countPerson(tx, who);
}

/**
 * The alarm: an entry of its own, the first time on a day and then at every doubling, and a row that becomes a case of
 * the staff account (`alarms.ts`).
 */
async function alarm(
  doors: Pick<VaultDoors, 'database'>,
  rules: PersonalDataRules,
  reader: Reader,
): Promise<void> {
  const { day } = dayOf(reader.atMs);
  const who = { partyId: reader.partyId, reader: reader.reader, day };
  await doors.database.door(reader.partyId, async tx => {
    await store.holdReaderDay(tx, who);
    const refused = await store.countRefused(tx, who);
    if ((refused & (refused - 1)) !== 0) return;
    const most = rules.personsPerReaderDay;
    await store.raiseAlarm(tx, who, { most, refused, raisedAtMs: reader.atMs });
    await stage(tx, {
      act: 'personal-data-bulk-read-alarm',
      object: `party/${reader.partyId}`,
      partyId: reader.partyId,
      actor: reader.actor,
      atMs: reader.atMs,
      detail: { day, most, refused },
    });
  });
}

/**
 * A case lends a look at a registered person only when it is about them: about a card that was theirs when it was
 * opened, or about the holder. Who is known by what they wrote alone holds no card: their record names its own case.
 */
async function checkCase(tx: Tx, person: Person, caseId: number | null): Promise<void> {
  if (caseId === null) return;
  const found = await caseById(tx, caseId);
  if (found === undefined || found.partyId !== person.partyId)
    throw new Refusal<PrivacyCode>('look-case-foreign', { subject: `case/${caseId}` });
  const { subjectId } = person;
  if (subjectId !== null && !(await caseConcerns(tx, { caseId, subjectId, linkKind: CARD_HOLDER })))
    throw new Refusal<PrivacyCode>('look-case-of-another', { subject: `case/${caseId}` });
}

function chosen(
  all: ReadonlyMap<string, Buffer>,
  fields: readonly string[] | undefined,
  person: Person,
): ReadonlyMap<string, Buffer> {
  const wanted = [...all].filter(([field]) => fields === undefined || fields.includes(field));
  if (wanted.length === 0)
    throw new Refusal<PrivacyCode>('nothing-to-look-at', { subject: `holder/${person.handle}` });
  return new Map(wanted);
}

async function noteLook(
  tx: Tx,
  reader: Reader,
  person: Person,
  asked: LookAsked,
  fields: readonly string[],
): Promise<number> {
  const { personId, partyId, handle } = person;
  const { purpose, use, caseId } = asked;
  const look = { personId, actor: reader.reader, purpose, use, caseId, fields, lookedAtMs: reader.atMs };
  const lookId = await store.insertLook(tx, partyId, look);
  await stage(tx, {
    act: 'personal-data-look',
    object: `holder/${handle}`,
    partyId,
    actor: reader.actor,
    atMs: reader.atMs,
    detail: { look: lookId, purpose, use, case: caseText(caseId), fields: [...fields] },
  });
  return lookId;
}

const caseText = (caseId: number | null): string | null => (caseId === null ? null : `case/${caseId}`);

const handOf = ({ partyId, actor }: Reader) => ({ partyId, actor });
