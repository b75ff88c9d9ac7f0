import type { Tx } from '../../../kernel/database/transaction.ts';
import { Refusal } from '../../../kernel/refusal.ts';
import type { ModuleDoors } from '../../../spine/module-route.ts';
import { ownCheckFormat, tellChecks } from '../../../spine/own-checks.ts';
import { type RecordDoors, recorded } from '../../../spine/registry/recorded.ts';
import { registerRows } from '../../../spine/registry/register.ts';
import type { KindSchema } from '../../../spine/rules/kind-schema.ts';
import { subjectsNumbered } from '../../../spine/views/named-subjects.ts';
import type { Doer } from '../authorities/authorities.ts';
import { authorityById } from '../authorities/store.ts';
import type { DeviceCode } from '../codes.ts';
import { AUTHORITY, claimOf, nameIn } from '../model.ts';
import type { CheckId, Checks } from './checks.ts';
import { LOOKS, type Looked } from './look.ts';
import * as store from './result-store.ts';

export {
  type AuditResult,
  type AuditRun,
  listResults,
  standingByCheck,
  VERIFICATIONS,
} from './result-store.ts';

/** What an audit check found, as rules judge it (I-22). */
export const DEVICE_AUDIT = 'device-audit';
export const deviceAudit: KindSchema = {
  kind: DEVICE_AUDIT,
  fields: { check: 'string', severity: 'string', reason: 'string', object: 'string' },
  counters: [],
};
export const deviceAuditFormat = ownCheckFormat(DEVICE_AUDIT);

/** Of one check so much is kept; a look that finds more says so and clears nothing of it. */
const MOST_OF_ONE = 10_000;

/**
 * Carries out every check that is on, for one party. What was found, what is not found any more and the ledger's entry
 * commit together; looking again finds the same and makes nothing twice. New results go on the corridor afterwards
 * (`tellResults`), so each opens a case or joins one (I-26).
 */
export async function auditParty(doors: RecordDoors, doer: Doer, { all }: Checks): Promise<store.AuditRun> {
  const { partyId, label } = doer;
  const attempt = { act: 'devices-audited', object: 'device-audit/new', partyId, actor: label };
  return await recorded(doors, attempt, async tx => {
    await store.holdAudit(tx, partyId);
    const atMs = doors.clock.now();
    const made: CheckId[] = [];
    const cut: CheckId[] = [];
    const found: store.Found[] = [];
    for (const check of all.values()) {
      if (!check.isOn) continue;
      const looked = await LOOKS[check.id](tx, check, { partyId, nowMs: atMs, most: MOST_OF_ONE + 1 });
      made.push(check.id);
      if (looked.length > MOST_OF_ONE) cut.push(check.id);
      const some = looked.slice(0, MOST_OF_ONE);
      const claims = await claimsOf(tx, partyId, some, atMs);
      for (const [i, { object, reason, detail }] of some.entries()) {
        const claim = claims[i];
        if (claim === undefined) continue;
        found.push({ checkId: check.id, severity: check.severity, object, claim, reason, detail });
      }
    }
    const run = await store.keepRun(tx, { partyId, by: label, atMs, cut }, made, found);
    const { standing, fresh, cleared } = run;
    return { result: run, object: `device-audit/${run.runId}`, detail: { standing, fresh, cleared } };
  });
}

/** Whose each finding is: the device's, or its authority's, which is a subject from then on. */
async function claimsOf(
  tx: Tx,
  partyId: number,
  looked: readonly Looked[],
  atMs: number,
): Promise<readonly (string | undefined)[]> {
  const ids = new Set(looked.flatMap(each => (each.subjectId === null ? [] : [each.subjectId])));
  const names = new Map((await subjectsNumbered(tx, [...ids])).map(each => [each.subjectId, each.reference]));
  const authorities = new Map<number, string>();
  const claims: (string | undefined)[] = [];
  for (const { subjectId, authorityId, named } of looked) {
    const reference = named ?? (subjectId === null ? undefined : names.get(subjectId));
    if (reference !== undefined && nameIn(reference) !== null) {
      claims.push(claimOf(reference));
      continue;
    }
    if (!authorities.has(authorityId))
      authorities.set(authorityId, await authoritySubject(tx, partyId, authorityId, atMs));
    claims.push(authorities.get(authorityId));
  }
  return claims;
}

async function authoritySubject(tx: Tx, partyId: number, authorityId: number, atMs: number): Promise<string> {
  const found = await authorityById(tx, authorityId);
  const subject = { kind: AUTHORITY, reference: found?.name ?? String(authorityId) };
  const claim = `authority:${authorityId}`;
  const registrations = [
    { do: 'subject', ...subject },
    { do: 'alias', ...subject, claim },
  ] as const;
  await registerRows(tx, partyId, [{ place: 'act', asks: { registrations } }], 'device', atMs);
  return claim;
}

/** How many results are told in one go, and how many parties are looked at in one step. */
const AT_ONCE = 500;
const PARTIES = 20;

/** One step of the round: looks at parties that are due, then tells what is untold. True when there may be more. */
export async function auditRound(doors: ModuleDoors, checks: Checks): Promise<boolean> {
  const { database, clock } = doors;
  const due = await database.corridor(tx => store.partiesDue(tx, clock.now() - checks.everyMs, PARTIES));
  for (const partyId of due) await auditParty(doors, { partyId, label: 'corridor' }, checks);
  const told = await tellResults(doors);
  return due.length === PARTIES || told;
}

/**
 * Puts new results on the corridor. A result that was told and not marked so is told again under the same name, which is
 * the same observation.
 */
export async function tellResults({
  database,
  clock,
  intake,
}: Pick<ModuleDoors, 'database' | 'clock' | 'intake'>): Promise<boolean> {
  const results = await database.corridor(tx => store.untold(tx, AT_ONCE));
  const [first] = results;
  if (first === undefined) return false;
  const checks = results.map(({ resultId, claim, firstAtMs, checkId, severity, reason, object }) => ({
    ...{ id: `device-audit/${resultId}`, claim, atMs: firstAtMs },
    body: { check: checkId, severity, reason, object },
  }));
  await tellChecks(intake, first.partyId, DEVICE_AUDIT, checks);
  const ids = results.map(each => each.resultId);
  await database.corridor(tx => store.setTold(tx, ids, clock.now()));
  return true;
}

/** A person says what a result is (I-24). On record; saying the same again changes nothing. Refuses `audit-result-unknown`. */
export async function verifyResult(
  doors: RecordDoors,
  doer: Doer,
  resultId: number,
  verification: store.Verification,
  why: string | null,
): Promise<store.AuditResult> {
  const object = `device-audit-result/${resultId}`;
  const attempt = { act: 'audit-result-verified', object, partyId: doer.partyId, actor: doer.label };
  return await recorded(doors, attempt, async tx => {
    const found = await store.lockResult(tx, resultId);
    if (found === undefined) throw new Refusal<DeviceCode>('audit-result-unknown', { subject: object });
    const detail = { check: found.checkId, verification };
    if (found.verification === verification && found.verificationWhy === why)
      return { result: found, detail: { ...detail, repeated: true } };
    const to = { verification, by: doer.label, atMs: doors.clock.now(), why };
    return { result: await store.setVerification(tx, resultId, to), detail };
  });
}
