import { sha256 } from '../../kernel/bytes.ts';
import type { Tx } from '../../kernel/database/transaction.ts';
import type { Observation } from '../observations/observation.ts';
import { countStating, nextStating, openStating } from '../observations/stretch/store.ts';
import { type Dossier, loadDossiers } from '../registry/dossier.ts';
import { fieldKey, fieldOfKey } from '../rules/field-key.ts';
import { type About, foldKey, type KeyContext, type KeyFold, type Verdict } from '../rules/judge-key.ts';
import { termsOf } from '../terms-in-force.ts';
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
  private readonly byClaim = new Map<string, readonly Known[]>();

  constructor(doors: BackTestDoors) {
    this.doors = doors;
  }

  async learn(tx: Tx, records: readonly Observation[]): Promise<void> {
    if (this.byClaim.size > MOST_CLAIMS) this.byClaim.clear();
    const claims = [...new Set(records.map(record => record.claim))].filter(each => !this.byClaim.has(each));
    if (claims.length === 0) return;
    const known = (await loadDossiers(tx, { claims, subjectIds: [] })).map(dossier => ({
      dossier,
      about: {
        subject: { id: `subject/${dossier.subjectId}`, class: dossier.class ?? '' },
        boundAt: termsOf(this.doors.contributions, dossier).at,
      },
    }));
    for (const claim of claims)
      this.byClaim.set(
        claim,
        known.filter(({ dossier }) => dossier.aliases.some(alias => alias.claim === claim)),
      );
  }

  of(record: Observation): Known | null {
    const named = (this.byClaim.get(record.claim) ?? []).filter(({ dossier }) => names(dossier, record));
    return named.length === 1 ? (named[0] ?? null) : null;
  }
}

interface Known {
  readonly dossier: Dossier;
  readonly about: About;
}

function names({ aliases, ancestors }: Dossier, { claim, partyId, observedAtMs }: Observation): boolean {
  return (
    ancestors.includes(partyId) &&
    aliases.some(
      alias =>
        alias.claim === claim &&
        alias.parties.includes(partyId) &&
        alias.fromMs <= observedAtMs &&
        alias.toMs > observedAtMs,
    )
  );
}

/** One key after the other; records come sorted by key. */
class Lane {
  private readonly doors: BackTestDoors;
  private readonly plan: BackTestPlan;
  private readonly tally: BackTestTally;
  private readonly names: Names;
  private readonly targets = new Map<string, Target>();
  private key: string | null = null;
  private fold: KeyFold | null = null;
  private armedFold: KeyFold | null = null;
  private found: Verdict[] = [];
  private foundArmed: Verdict[] = [];
  private now: Known | null = null;

  constructor(doors: BackTestDoors, plan: BackTestPlan, tally: BackTestTally, names: Names) {
    this.doors = doors;
    this.plan = plan;
    this.tally = tally;
    this.names = names;
  }

  take(record: Observation): void {
    const key = fieldKey(this.plan.rule, record);
    const known = this.names.of(record);
    if (key === null || known === null) return;
    if (key !== this.key) {
      this.end();
      this.open(key);
    }
    this.now = known;
    const { subjectId } = known.dossier;
    this.targets.set(known.about.subject.id, { subjectId, class: known.about.subject.class });
    this.fold?.take(record);
    this.armedFold?.take(record);
  }

  end(): void {
    if (this.armedFold !== null)
      this.tally.compare(
        { found: this.found, foundArmed: this.foundArmed },
        verdict => this.targets.get(verdict.subjectId) ?? { subjectId: 0, class: '' },
      );
    this.found = [];
    this.foundArmed = [];
    this.targets.clear();
  }

  private open(key: string): void {
    const { plan, tally, doors } = this;
    this.key = key;
    const context: KeyContext = {
      key,
      subject: { id: '', class: '' },
      boundAt: () => ({}),
      about: () => this.now?.about ?? context,
      digest: text => sha256(text).toString('hex'),
    };
    const isMeant = (atMs: number): boolean =>
      atMs >= plan.fromMs && atMs < plan.toMs && this.now !== null && isChosen(plan, this.now.dossier);
    this.fold = foldKey(plan.rule, context, (outcome, atMs, isSilence) => {
      if (!isMeant(atMs) || this.now === null) return;
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
            if (isMeant(atMs) && outcome.kind === 'fired') this.foundArmed.push(outcome.verdict);
          });
  }
}

/** All records of a key are judged, for it is theirs together; what falls on others is left out. */
function isChosen({ chosen }: BackTestPlan, { class: className, reference }: Dossier): boolean {
  return (
    (chosen.class === undefined || chosen.class === className) &&
    (chosen.references === undefined || chosen.references.includes(reference))
  );
}
