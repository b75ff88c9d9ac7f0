import type { Canonical } from '../../../kernel/canonical-json.ts';
import type { Evidence } from '../judge-key.ts';
import type { Rule } from '../rule.ts';
import type { Lane } from './lane.ts';
import type { Lanes } from './lanes.ts';
import type { TextNumbers } from './texts.ts';
import { type FieldValue, fieldName, put, View } from './view.ts';

export const NOBODY = { id: '', class: '' };
const NOTHING = new View();

/** What expressions over views are evaluated in. */
export interface Scope {
  observation: View;
  bound: View;
  subject: { readonly id: string; readonly class: string };
  state: View;
}

/** What a view cannot be filled with from lanes. */
export interface Around {
  /** Terms in force for the subject at the moment, in the view the rules were built for. */
  boundAt(slot: number, atMs: number): View;
  /** The view of the terms of record `i` of the batch in hand. */
  boundOf(i: number): View;
  subjectOf(slot: number): { readonly id: string; readonly class: string };
}

/** One field of a view and the lane it is filled from. */
export interface Filled {
  readonly name: string;
  readonly at: number;
  readonly type: string;
  lane(): Lane;
}

/** The fields of one record, or of a silence, as the conditions of a rule read them one at a time. */
export class RuleViews {
  readonly scope: Scope = { observation: new View(), bound: NOTHING, subject: NOBODY, state: new View() };
  readonly usesBound: boolean;
  readonly #observation = this.scope.observation;
  readonly #usesSubject: boolean;
  readonly #lanes: Lanes;
  readonly #texts: TextNumbers;
  readonly #observed: readonly Filled[];
  readonly #state: readonly Filled[];
  readonly #rule: Rule;
  readonly #boundNumber: (term: string) => number;
  #around: Around | null = null;

  constructor(
    rule: Rule,
    lanes: Lanes,
    texts: TextNumbers,
    state: readonly Filled[],
    boundNumber: (term: string) => number,
  ) {
    this.#rule = rule;
    this.#lanes = lanes;
    this.#texts = texts;
    this.#state = state;
    this.#boundNumber = boundNumber;
    const uses = usesOf(rule);
    this.usesBound = uses.has('bound');
    this.#usesSubject = uses.has('subject');
    const added = ['timeMark', 'counterMark'].filter(field => uses.has(`observation.${field}`));
    const { fields } = lanes;
    this.#observed = [...new Set([...rule.observationFields, ...added, 'atMs'])].map(name => ({
      name,
      at: fields.viewNumber(name),
      type: fields.typeOf(name),
      lane: lanes.field(name),
    }));
  }

  /** To be called before a batch is judged. */
  open(around: Around): void {
    this.#around = around;
  }

  /** Fills the views from record `i` of the batch, as far as its lanes are worked out. */
  see(i: number): Scope {
    const { scope } = this;
    const around = this.#around as Around;
    scope.observation = this.#observation;
    this.#fill(scope.observation, this.#observed, i);
    this.#fill(scope.state, this.#state, i);
    if (this.usesBound) scope.bound = around.boundOf(i);
    if (this.#usesSubject) scope.subject = around.subjectOf(this.#lanes.batch.slots[i] as number);
    return scope;
  }

  /** Fills the views for a silence, whose state lies at the beginning of the lanes: nothing was observed. */
  seeSilence(slot: number, dueMs: number, around: Around): Scope {
    const { scope } = this;
    scope.observation = NOTHING;
    scope.bound = this.usesBound ? around.boundAt(slot, dueMs) : NOTHING;
    if (this.#usesSubject) scope.subject = around.subjectOf(slot);
    this.#fill(scope.state, this.#state, 0);
    return scope;
  }

  /** What was seen last, as the evidence of a finding. */
  evidence(silentSinceMs: number | null): Evidence {
    const { shown, evidence, guards } = this.#rule;
    const { fields } = this.#lanes;
    return {
      strength: evidence.strength,
      observation: pick(this.scope.observation, shown.observation, name => fields.viewNumber(name)),
      bound: pick(this.scope.bound, shown.bound, this.#boundNumber),
      state: pick(this.scope.state, shown.state, name => this.#stateNumber(name)),
      guards: guards.map(guard => guard.name),
      silentSinceMs,
    };
  }

  #stateNumber(output: string): number {
    return (this.#state.find(({ name }) => name === output) as Filled).at;
  }

  #fill(view: View, filled: readonly Filled[], i: number): void {
    for (const { at, type, lane } of filled) put(view, at, fieldOf(type, lane()[i] as number, this.#texts));
  }
}

function fieldOf(type: string, number: number, texts: TextNumbers): FieldValue {
  if (type === 'string') return number > 0 ? texts.textOf(number) : undefined;
  if (Number.isNaN(number)) return undefined;
  return type === 'bool' ? number === 1 : number;
}

function pick(
  view: View,
  shown: readonly string[],
  numberOf: (name: string) => number,
): Record<string, Canonical> {
  const picked: Record<string, Canonical> = {};
  for (const name of shown) {
    const value = (view as unknown as Record<string, FieldValue>)[fieldName(numberOf(name))];
    if (value !== undefined) picked[name] = value as Canonical;
  }
  return picked;
}

/** The variables and the fields a rule reads. */
function usesOf(rule: Rule): Set<string> {
  const programs = [
    rule.given?.cel,
    rule.where.cel,
    ...rule.guards.map(guard => guard.when),
    ...rule.state.flatMap(({ when, takes }) => [
      when?.cel,
      ...takes.map(taker => ('program' in taker ? taker.program.cel : undefined)),
    ]),
  ];
  const uses = new Set<string>();
  for (const program of programs)
    for (const { variable, field } of program?.uses ?? []) {
      uses.add(variable);
      uses.add(`${variable}.${field}`);
    }
  return uses;
}
