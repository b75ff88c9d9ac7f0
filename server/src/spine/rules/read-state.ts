import type { FieldType } from './kind-schema.ts';
import { openAbsence } from './operators/absence.ts';
import { openChange } from './operators/change.ts';
import { openCount } from './operators/count.ts';
import { openDistinct } from './operators/distinct.ts';
import type { Operator } from './operators/operator.ts';
import { openOverlap } from './operators/overlap.ts';
import { openRate } from './operators/rate.ts';
import { openSum } from './operators/sum.ts';
import { openTravel } from './operators/travel.ts';
import type { OperatorName, OperatorShape, Program, StateDeclaration, Taker } from './rule.ts';
import { type RuleFault, ruleFault } from './rule-fault.ts';
import type { RuleText } from './rule-text.ts';
import { openWindow, readDuration, type Window } from './window.ts';
import type { Zone } from './zone-time.ts';

/** A named state as written; its shape has been checked. */
export interface WrittenState {
  readonly operator: OperatorName;
  readonly of?: string;
  readonly when?: string;
  readonly window?: string;
  readonly lookBack?: string;
  readonly per?: string;
  readonly cap?: number;
  readonly lastsMs?: string;
  readonly anchor?: 'start' | 'end';
  readonly latE6?: string;
  readonly lonE6?: string;
  readonly accuracyM?: string;
}

/** Turns an expression at a path into a program of the wanted type; null when a fault was noted. */
export type CompileAt = (path: string, source: string, wanted: FieldType | 'any') => Program | null;

/** The longest an operator may look back; a longer memory is a dated fact in the registry. */
export const MOST_LOOK_BACK_DAYS = 400;
const DAY_MS = 86_400_000;
const DEFAULT_CAP = 16;

/** Which parts each operator has: those it needs, and those it may have, besides `operator` and `when`. */
const partsOf: Record<
  OperatorName,
  { readonly needs: readonly (keyof WrittenState)[]; readonly may: readonly (keyof WrittenState)[] }
> = {
  count: { needs: ['window'], may: [] },
  sum: { needs: ['of', 'window'], may: [] },
  distinct: { needs: ['of', 'window'], may: ['cap'] },
  change: { needs: ['of', 'window', 'lookBack'], may: [] },
  rate: { needs: ['window', 'per'], may: ['of'] },
  absence: { needs: ['window', 'lookBack'], may: [] },
  overlap: { needs: ['of', 'lastsMs', 'lookBack'], may: ['cap', 'anchor'] },
  travel: { needs: ['latE6', 'lonE6', 'lookBack'], may: ['accuracyM'] },
};

/** The values an operator takes from a record, in the order it takes them. */
const takesOf: Record<OperatorName, readonly (readonly [keyof WrittenState, FieldType | 'any'])[]> = {
  count: [],
  sum: [['of', 'int']],
  distinct: [['of', 'any']],
  change: [['of', 'any']],
  rate: [['of', 'int']],
  absence: [],
  overlap: [
    ['of', 'any'],
    ['lastsMs', 'int'],
  ],
  travel: [
    ['latE6', 'int'],
    ['lonE6', 'int'],
    ['accuracyM', 'int'],
  ],
};

/** Opens one named state; notes faults and returns null when it cannot be kept. */
export function readState(
  name: string,
  written: WrittenState,
  zone: Zone,
  text: RuleText,
  compileAt: CompileAt,
  faults: RuleFault[],
): StateDeclaration | null {
  const before = faults.length;
  checkParts(name, written, text, faults);
  if (faults.length > before) return null;
  const times = readTimes(name, written, zone, text, faults);
  const when = written.when === undefined ? null : compileAt(`state.${name}.when`, written.when, 'bool');
  const takes = takesOf[written.operator].map(([part, type]): Taker | null => {
    const source = written[part];
    if (typeof source !== 'string') return { value: undefined };
    const program = compileAt(`state.${name}.${part}`, source, type);
    return program === null ? null : takerOf(program);
  });
  if (faults.length > before || times === null) return null;
  const shape = shapeOf(written, times);
  return {
    name,
    operatorName: written.operator,
    operator: openOperator(name, shape),
    shape,
    when,
    takes: takes.filter(taker => taker !== null),
    silenceMs: written.operator === 'absence' ? times.windowMs : null,
    written: { ...written },
  };
}

