import { canonicalJson } from '../../kernel/canonical-json.ts';
import { type CelScope, type Checked, isCelFault, planCel, sharedClosures } from './cel/index.ts';
import { SERIES_LOOK_BACK_MS } from './counters.ts';
import { checkFieldKey } from './field-key.ts';
import type { Digest } from './finding-id.ts';
import { checkForm } from './form.ts';
import type { FieldType, KindSchema } from './kind-schema.ts';
import { readExamples, type WrittenExample } from './read-examples.ts';
import { type CompileAt, readState, type WrittenState } from './read-state.ts';
import {
  addedFields,
  type Basis,
  type Guard,
  type Program,
  type Rule,
  type Said,
  type StateDeclaration,
} from './rule.ts';
import { type RuleFault, ruleFault } from './rule-fault.ts';
import { ruleForm } from './rule-form.ts';
import { type RuleText, readRuleText } from './rule-text.ts';
import { openWindow } from './window.ts';
import { type Zone, zoneNamed } from './zone-time.ts';

/** What rules may speak of: what the modules bring. */
export interface RuleWorld {
  readonly kinds: readonly KindSchema[];
  readonly boundSchema: Readonly<Record<string, FieldType>>;
  /** Kinds of measure a rule may suggest. */
  readonly measures: readonly string[];
  readonly digest: Digest;
}

interface WrittenRule {
  readonly id: string;
  readonly title: Said;
  readonly status: Rule['status'];
  readonly reads: string;
  readonly key: string;
  readonly zone?: string;
  readonly given?: string;
  readonly where: string;
  readonly rearm?: 'record' | 'day' | 'month';
  readonly state?: Readonly<Record<string, WrittenState>>;
  readonly severity: Rule['severity'];
  readonly evidence: Rule['evidence'];
  readonly guards?: Readonly<Record<string, { readonly title: Said; readonly when: string }>>;
  readonly basis: readonly Basis[];
  readonly suggests?: string;
  readonly examples: {
    readonly fires: readonly WrittenExample[];
    readonly silent: readonly WrittenExample[];
  };
}

/**
 * Reads and type-checks a rule's text; `fileName` is the name of its file without `.yaml`. Every fault that
 * can be found is returned at once. Examples are read, not yet run: see `checkRule`.
 */
export function readRule(source: string, fileName: string, world: RuleWorld): Rule | readonly RuleFault[] {
  const text = readRuleText(source);
  if (!('placeOf' in text)) return text;
  const faults = checkForm(ruleForm, text);
  if (faults.length > 0) return faults;
  const written = text.value as unknown as WrittenRule;
  const schema = world.kinds.find(kind => kind.kind === written.reads);
  const zone = zoneNamed(written.zone ?? 'UTC');
  checkNames(written, fileName, world, text, faults);
  if (schema === undefined)
    faults.push(ruleFault('unknown-kind', 'reads', text.placeOf('reads'), written.reads));
  if (zone === null) faults.push(ruleFault('unknown-zone', 'zone', text.placeOf('zone'), written.zone ?? ''));
  if (schema === undefined || zone === null) return faults;
  const rule = assemble(written, schema, zone, text, world, faults);
  return faults.length > 0 ? faults : rule;
}

function checkNames(
  written: WrittenRule,
  fileName: string,
  world: RuleWorld,
  text: RuleText,
  faults: RuleFault[],
): void {
  if (written.id !== fileName)
    faults.push(ruleFault('not-the-file-name', 'id', text.placeOf('id'), fileName));
  if (written.suggests !== undefined && !world.measures.includes(written.suggests)) {
    faults.push(ruleFault('unknown-measure', 'suggests', text.placeOf('suggests'), written.suggests));
  }
}

