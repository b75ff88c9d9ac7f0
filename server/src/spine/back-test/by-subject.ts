import { sha256 } from '../../kernel/bytes.ts';
import type { Tx } from '../../kernel/database/transaction.ts';
import { keyOf } from '../judging.ts';
import { watermarksOf } from '../observations/feeds/store.ts';
import {
  heardAgain,
  type NamedWindow,
  type StretchPlace,
  type SubjectRecord,
  stretchPage,
} from '../observations/stretch/store.ts';
import { chosenPage, countChosen } from '../registry/chosen/store.ts';
import { type Dossier, loadDossiers } from '../registry/dossier.ts';
import {
  foldKey,
  type KeyContext,
  type KeyFold,
  type OutcomeHeard,
  type Verdict,
} from '../rules/judge-key.ts';
import type { Rule } from '../rules/rule.ts';
import { termsOf } from '../terms-in-force.ts';
import { type BackTestDoors, type BackTestPlan, Canceled, kindsOf, PAGE_RECORDS, sinceMs } from './plan.ts';
import type { BackTestTally } from './tally.ts';

/** Subjects whose records are asked for together. */
const SUBJECTS_AT_ONCE = 64;

/**
 * Judges subject by subject from the stored records, as live judging does (`judging.ts`): the same fold, the
 * same terms in force at each moment, silences by the source of the last record. In memory are the dossiers of
 * some subjects, a page of records and one subject's state; each group of subjects is read in a transaction.
 */
export async function judgeSubjects(
  doors: BackTestDoors,
  plan: BackTestPlan,
  tally: BackTestTally,
): Promise<void> {
  const total = await doors.database.corridor(tx => countChosen(tx, plan.chosen));
  let done = 0;
  let afterId = 0;
  for (;;) {
    if (!(await doors.onProgress(done, total))) throw new Canceled();
    const ids = await doors.database.corridor(async tx => {
      const page = await chosenPage(tx, plan.chosen, afterId, SUBJECTS_AT_ONCE);
      if (page.length > 0) await judgeGroup(tx, doors, plan, tally, page);
      return page;
    });
    const last = ids.at(-1);
    if (last === undefined) return;
    afterId = last;
    done += ids.length;
  }
}

async function judgeGroup(
  tx: Tx,
  doors: BackTestDoors,
  plan: BackTestPlan,
  tally: BackTestTally,
  subjectIds: readonly number[],
): Promise<void> {
  const dossiers = await loadDossiers(tx, { claims: [], subjectIds });
  const byId = new Map(dossiers.map(each => [each.subjectId, each]));
  const windows = dossiers.flatMap(windowsOf);
  const silences = await silencesIn(tx, plan, windows);
  const stretch = { kinds: kindsOf(plan), sinceMs: sinceMs(plan), toMs: plan.toMs };
  const limit = doors.pageRecords ?? PAGE_RECORDS;
  let after: StretchPlace | null = null;
  let under: SubjectFold | null = null;
  for (;;) {
    const page: SubjectRecord[] = await stretchPage(tx, windows, stretch, after, limit);
    for (const record of page) {
      if (under === null || under.dossier.subjectId !== record.subjectId) {
        await under?.end(tx, silences);
        under = new SubjectFold(doors, plan, tally, byId.get(record.subjectId)!);
      }
      under.take(record);
    }
    after = page.at(-1) ?? after;
    if (page.length < limit) break;
  }
  await under?.end(tx, silences);
}

function windowsOf({ subjectId, aliases, ancestors }: Dossier): NamedWindow[] {
  return aliases.map(({ claim, fromMs, toMs, parties }) => ({
    subjectId,
    claim,
    fromMs,
    toMs,
    parties: parties.filter(party => ancestors.includes(party)),
  }));
}

/** By which subjects' later records a silence at the end of the span is proven. Null: no rule here waits for one. */
async function silencesIn(
  tx: Tx,
  { rule, armed, toMs }: BackTestPlan,
  windows: readonly NamedWindow[],
): Promise<Set<string> | null> {
  const waiting = [rule, ...(armed === null ? [] : [armed])].filter(waitsForSilence);
  if (waiting.length === 0) return null;
  const kinds = [...new Set(waiting.map(each => each.reads))];
  return heardAgain(tx, windows, kinds, toMs);
}

function waitsForSilence(rule: Rule): boolean {
  return rule.state.some(each => each.silenceMs !== null);
}

/** One subject under the new rule and beside it under the armed one. */
class SubjectFold {
  readonly dossier: Dossier;
  private readonly plan: BackTestPlan;
  private readonly tally: BackTestTally;
  private readonly target: { subjectId: number; class: string };
  private readonly fold: KeyFold;
  private readonly armedFold: KeyFold | null;
  private readonly found: Verdict[] = [];
  private readonly foundArmed: Verdict[] = [];
  private readonly lastSource = new Map<string, number>();

  constructor(doors: BackTestDoors, plan: BackTestPlan, tally: BackTestTally, dossier: Dossier) {
    this.dossier = dossier;
    this.plan = plan;
    this.tally = tally;
    const { rule, armed } = plan;
    const target = { subjectId: dossier.subjectId, class: dossier.class ?? '' };
    this.target = target;
    const context: KeyContext = {
      ...keyOf(dossier),
      boundAt: termsOf(doors.contributions, dossier).at,
      digest: text => sha256(text).toString('hex'),
    };
    const isIn = (atMs: number): boolean => atMs >= plan.fromMs && atMs < plan.toMs;
    const hear: OutcomeHeard = (outcome, atMs, isSilence) => {
      if (!isIn(atMs)) return;
      tally.hear(outcome, isSilence, target);
      if (outcome.kind !== 'fired') return;
      doors.onHit?.(outcome.verdict);
      if (armed !== null) this.found.push(outcome.verdict);
    };
    const hearArmed: OutcomeHeard = (outcome, atMs) => {
      if (isIn(atMs) && outcome.kind === 'fired') this.foundArmed.push(outcome.verdict);
    };
    this.fold = foldKey(rule, context, hear);
    this.armedFold = armed === null ? null : foldKey(armed, context, hearArmed);
  }

  take(record: SubjectRecord): void {
    this.lastSource.set(record.kind, record.sourceId);
    this.fold.take(record);
    this.armedFold?.take(record);
  }

  /** The silence after the last record: proven by a later record, else by how far that record's source has come. */
  async end(tx: Tx, heardLater: Set<string> | null): Promise<void> {
    if (heardLater !== null) {
      const watermarks = await watermarksOf(tx, [...new Set(this.lastSource.values())]);
      this.reach(this.fold, this.plan.rule, heardLater, watermarks);
      if (this.armedFold !== null && this.plan.armed !== null)
        this.reach(this.armedFold, this.plan.armed, heardLater, watermarks);
    }
    if (this.armedFold === null) return;
    this.tally.compare({ found: this.found, foundArmed: this.foundArmed }, () => this.target);
  }

  private reach(
    fold: KeyFold,
    rule: Rule,
    heardLater: Set<string>,
    watermarks: ReadonlyMap<number, number>,
  ): void {
    const lastMs = this.plan.toMs - 1;
    const isHeardLater = heardLater.has(`${this.dossier.subjectId}/${rule.reads}`);
    const watermarkMs = isHeardLater ? lastMs : watermarks.get(this.lastSource.get(rule.reads) ?? -1);
    if (watermarkMs !== undefined) fold.reach(Math.min(watermarkMs, lastMs));
  }
}
