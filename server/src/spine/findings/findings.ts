import { canonicalJson } from '../../kernel/canonical-json.ts';
import type { Tx } from '../../kernel/database/transaction.ts';
import { sealTexts } from '../../kernel/seal/store.ts';
import { stageAll } from '../ledger/stage.ts';
import type { NewFinding, StandingMove } from './finding.ts';
import { insertFindings, moveStandings } from './store.ts';

export { standingsOf } from './store.ts';

/** What really changed: only this is told to cases. */
export interface Recorded {
  readonly added: readonly NewFinding[];
  readonly withdrawn: readonly StandingMove[];
  readonly reinstated: readonly StandingMove[];
}

/** When, by whom and for what reason standings change. */
export interface Occasion {
  readonly atMs: number;
  readonly actor: string;
  /** Why stored findings were judged again: `late-record`, `fact-changed`, … */
  readonly reason: string;
}

/**
 * Writes findings and changes of standing, each with its ledger entry, in the caller's transaction.
 *
 * Handing the same change in twice writes nothing the second time. A finding handed in as new that is
 * stored and withdrawn is reinstated; the last row of its standings decides whether it stands.
 */
export async function record(
  tx: Tx,
  added: readonly NewFinding[],
  withdrawn: readonly string[],
  reinstated: readonly string[],
  occasion: Occasion,
): Promise<Recorded> {
  const inserted = new Set(await insertFindings(tx, added));
  const fresh = distinct(added.filter(finding => inserted.has(finding.findingId)));
  const known = added.filter(finding => !inserted.has(finding.findingId)).map(finding => finding.findingId);
  const gone = await moveStandings(tx, withdrawn, 'withdrawn', occasion.reason, occasion.atMs);
  const back = await moveStandings(
    tx,
    [...reinstated, ...known],
    'reinstated',
    occasion.reason,
    occasion.atMs,
  );
  await stageFound(tx, fresh, occasion);
  await stageMoves(tx, gone, 'finding-withdrawn', occasion);
  await stageMoves(tx, back, 'finding-reinstated', occasion);
  return { added: fresh, withdrawn: gone, reinstated: back };
}

async function stageFound(tx: Tx, found: readonly NewFinding[], occasion: Occasion): Promise<void> {
  const seals = await sealTexts(
    tx,
    found.map(finding => ({
      partyId: finding.partyId,
      object: `finding/${finding.findingId}`,
      name: 'evidence',
      text: canonicalJson(finding.evidence),
    })),
  );
  const acts = found.map((finding, i) => ({
    act: 'finding-found',
    object: `finding/${finding.findingId}`,
    partyId: finding.partyId,
    actor: occasion.actor,
    atMs: occasion.atMs,
    detail: {
      rule: finding.ruleId,
      version: finding.ruleVersion,
      severity: finding.severity,
      historical: finding.historical,
      observedAtMs: finding.observedAtMs,
      evidence: seals[i] as string,
    },
  }));
  await stageAll(tx, acts);
}

async function stageMoves(
  tx: Tx,
  moves: readonly StandingMove[],
  act: string,
  occasion: Occasion,
): Promise<void> {
  const acts = moves.map(move => ({
    act,
    object: `finding/${move.findingId}`,
    partyId: move.partyId,
    actor: occasion.actor,
    atMs: occasion.atMs,
    detail: { rule: move.ruleId, reason: occasion.reason },
  }));
  await stageAll(tx, acts);
}

function distinct(findings: readonly NewFinding[]): NewFinding[] {
  return [...new Map(findings.map(finding => [finding.findingId, finding])).values()];
}
