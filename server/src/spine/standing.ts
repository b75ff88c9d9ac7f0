import type { Tx } from '../kernel/database/transaction.ts';
import type { Contribution } from './contribution.ts';
import { linksSeen } from './registry/subjects/store.ts';
import { type Standing, usageOf } from './usage.ts';
import { type MeasureView, measuresPage } from './views/measures.ts';

/** How a subject stands by the last record that says so, with its newest measures. */
export interface SubjectStanding {
  readonly subjectId: number;
  readonly kind: string;
  readonly reference: string;
  readonly latest: Standing;
  readonly measures: readonly MeasureView[];
}

/** A subject that another is linked to now, with the kind of link: what a device carries. */
export interface LinkedStanding extends SubjectStanding {
  readonly link: string;
}

const MOST_MEASURES = 20;
const MOST_LINKED = 20;
const EVER = { fromMs: -Number.MAX_SAFE_INTEGER, toMs: Number.MAX_SAFE_INTEGER };

/**
 * How a subject stands, and beside it what it is linked to at the moment: a device with the state of its card and what is
 * done to that (CR-22). Refuses `subject-unknown`.
 */
export async function standingOf(
  tx: Tx,
  contributions: readonly Contribution[],
  subjectId: number,
  nowMs: number,
): Promise<{ readonly own: SubjectStanding; readonly linked: readonly LinkedStanding[] }> {
  const own = await standing(tx, contributions, subjectId);
  const links = (await linksSeen(tx, subjectId, 500))
    .filter(each => each.direction === 'to' && each.retiredAtMs === null)
    .filter(each => each.fromMs <= nowMs && nowMs < each.toMs)
    .slice(0, MOST_LINKED);
  const linked: LinkedStanding[] = [];
  for (const { kind: link, subjectId: id } of links)
    linked.push({ link, ...(await standing(tx, contributions, id)) });
  return { own, linked };
}

async function standing(
  tx: Tx,
  contributions: readonly Contribution[],
  id: number,
): Promise<SubjectStanding> {
  const { subjectId, kind, reference, usage } = await usageOf(tx, contributions, id, EVER);
  const latest = usage.find(each => each.latest.atMs !== undefined)?.latest ?? { fields: {} };
  const measures = await measuresPage(tx, { subjectId }, null, MOST_MEASURES);
  return { subjectId, kind, reference, latest, measures };
}