function assemble(
  written: WrittenRule,
  schema: KindSchema,
  zone: Zone,
  text: RuleText,
  world: RuleWorld,
  faults: RuleFault[],
): Rule {
  const observation = { ...schema.fields, ...addedFields };
  const subject: Record<string, FieldType> = { id: 'string', class: 'string' };
  const early: CelScope = { variables: { observation, bound: world.boundSchema, subject } };
  const used = new Set<string>();
  const compileEarly = compiler(early, text, used, faults);
  const state = readStates(written, zone, text, compileEarly, faults);
  const stateFields = Object.assign({}, ...state.map(declaration => declaration.operator.outputs)) as Record<
    string,
    FieldType
  >;
  const full: CelScope = { variables: { ...early.variables, state: stateFields } };
  const shown = new Set<string>();
  const compile = compiler(full, text, shown, faults);
  const given = written.given === undefined ? null : compile('given', written.given, 'bool');
  const where = compile('where', written.where, 'bool') as Program;
  const guards = Object.entries(written.guards ?? {}).map(([name, guard]): Guard => {
    const program = compile(`guards.${name}.when`, guard.when, 'bool') as Program;
    return { name, title: guard.title, whenText: guard.when, when: program?.cel, plan: program?.plan };
  });
  const fieldsOf = (uses: Iterable<string>, variable: string): string[] =>
    [...uses]
      .filter(use => use.startsWith(`${variable}.`))
      .map(use => use.slice(variable.length + 1))
      .sort();
  const observationFields = fieldsOf(new Set([...used, ...shown]), 'observation').filter(
    field => !(field in addedFields),
  );
  checkFieldKey(written.key, schema, state, observationFields, text, faults);
  const usesCounters =
    observationFields.some(field => schema.counters.includes(field)) ||
    shown.has('observation.counterMark') ||
    used.has('observation.counterMark');
  const rearm = written.rearm === 'record' ? null : openWindow(written.rearm ?? 'day', zone);
  const lookBackMs = Math.max(0, ...state.map(declaration => declaration.operator.lookBackMs));
  return {
    id: written.id,
    version: world.digest(canonicalJson(text.value)).slice(0, 16),
    title: written.title,
    status: written.status,
    reads: written.reads,
    key: written.key,
    zone: zone.name,
    given,
    where,
    rearm,
    state: given !== null && needsObservation(given.plan.checked) ? state.map(unwatched) : state,
    severity: written.severity,
    evidence: written.evidence,
    guards,
    basis: written.basis,
    suggests: written.suggests ?? null,
    examples: readExamples(written, schema, text, faults),
    schema,
    observationFields,
    shown: {
      observation: [...new Set([...fieldsOf(shown, 'observation'), 'atMs'])],
      bound: fieldsOf(shown, 'bound'),
      state: fieldsOf(shown, 'state'),
    },
    usesCounters,
    reachMs: (rearm?.reachMs ?? 0) + lookBackMs + (usesCounters ? SERIES_LOOK_BACK_MS : 0),
  };
}

function readStates(
  written: WrittenRule,
  zone: Zone,
  text: RuleText,
  compileAt: CompileAt,
  faults: RuleFault[],
): StateDeclaration[] {
  const states: StateDeclaration[] = [];
  const outputs = new Set<string>();
  for (const [name, each] of Object.entries(written.state ?? {})) {
    const declaration = readState(name, each, zone, text, compileAt, faults);
    if (declaration === null) continue;
    states.push(declaration);
    const path = `state.${name}`;
    for (const output of Object.keys(declaration.operator.outputs)) {
      if (outputs.has(output)) faults.push(ruleFault('name-taken', path, text.placeOf(path), output));
      outputs.add(output);
    }
  }
  const silences = states.filter(declaration => declaration.silenceMs !== null);
  const second = silences[1];
  if (second !== undefined)
    faults.push(ruleFault('two-absences', `state.${second.name}`, text.placeOf(`state.${second.name}`)));
  return states;
}

/** Whether it is false wherever nothing was observed: of a rule it is given for no silence is ever found. */
function needsObservation(node: Checked): boolean {
  if (node.kind === 'and') return node.parts.some(needsObservation);
  return node.kind === 'has' && node.variable === 'observation';
}

/** The same state, whose silences nobody waits for. */
function unwatched(declaration: StateDeclaration): StateDeclaration {
  return { ...declaration, silenceMs: null };
}

/** Compiles against one scope, gathering what is used and every fault. */
function compiler(scope: CelScope, text: RuleText, used: Set<string>, faults: RuleFault[]): CompileAt {
  return (path, source, wanted) => {
    const plan = planCel(source, scope);
    if (isCelFault(plan)) {
      const start = text.placeOf(path);
      const detail = `${plan.message} (${plan.line}:${plan.column})`;
      faults.push(ruleFault('bad-expression', path, start, detail, plan.mend));
      return null;
    }
    const cel = plan.build(() => sharedClosures);
    const fits =
      wanted === 'any' ? ['string', 'int', 'bool'].includes(cel.resultType) : cel.resultType === wanted;
    if (!fits) {
      faults.push(
        ruleFault(
          'wrong-type',
          path,
          text.placeOf(path),
          cel.resultType,
          wanted === 'any' ? 'string, int or bool' : wanted,
        ),
      );
      return null;
    }
    for (const { variable, field } of cel.uses) used.add(`${variable}.${field}`);
    return { text: source, cel, plan };
  };
}
