import type { TimeMark } from '../observations/observation.ts';
import type { CelPlan, CelProgram } from './cel/index.ts';
import type { FieldType, KindSchema } from './kind-schema.ts';
import type { Operator, Value } from './operators/operator.ts';
import type { Window } from './window.ts';

export interface Said {
  readonly en: string;
  readonly zh: string;
}

export const timeMarks = [
  'stated',
  'zone-declared',
  'derived',
  'receipt',
  'implausible',
] as const satisfies readonly TimeMark[];
export const severities = ['low', 'medium', 'high', 'critical'] as const;
export type Severity = (typeof severities)[number];
export const strengths = ['low', 'medium', 'high'] as const;
export type Strength = (typeof strengths)[number];

/** A known innocent cause: while its condition is true the rule is silent. */
export interface Guard {
  readonly name: string;
  readonly title: Said;
  readonly whenText: string;
  readonly when: CelProgram;
  readonly plan: CelPlan;
}

/** A named value a rule keeps for each key. */
export interface StateDeclaration {
  readonly name: string;
  readonly operatorName: OperatorName;
  readonly operator: Operator;
  /** The operator as data, for other ways of keeping its state. */
  readonly shape: OperatorShape;
  readonly when: Program | null;
  readonly takes: readonly Taker[];
  /** Of an absence: how long the silence must last. */
  readonly silenceMs: number | null;
  /** As written, for explaining. */
  readonly written: Readonly<Record<string, string | number>>;
}

/** Which operator with which lengths: all that its definition leaves open. */
export type OperatorShape =
  | { readonly operator: 'count' | 'sum'; readonly window: Window }
  | { readonly operator: 'distinct'; readonly window: Window; readonly cap: number }
  | { readonly operator: 'change'; readonly window: Window; readonly lookBackMs: number }
  | {
      readonly operator: 'rate';
      readonly window: Window;
      readonly lengthMs: number;
      readonly perMs: number;
      readonly hasValue: boolean;
    }
  | { readonly operator: 'absence'; readonly windowMs: number; readonly lookBackMs: number }
  | {
      readonly operator: 'overlap';
      readonly lookBackMs: number;
      readonly cap: number;
      readonly anchor: 'start' | 'end';
    }
  | { readonly operator: 'travel'; readonly lookBackMs: number; readonly hasAccuracy: boolean };

/** An expression, ready to run and ready to be built anew with closures of its own. */
export interface Program {
  readonly text: string;
  readonly cel: CelProgram;
  readonly plan: CelPlan;
}

/** One value an operator takes: a field as it stands, or an expression over fields that must all be present. */
export type Taker =
  | { readonly field: string }
  | { readonly program: Program; readonly needs: readonly string[] }
  | { readonly value: Value };

export const operatorNames = [
  'count',
  'sum',
  'distinct',
  'change',
  'rate',
  'absence',
  'overlap',
  'travel',
] as const;
export type OperatorName = (typeof operatorNames)[number];

/** What a rule stands on: a mandate line, a requirement of a fact sheet, a law with its clause. */
export interface Basis {
  readonly source: string;
  readonly clause?: string;
}

/**
 * A rule that was read, type-checked and bounded; its expressions are ready to run.
 *
 * It fires on a record when `given` and `where` are true, no guard is, and the record of the key judged
 * before it in the same `rearm` window did not meet the rule (a rising edge). A record for which `given` is not true, or
 * an expression cannot be evaluated, is passed over and does not move the edge.
 */
export interface Rule {
  readonly id: string;
  /** First 16 hex digits of the digest of its canonical form. */
  readonly version: string;
  readonly title: Said;
  readonly status: 'draft' | 'trial' | 'shipped';
  readonly reads: string;
  /**
   * `subject`, or the field of the observation whose value is the key, as `observation.imei`. Under a field the
   * records of many subjects meet; `subject` and `bound` are then those of each record's own.
   */
  readonly key: string;
  readonly zone: string;
  readonly given: Program | null;
  readonly where: Program;
  /** Null: every record that meets the condition fires. */
  readonly rearm: Window | null;
  readonly state: readonly StateDeclaration[];
  readonly severity: Severity;
  readonly evidence: { readonly strength: Strength; readonly refutedBy: Said };
  readonly guards: readonly Guard[];
  readonly basis: readonly Basis[];
  readonly suggests: string | null;
  readonly examples: { readonly fires: readonly Example[]; readonly silent: readonly Example[] };
  readonly schema: KindSchema;
  /** Fields of the observation that any expression or operator reads. */
  readonly observationFields: readonly string[];
  /** Fields the evidence of a finding shows, by variable: those `given`, `where` and the guards read. */
  readonly shown: {
    readonly observation: readonly string[];
    readonly bound: readonly string[];
    readonly state: readonly string[];
  };
  /** True when it reads a running counter, so that deltas must be taken. */
  readonly usesCounters: boolean;
  /** How far before a moment records must be loaded so that every verdict at or after it is exact. */
  readonly reachMs: number;
}

/** One example inside a rule: facts, observations, and what must come of them. */
export interface Example {
  readonly name: string;
  readonly subject: { readonly id: string; readonly class: string };
  /** Terms in force, each from a moment on; the last one that has begun holds. */
  readonly bound: readonly { readonly fromMs: number; readonly terms: Terms }[];
  readonly observations: readonly ExampleObservation[];
  /** How far time is known to have come; null without. */
  readonly watermarkMs: number | null;
  /** Numbers, from 1, of the observations that complete a finding; for a silence the last before it. Null: at least one. */
  readonly expect: readonly number[] | null;
  /** Of a silent example: the guard that alone keeps it silent. */
  readonly guard: string | null;
}

export type TermValue = string | number | boolean | readonly string[] | null;
/** Terms in force for a subject at one moment; what rules see as `bound`. Null is not in force. */
export type Terms = Readonly<Record<string, TermValue>>;

export interface ExampleObservation {
  /** Name of the subject, in a rule keyed by a field; null for the example's own. */
  readonly subject: string | null;
  readonly atMs: number;
  readonly series: string | null;
  readonly timeMark: TimeMark;
  readonly fields: Readonly<Record<string, string | number | boolean>>;
}

/** Fields judging adds to every observation. */
export const addedFields: Readonly<Record<string, FieldType>> = {
  atMs: 'int',
  timeMark: 'string',
  counterMark: 'string',
};
