import { type CelPlan, type CelProgram, type CopyFor, planOf } from '../cel/index.ts';
import { fieldOfKey } from '../field-key.ts';
import type { Rule } from '../rule.ts';
import { AbsenceRows } from './absence-rows.ts';
import { Arguments } from './arguments.ts';
import type { BoundLanes } from './bound-lanes.ts';
import { DIGEST_WORDS } from './columns.ts';
import { OwnLane } from './lane.ts';
import { LaneProgram } from './lane-program.ts';
import type { Lanes } from './lanes.ts';
import { Pool, Rows } from './memory.ts';
import { MetPanes } from './met-panes.ts';
import type { RowOperator } from './operator.ts';
import { paneUnit } from './pane-lists.ts';
import { planOperator } from './plan-operator.ts';
import { RuleViews } from './rule-views.ts';
import { SparseSums } from './sparse-sums.ts';
import type { TextNumbers } from './texts.ts';
import { fieldName } from './view.ts';

/** What an armed rule is built over: the lanes of its kind, the terms, and the texts both are numbered by. */
export interface RuleSurface {
  readonly lanes: Lanes;
  readonly bound: BoundLanes;
  readonly texts: TextNumbers;
  /** The number a bound term has in views. */
  boundNumber(term: string): number;
}

/** An operator of a rule with what it takes. */
export interface Moved {
  readonly operator: RowOperator;
  readonly name: string;
  readonly when: LaneProgram | null;
  readonly args: Arguments;
  readonly panes: (() => Int32Array) | null;
}

/** The absence whose silences are judged. */
export interface Watched {
  readonly operator: AbsenceRows;
  readonly silenceMs: number;
  /** The wide word of the silence judged last: the moment it fell due with 1 added, 0 for none. */
  readonly dueWide: number;
  /** The first of the words of the last record's digest. */
  readonly lastDigest: number;
}

/** The edge of a rule that fires again only in another pane. */
export interface Edge {
  /** The pane of the last record when it met the rule, divided by `unit`. */
  readonly met: MetPanes;
  readonly unit: number;
  readonly panes: () => Int32Array;
}

/** A rule ready to judge: where its state lies in a row, its operators and its expressions. */
export interface RuleLayout {
  readonly rows: Rows;
  readonly pool: Pool;
  /** Wide words that each row begins with. */
  readonly wides: number;
  readonly moved: readonly Moved[];
  readonly views: RuleViews;
  readonly given: LaneProgram | null;
  readonly where: LaneProgram;
  readonly guards: readonly { readonly name: string; readonly cel: CelProgram }[];
  readonly edge: Edge | null;
  readonly watched: Watched | null;
}

/** Wide words come first in a row, then the last digest, the list of rare sums, and the words of the operators. */
export function layOut(rule: Rule, surface: RuleSurface, copyFor: CopyFor): RuleLayout {
  const { lanes, texts, boundNumber } = surface;
  const { fields } = lanes;
  if (rule.usesCounters) fields.useCounters();
  const keyField = fieldOfKey(rule.key);
  if (keyField !== null) fields.column(keyField);
  const plans = rule.state.map(declaration => planOperator(declaration.shape, declaration.when !== null));
  const hasAbsence = rule.state.some(declaration => declaration.silenceMs !== null);
  let wide = hasAbsence ? 1 : 0;
  let word = 2 * plans.reduce((sum, plan) => sum + plan.wides, wide);
  const edge: Edge | null =
    rule.rearm === null
      ? null
      : { met: new MetPanes(), unit: paneUnit(rule.rearm), panes: lanes.panes(rule.rearm, rule.zone) };
  const lastDigest = word;
  if (hasAbsence) word += DIGEST_WORDS;
  const sparseAt = word;
  if (plans.some(plan => plan.isSparse)) word += 1;
  const hasWides = plans.some(plan => plan.wides > 0) || hasAbsence;
  const stride = plans.reduce((sum, plan) => sum + plan.words, word);
  const rows = new Rows(hasWides ? (stride + 1) & ~1 : stride);
  const pool = new Pool();
  const sparse = new SparseSums(rows, pool, sparseAt);

  const outs = rule.state.flatMap(declaration =>
    Object.entries(declaration.operator.outputs).map(([name, type]) => ({ name, type, own: new OwnLane() })),
  );
  const numbers = new Map(outs.map(({ name }, at) => [name, at]));
  const state = outs.map(({ name, type, own }, at) => ({ name, at, type, lane: () => own.to(0) }));
  const views = new RuleViews(rule, lanes, texts, state, boundNumber);
  const cel = (plan: CelPlan): CelProgram =>
    plan
      .renamed((variable, field) => {
        if (variable === 'observation') return fieldName(fields.viewNumber(field));
        if (variable === 'bound') return fieldName(boundNumber(field));
        return variable === 'state' ? fieldName(numbers.get(field) as number) : field;
      })
      .build(copyFor);
  const stateLane = (field: string) => (state[numbers.get(field) as number] as (typeof state)[number]).lane;
  const program = (plan: CelPlan, isText = false): LaneProgram =>
    new LaneProgram(plan, node => cel(planOf(node)), { ...surface, state: stateLane }, views, isText);

  const moved: Moved[] = [];
  let watched: Watched | null = null;
  const free = outs.map(({ own }) => own);
  for (const [i, declaration] of rule.state.entries()) {
    const plan = plans[i] as (typeof plans)[number];
    const place = { rows, pool, texts, wide, word, sparse: plan.isSparse ? sparse : null };
    const operator = plan.open({ ...place, outs: free.splice(0, plan.outputs) });
    wide += plan.wides;
    word += plan.words;
    const { silenceMs } = declaration;
    if (operator instanceof AbsenceRows && silenceMs !== null)
      watched = { operator, silenceMs, dueWide: 0, lastDigest };
    moved.push({
      operator,
      name: declaration.name,
      when: declaration.when === null ? null : program(declaration.when.plan),
      args: new Arguments(declaration, lanes, texts, (taker, isText) => program(taker.program.plan, isText)),
      panes: operator.window === null ? null : lanes.panes(operator.window, rule.zone),
    });
  }
  return {
    rows,
    pool,
    wides: wide,
    moved,
    views,
    given: rule.given === null ? null : program(rule.given.plan),
    where: program(rule.where.plan),
    guards: rule.guards.map(guard => ({ name: guard.name, cel: cel(guard.plan) })),
    edge,
    watched,
  };
}