function checkParts(name: string, written: WrittenState, text: RuleText, faults: RuleFault[]): void {
  const { needs, may } = partsOf[written.operator];
  for (const part of needs) {
    const path = `state.${name}`;
    if (written[part] === undefined)
      faults.push(ruleFault('missing-part', `${path}.${part}`, text.placeOf(path), part));
  }
  for (const part of Object.keys(written) as (keyof WrittenState)[]) {
    const path = `state.${name}.${part}`;
    const isKnown = part === 'operator' || part === 'when' || needs.includes(part) || may.includes(part);
    if (!isKnown) faults.push(ruleFault('unknown-part', path, text.placeOf(path), part));
  }
}

interface Times {
  readonly window: Window | null;
  readonly windowMs: number;
  readonly lookBackMs: number;
  readonly perMs: number;
}

/** The lengths of time of a state; which of them it has is checked before. */
function readTimes(
  name: string,
  written: WrittenState,
  zone: Zone,
  text: RuleText,
  faults: RuleFault[],
): Times | null {
  const before = faults.length;
  const needsLength = written.operator === 'rate' || written.operator === 'absence';
  const length = (part: 'window' | 'lookBack' | 'per'): number => {
    const source = written[part];
    if (source === undefined) return 0;
    const ms = readDuration(source);
    if (ms !== null && ms <= MOST_LOOK_BACK_DAYS * DAY_MS) return ms;
    const path = `state.${name}.${part}`;
    faults.push(ruleFault('bad-duration', path, text.placeOf(path), source, MOST_LOOK_BACK_DAYS));
    return 0;
  };
  const windowMs = needsLength ? length('window') : 0;
  const lookBackMs = length('lookBack');
  const perMs = length('per');
  const hasPanes = written.window !== undefined && written.operator !== 'absence';
  const window = hasPanes ? openWindow(written.window ?? '', zone) : null;
  const path = `state.${name}.window`;
  if (hasPanes && window === null)
    faults.push(ruleFault('bad-window', path, text.placeOf(path), written.window ?? ''));
  if (written.operator === 'absence' && lookBackMs < windowMs) {
    faults.push(
      ruleFault(
        'bad-duration',
        `state.${name}.lookBack`,
        text.placeOf(`state.${name}.lookBack`),
        written.lookBack ?? '',
        MOST_LOOK_BACK_DAYS,
      ),
    );
  }
  return faults.length > before ? null : { window, windowMs, lookBackMs, perMs };
}

function shapeOf(written: WrittenState, times: Times): OperatorShape {
  const window = times.window as Window;
  const { windowMs, lookBackMs, perMs } = times;
  const cap = written.cap ?? DEFAULT_CAP;
  switch (written.operator) {
    case 'count':
    case 'sum':
      return { operator: written.operator, window };
    case 'distinct':
      return { operator: 'distinct', window, cap };
    case 'change':
      return { operator: 'change', window, lookBackMs };
    case 'rate':
      return { operator: 'rate', window, lengthMs: windowMs, perMs, hasValue: written.of !== undefined };
    case 'absence':
      return { operator: 'absence', windowMs, lookBackMs };
    case 'overlap':
      return { operator: 'overlap', lookBackMs, cap, anchor: written.anchor ?? 'end' };
    case 'travel':
      return { operator: 'travel', lookBackMs, hasAccuracy: written.accuracyM !== undefined };
  }
}

function openOperator(name: string, shape: OperatorShape): Operator {
  switch (shape.operator) {
    case 'count':
      return openCount(name, shape.window);
    case 'sum':
      return openSum(name, shape.window);
    case 'distinct':
      return openDistinct(name, shape.window, shape.cap);
    case 'change':
      return openChange(name, shape.window, shape.lookBackMs);
    case 'rate':
      return openRate(name, shape.window, shape.lengthMs, shape.perMs, shape.hasValue);
    case 'absence':
      return openAbsence(name, shape.windowMs, shape.lookBackMs);
    case 'overlap':
      return openOverlap(name, shape.lookBackMs, shape.cap, shape.anchor);
    case 'travel':
      return openTravel(name, shape.lookBackMs);
  }
}

/** A bare field is read as it stands; a longer expression has a value only where all its fields have one. */
function takerOf(program: Program): Taker {
  const bare = /^\s*observation\.([A-Za-z_]\w*)\s*$/.exec(program.text);
  if (bare?.[1] !== undefined) return { field: bare[1] };
  const needs = program.cel.uses.filter(use => use.variable === 'observation').map(use => use.field);
  return { program, needs };
}
