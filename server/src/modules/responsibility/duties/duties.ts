import { Refusal } from '../../../kernel/refusal.ts';
import type { ModuleDoors } from '../../../spine/module-route.ts';
import { ownCheckFormat, tellChecks } from '../../../spine/own-checks.ts';
import { type RecordDoors, recorded } from '../../../spine/registry/recorded.ts';
import { registerRows } from '../../../spine/registry/register.ts';
import type { KindSchema } from '../../../spine/rules/kind-schema.ts';
import type { DutyKind } from '../shelves.ts';
import * as store from './store.ts';

export { type Duty, gapsAt, listDuties, listResponsible, type Responsible } from './store.ts';

export const RESPONSIBLE = 'responsible';
export const DUTY_CHECK = 'duty-check';

export const dutyCheck: KindSchema = {
  kind: DUTY_CHECK,
  fields: { what: 'string', duty: 'string', level: 'string' },
  counters: [],
};
export const dutyCheckFormat = ownCheckFormat(DUTY_CHECK);

export const RESPONSIBILITY_CODES = [
  'responsible-unknown',
  'responsible-exists',
  'duty-unknown',
  'duty-kind-unknown',
  'duty-done',
  'duty-due-past',
  'duty-proof-missing',
  'campaign-unknown',
  'campaign-term-invalid',
  'campaign-empty',
  'sample-unknown',
  'sample-evidence-missing',
] as const;
export type ResponsibilityCode = (typeof RESPONSIBILITY_CODES)[number];

export interface Doer {
  readonly partyId: number;
  readonly label: string;
}

export function no(code: ResponsibilityCode, subject: string): Refusal<ResponsibilityCode> {
  return new Refusal<ResponsibilityCode>(code, { subject });
}

/** Names who stands in the chain, below whom and by which agreement. Refuses `responsible-exists`, `responsible-unknown`. */
export async function nameResponsible(
  doors: RecordDoors,
  doer: Doer,
  asked: Pick<store.Responsible, 'level' | 'reference' | 'title' | 'aboveId' | 'agreement'>,
): Promise<store.Responsible> {
  const { partyId, label: actor } = doer;
  return await recorded(
    doors,
    { act: 'responsible-named', object: 'responsible/new', partyId, actor },
    async tx => {
      const atMs = doors.clock.now();
      if (asked.aboveId !== null && (await store.responsibleById(tx, asked.aboveId)) === undefined)
        throw no('responsible-unknown', `responsible/${asked.aboveId}`);
      const made = await store.addResponsible(tx, { ...asked, partyId, by: actor, atMs });
      if (made === undefined) throw no('responsible-exists', 'responsible/new');
      const subject = { kind: RESPONSIBLE, reference: made.reference };
      const registrations = [
        { do: 'subject', ...subject, class: made.level },
        { do: 'alias', ...subject, claim: `responsible:${made.reference}` },
      ] as const;
      const by = `responsible/${made.responsibleId}`;
      await registerRows(tx, partyId, [{ place: 'act', asks: { registrations } }], by, atMs);
      return { result: made, object: by, detail: { level: made.level, above: made.aboveId } };
    },
  );
}

/**
 * Gives a duty to somebody in the chain, with an owner and a due date. Without an owner it is a gap from the first
 * moment. Refuses `responsible-unknown`, `duty-kind-unknown` for one that level does not have, `duty-due-past`.
 */
export async function setDuty(
  doors: RecordDoors,
  doer: Doer,
  kinds: readonly DutyKind[],
  asked: Pick<store.Duty, 'responsibleId' | 'kind' | 'ownerId' | 'substituteId' | 'dueAtMs'>,
): Promise<store.Duty> {
  const { label: actor } = doer;
  const attempt = { act: 'duty-set', object: 'duty/new', partyId: doer.partyId, actor };
  return await recorded(doors, attempt, async tx => {
    const atMs = doors.clock.now();
    const found = await store.responsibleById(tx, asked.responsibleId);
    if (found === undefined) throw no('responsible-unknown', `responsible/${asked.responsibleId}`);
    if (!kinds.some(each => each.id === asked.kind && each.level === found.level))
      throw no('duty-kind-unknown', `responsible/${asked.responsibleId}`);
    if (asked.dueAtMs <= atMs) throw no('duty-due-past', `responsible/${asked.responsibleId}`);
    const duty = await store.addDuty(tx, { ...asked, partyId: found.partyId, by: actor, atMs });
    const detail = {
      responsible: duty.responsibleId,
      kind: duty.kind,
      dueAtMs: duty.dueAtMs,
      owner: duty.ownerId,
    };
    return { result: duty, object: `duty/${duty.dutyId}`, detail };
  });
}

/** Says that a duty was done, with proof; late is late, and on record so. Refuses `duty-unknown`, `duty-done`, `duty-proof-missing`. */
export async function proveDuty(
  doors: RecordDoors,
  doer: Doer,
  dutyId: number,
  proof: string,
): Promise<store.Duty> {
  const { partyId, label: actor } = doer;
  const object = `duty/${dutyId}`;
  return await recorded(doors, { act: 'duty-proven', object, partyId, actor }, async tx => {
    const found = await store.lockDuty(tx, dutyId);
    if (found === undefined) throw no('duty-unknown', object);
    if (found.doneAtMs !== null) throw no('duty-done', object);
    if (!/^[0-9a-f]{64}$/.test(proof)) throw no('duty-proof-missing', object);
    const atMs = doors.clock.now();
    const done = await store.setDone(tx, dutyId, actor, atMs, Buffer.from(proof, 'hex'));
    return { result: done, detail: { proof, lateMs: Math.max(0, atMs - done.dueAtMs) } };
  });
}

const MOST_TOLD = 1_000;

/** Puts duties that were missed on the corridor, where a rule makes findings and cases of them (C-48, L-06). */
export async function tellMissedDuties({ database, intake, clock }: ModuleDoors): Promise<number> {
  const missed = await database.corridor(tx => store.untoldMissed(tx, clock.now(), MOST_TOLD));
  for (const partyId of new Set(missed.map(each => each.partyId))) {
    const mine = missed.filter(each => each.partyId === partyId);
    const checks = mine.map(({ dutyId, reference, level, kind, dueAtMs }) => ({
      id: `duty/${dutyId}`,
      claim: `responsible:${reference}`,
      atMs: dueAtMs,
      body: { what: 'overdue', duty: kind, level },
    }));
    await tellChecks(intake, partyId, DUTY_CHECK, checks);
    await database.corridor(tx =>
      store.setTold(
        tx,
        mine.map(each => each.dutyId),
        clock.now(),
      ),
    );
  }
  return missed.length;
}
