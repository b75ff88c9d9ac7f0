import type { Canonical } from '../../kernel/canonical-json.ts';
import type { Tx } from '../../kernel/database/transaction.ts';
import type { NewFinding, StandingMove } from '../findings/finding.ts';
import { countStanding } from '../findings/store.ts';
import { severities } from '../rules/rule.ts';
import type { Case, CaseDesk } from './case.ts';
import { tellClocks } from './events.ts';
import {
  findingIdsOf,
  insertCase,
  joinFinding,
  lockCaseOfFinding,
  lockOpenCase,
  setSeverity,
} from './store.ts';
import { writeAct } from './time-line.ts';

/** A finding with the kind of its subject, which decides the clocks. */
export interface OpenFinding extends NewFinding {
  readonly subjectKind: string;
}

export interface Opened {
  readonly case: Case;
  /** True when this finding opened it. */
  readonly isNew: boolean;
  /** False when the finding belonged to a case before; nothing was written then. */
  readonly isJoined: boolean;
}

/** From least to most. */
const SEVERITIES: readonly string[] = severities;

/**
 * Joins a finding to the open case of its subject and rule, or opens one and arms its clocks.
 *
 * Two callers at once end with one case: the database keeps one open case for subject and rule, and the
 * later caller waits for the earlier one's commit. A finding joins one case for good; handed in again it
 * changes nothing. Null for a historical finding, which opens nothing.
 */
export async function openFor(
  tx: Tx,
  desk: CaseDesk,
  finding: OpenFinding,
  occasion: { readonly atMs: number; readonly actor: string },
): Promise<Opened | null> {
  if (finding.historical) return null;
  const before = await lockCaseOfFinding(tx, finding.findingId);
  if (before !== undefined) return { case: before, isNew: false, isJoined: false };
  const { case: found, isNew } = await findOrOpen(tx, finding, occasion.atMs);
  if (isNew) await beginCase(tx, desk, found, occasion);
  const isJoined = await joinFinding(tx, found, finding.findingId);
  if (isJoined) await tellJoined(tx, found, finding, occasion);
  return { case: found, isNew, isJoined };
}

/** Stands in a case for the rule that found something: nothing was found, somebody ordered a measure for many. */
export const ORDERED_IN_BATCH = 'measure-batch';

/**
 * Opens a case that no finding opened, for a measure that was ordered for its subject among many; one that is open for the
 * same reason is given. It arms the clocks of a case, and holds notices, appeals and the lifting like any other.
 */
export async function openForOrder(
  tx: Tx,
  desk: CaseDesk,
  subject: { readonly partyId: number; readonly subjectId: number; readonly kind: string },
  detail: Readonly<Record<string, Canonical>>,
  occasion: { readonly atMs: number; readonly actor: string },
): Promise<Case> {
  const { partyId, subjectId, kind: subjectKind } = subject;
  const about = { partyId, subjectId, subjectKind, ruleId: ORDERED_IN_BATCH, severity: 'medium' };
  const { case: found, isNew } = await findOrOpen(tx, about, occasion.atMs);
  if (isNew) await beginCase(tx, desk, found, occasion, detail);
  return found;
}

/** A case one of whose findings changed its standing, and how many of its findings stand now. */
export interface Shaken {
  readonly case: Case;
  readonly standing: number;
}

/**
 * Tells cases that findings were withdrawn or stand again. Each shaken case comes back once, so that the
 * measures can propose a lifting where nothing stands any more.
 */
export async function tellMoves(
  tx: Tx,
  moves: readonly StandingMove[],
  kind: 'finding-withdrawn' | 'finding-reinstated',
  occasion: { readonly atMs: number; readonly actor: string; readonly reason: string },
): Promise<readonly Shaken[]> {
  const touched = new Map<number, Case>();
  for (const move of moves) {
    const found = await lockCaseOfFinding(tx, move.findingId);
    if (found === undefined) continue;
    touched.set(found.caseId, found);
    await writeAct(tx, found, {
      kind,
      atMs: occasion.atMs,
      actor: occasion.actor,
      detail: { finding: move.findingId, reason: occasion.reason },
    });
  }
  const shaken: Shaken[] = [];
  for (const found of touched.values()) {
    shaken.push({ case: found, standing: await countStanding(tx, await findingIdsOf(tx, found.caseId)) });
  }
  return shaken;
}

async function findOrOpen(
  tx: Tx,
  about: Pick<OpenFinding, 'partyId' | 'subjectId' | 'subjectKind' | 'ruleId' | 'severity'>,
  atMs: number,
): Promise<{ case: Case; isNew: boolean }> {
  const { subjectId, ruleId } = about;
  // A case that closes between the two looks is not found by the second; the third look then opens a new one.
  for (;;) {
    const open = await lockOpenCase(tx, subjectId, ruleId);
    if (open !== undefined) return { case: open, isNew: false };
    const opened = await insertCase(tx, { ...about, atMs });
    if (opened !== undefined) return { case: opened, isNew: true };
  }
}

async function beginCase(
  tx: Tx,
  desk: CaseDesk,
  opened: Case,
  occasion: { readonly atMs: number; readonly actor: string },
  more: Readonly<Record<string, Canonical>> = {},
): Promise<void> {
  const { atMs, actor } = occasion;
  const detail = { rule: opened.ruleId, severity: opened.severity, ...more };
  await writeAct(tx, opened, { kind: 'opened', atMs, actor, detail });
  await tellClocks(tx, desk, opened, 'case-opened', atMs, actor);
}

async function tellJoined(
  tx: Tx,
  joined: Case,
  finding: OpenFinding,
  occasion: { readonly atMs: number; readonly actor: string },
): Promise<void> {
  const { atMs, actor } = occasion;
  const { findingId, ruleVersion, severity, observedAtMs } = finding;
  const detail = { finding: findingId, version: ruleVersion, severity, observedAtMs };
  await writeAct(tx, joined, { kind: 'finding-joined', atMs, actor, detail });
  if (SEVERITIES.indexOf(severity) <= SEVERITIES.indexOf(joined.severity)) return;
  await setSeverity(tx, joined.caseId, severity);
  await writeAct(tx, joined, {
    kind: 'severity-raised',
    atMs,
    actor,
    detail: { from: joined.severity, to: severity },
  });
}
