import { sha256 } from '../../kernel/bytes.ts';
import type { Tx } from '../../kernel/database/transaction.ts';
import { type Bearer, bearer } from '../keys/key-records.ts';
import type { Observation } from '../observations/observation.ts';
import { countStating, nextStating, openStating } from '../observations/stretch/store.ts';
import { type Dossier, loadDossiers, names } from '../registry/dossier.ts';
import { fieldKey, fieldOfKey } from '../rules/field-key.ts';
import { foldKey, type KeyContext, type KeyFold, type Verdict } from '../rules/judge-key.ts';
import { type BackTestDoors, type BackTestPlan, Canceled, kindsOf, PAGE_RECORDS, sinceMs } from './plan.ts';
import type { BackTestTally, Target } from './tally.ts';

/** Claims remembered with whom they name. */
const MOST_CLAIMS = 20_000;

/**
 * Judges key by key a rule that is keyed by a field. A record is about the subject its claim names at its time,
 * for its source's party; one that names nobody, or several, bears no verdict (C-13, C-15). All is read in one
 * transaction, for the records are sorted once.
 */
export async function judgeFieldKeys(
  doors: BackTestDoors,
  plan: BackTestPlan,
  tally: BackTestTally,
): Promise<void> {
  const field = fieldOfKey(plan.rule.key);
  if (field === null) return;
  const stretch = { kinds: kindsOf(plan), sinceMs: sinceMs(plan), toMs: plan.toMs };
  await doors.database.corridor(async tx => {
    const total = await countStating(tx, stretch, field);
    await openStating(tx, stretch, field);
    const names = new Names(doors);
    const lane = new Lane(doors, plan, tally, names);
    let done = 0;
    for (;;) {
      if (!(await doors.onProgress(done, total))) throw new Canceled();
      const page = await nextStating(tx, doors.pageRecords ?? PAGE_RECORDS);
      if (page.length === 0) break;
      await names.learn(tx, page);
      for (const record of page) lane.take(record);
      done += page.length;
    }
    lane.end();
  });
}

/** Whom records are about. */
class Names {
  private readonly doors: BackTestDoors;
  private readonly byClaim = new Map<string, readonly Bearer[]>();

  constructor(doors: BackTestDoors) {
    this.doors = doors;
  }

  async learn(tx: Tx, records: readonly Observation[]): Promise<void> {
    if (this.byClaim.size > MOST_CLAIMS) this.byClaim.clear();
    const claims = [...new Set(records.map(record => record.claim))].filter(each => !this.byClaim.has(each));
    if (claims.length === 0) return;
    const known = (await loadDossiers(tx, { claims, subjectIds: [] })).map(dossier =>
      bearer(this.doors.contributions, dossier),
    );
    for (const claim of claims)
      this.byClaim.set(
        claim,
        known.filter(({ dossier }) => dossier.aliases.some(alias => alias.claim === claim)),
      );
  }

  of(record: Observation): Bearer | null {
    const named = (this.byClaim.get(record.claim) ?? []).filter(({ dossier }) => names(dossier, record));
    return named.length === 1 ? (named[0] ?? null) : null;
  }
}

/** One value after the other, as records come sorted, and under it the key of each party. */
class Lane {
  private readonly doors: BackTestDoors;
  private readonly plan: BackTestPlan;
  private readonly tally: BackTestTally;
  private readonly names: Names;
  private readonly folds = new Map<string, FieldFold>();
  private value: string | null = null;

  constructor(doors: BackTestDoors, plan: BackTestPlan, tally: BackTestTally, names: Names) {
    this.doors = doors;
    this.plan = plan;
    this.tally = tally;
    this.names = names;
  }

  take(record: Observation): void {
    const value = fieldKey(this.plan.rule, record);
    const about = this.names.of(record);
    if (value === null || about === null) return;
    if (value !== this.value) this.end();
    this.value = value;
    const { partyId } = about.dossier;
    const key = fieldKey(this.plan.rule, record, partyId) as string;
    let fold = this.folds.get(key);
    if (fold === undefined) {
      fold = new FieldFold(this.doors, this.plan, this.tally, { key, partyId });
      this.folds.set(key, fold);
    }
    fold.take(record, about);
  }

  end(): void {
    for (const fold of this.folds.values()) fold.end();
    this.folds.clear();
  }
}

/** One key under the new rule and beside it under the armed one. */
class FieldFold {
  private readonly plan: BackTestPlan;
  private readonly tally: BackTestTally;
  private readonly fold: KeyFold;
  private readonly armedFold: KeyFold | null;
  private readonly targets = new Map<string, Target>();
  private readonly found: Verdict[] = [];
  private readonly foundArmed: Verdict[] = [];
  private now: Bearer | null = null;

  constructor(
    doors: BackTestDoors,
    plan: BackTestPlan,
    tally: BackTestTally,
    named: { readonly key: string; readonly partyId: number },
  ) {
    this.plan = plan;
    this.tally = tally;
    const context: KeyContext = {
      ...named,
      subject: { id: '', class: '' },
      boundAt: () => ({}),
      about: () => this.now?.about ?? context,
      digest: text => sha256(text).toString('hex'),
    };
    this.fold = foldKey(plan.rule, context, (outcome, atMs, isSilence) => {
      if (!this.isMeant(atMs) || this.now === null) return;
      const { dossier, about } = this.now;
      tally.hear(outcome, isSilence, { subjectId: dossier.subjectId, class: about.subject.class });
      if (outcome.kind !== 'fired') return;
      doors.onHit?.(outcome.verdict);
      if (plan.armed !== null) this.found.push(outcome.verdict);
    });
    this.armedFold =
      plan.armed === null
        ? null
        : foldKey(plan.armed, context, (outcome, atMs) => {
            if (this.isMeant(atMs) && outcome.kind === 'fired') this.foundArmed.push(outcome.verdict);
          });
  }

  take(record: Observation, about: Bearer): void {
    this.now = about;
    const { subject } = about.about;
    this.targets.set(subject.id, { subjectId: about.dossier.subjectId, class: subject.class });
    this.fold.take(record);
    this.armedFold?.take(record);
  }

  end(): void {
    if (this.armedFold === null) return;
    this.tally.compare(
      { found: this.found, foundArmed: this.foundArmed },
      verdict => this.targets.get(verdict.subjectId) ?? { subjectId: 0, class: '' },
    );
  }

  private isMeant(atMs: number): boolean {
    const { plan } = this;
    return atMs >= plan.fromMs && atMs < plan.toMs && this.now !== null && isChosen(plan, this.now.dossier);
  }
}

/** All records of a key are judged, for it is theirs together; what falls on others is left out. */
function isChosen({ chosen }: BackTestPlan, { class: className, reference }: Dossier): boolean {
  return (
    (chosen.class === undefined || chosen.class === className) &&
    (chosen.references === undefined || chosen.references.includes(reference))
  );
}
