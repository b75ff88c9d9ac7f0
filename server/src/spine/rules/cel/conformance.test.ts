import { tests as suite } from '@bufbuild/cel-spec/testdata/conformance.js';
import { expect, test } from 'vitest';
import { CEL_ERROR, type CelInput, type CelValue, compileCel, isCelFault, type ScalarType } from './index.ts';

/** A test of the CEL specification as `@bufbuild/cel-spec` ships it (protobuf JSON). */
interface SpecTest {
  readonly name: string;
  readonly expr: string;
  readonly container?: string;
  readonly disableCheck?: boolean;
  readonly checkOnly?: boolean;
  readonly evalError?: unknown;
  readonly value?: SpecValue;
  readonly typedResult?: { readonly result?: SpecValue };
  readonly typeEnv?: readonly {
    readonly name: string;
    readonly ident?: { readonly type?: SpecType };
    readonly function?: unknown;
  }[];
  readonly bindings?: Readonly<Record<string, { readonly value?: SpecValue }>>;
}
type SpecType = Readonly<Record<string, unknown>>;
type SpecValue = Readonly<Record<string, unknown>>;
interface SpecSuite {
  readonly name: string;
  readonly suites?: readonly SpecSuite[];
  readonly tests?: readonly { readonly original: SpecTest }[];
}

const PRIMITIVES: Readonly<Record<string, ScalarType>> = {
  INT64: 'int',
  UINT64: 'uint',
  DOUBLE: 'double',
  BOOL: 'bool',
  STRING: 'string',
};

/** How many of the 2,344 tests are refused, by the feature they need. */
const REFUSED: Readonly<Record<string, number>> = {
  bytes: 145,
  'declaring functions': 4,
  'declaring listType': 2,
  'declaring mapType': 2,
  'declaring messageType': 42,
  'declaring null': 1,
  'declaring qualified names': 8,
  durations: 32,
  dyn: 167,
  'extension-functions': 447,
  maps: 159,
  messages: 527,
  'mixed-lists': 11,
  'names of a protobuf package': 36,
  optionals: 29,
  'quoted-fields': 28,
  'running unchecked': 30,
  timestamps: 43,
  'two-variable-macros': 32,
  'type-values': 39,
};

test('every conformance test of the CEL specification passes or is refused by name', () => {
  const passed: string[] = [];
  const failed: string[] = [];
  const refused: Record<string, number> = {};
  for (const [place, one] of testsOf(suite as unknown as SpecSuite, '')) {
    const outcome = outcomeOf(one);
    if (outcome === 'passed') passed.push(place);
    else if ('failed' in outcome) failed.push(`${place}: ${one.expr} — ${outcome.failed}`);
    else refused[outcome.refused] = (refused[outcome.refused] ?? 0) + 1;
  }
  expect(failed).toEqual([]);
  expect({ passed: passed.length, refused }).toEqual({ passed: 560, refused: REFUSED });
});

function* testsOf(group: SpecSuite, place: string): Generator<[string, SpecTest]> {
  for (const one of group.tests ?? []) yield [`${place}/${one.original.name}`, one.original];
  for (const inner of group.suites ?? []) yield* testsOf(inner, `${place}/${inner.name}`);
}

function outcomeOf(one: SpecTest): 'passed' | { readonly failed: string } | { readonly refused: string } {
  const needs = undeclarable(one);
  const program = compileCel(one.expr, { variables: {}, scalars: scalarsOf(one) });
  if (isCelFault(program)) {
    if (program.feature !== null) return { refused: program.feature };
    if (needs !== undefined) return { refused: needs };
    if (one.evalError !== undefined) return 'passed';
    // The specification runs these without its type checker; a rule is always checked (engine.md E-10).
    if (one.disableCheck === true) return { refused: 'running unchecked' };
    return { failed: program.message };
  }
  if (needs !== undefined) return { refused: needs };
  if (one.checkOnly === true) return 'passed';
  const value = program.evaluate(bindingsOf(one));
  const got = value === CEL_ERROR ? 'error' : JSON.stringify(shown(value, program.resultType));
  const wanted =
    one.evalError !== undefined
      ? 'error'
      : JSON.stringify(specShown(one.value ?? one.typedResult?.result ?? { boolValue: true }));
  return got === wanted ? 'passed' : { failed: `got ${got}, not ${wanted}` };
}

/** What a test declares that our scope has no word for. */
function undeclarable(one: SpecTest): string | undefined {
  for (const declared of one.typeEnv ?? []) {
    if (declared.function !== undefined) return 'declaring functions';
    if (declared.name.includes('.')) return 'declaring qualified names';
    if (scalarOf(declared.ident?.type ?? {}) === undefined)
      return `declaring ${Object.keys(declared.ident?.type ?? {})[0]}`;
  }
  return one.container?.includes('TestAllTypes') || one.container?.startsWith('cel.expr')
    ? 'names of a protobuf package'
    : undefined;
}

function scalarOf(type: SpecType): ScalarType | undefined {
  if (typeof type.primitive === 'string') return PRIMITIVES[type.primitive];
  const items = (type.listType as { elemType?: SpecType } | undefined)?.elemType;
  return items?.primitive === 'STRING' ? 'string-list' : undefined;
}

function scalarsOf(one: SpecTest): Record<string, ScalarType> {
  const out: Record<string, ScalarType> = {};
  for (const declared of one.typeEnv ?? []) {
    const type = scalarOf(declared.ident?.type ?? {});
    if (type !== undefined) out[declared.name] = type;
  }
  return out;
}

function bindingsOf(one: SpecTest): Record<string, CelInput> {
  const out: Record<string, CelInput> = {};
  for (const [name, { value = {} }] of Object.entries(one.bindings ?? {})) {
    const number = value.int64Value ?? value.uint64Value ?? value.doubleValue;
    const list = (value.listValue as { values?: { stringValue: string }[] } | undefined)?.values?.map(
      item => item.stringValue,
    );
    out[name] =
      number !== undefined ? Number(number) : ((value.stringValue ?? value.boolValue ?? list) as CelInput);
  }
  return out;
}

/** Our value with its type, in the form `specShown` gives the expected one. */
function shown(value: CelValue, type: string): unknown {
  if (!type.startsWith('list(')) return [type, String(value)];
  return ['list', (value as readonly CelValue[]).map(item => shown(item, type.slice(5, -1)))];
}

function specShown(value: SpecValue): unknown {
  if (value.listValue !== undefined)
    return ['list', ((value.listValue as { values?: SpecValue[] }).values ?? []).map(specShown)];
  if ('nullValue' in value) return ['null', 'null'];
  const key = Object.keys(value)[0] ?? '';
  const written = value[key];
  return [key.replace(/(64)?Value$/, ''), String(key === 'doubleValue' ? Number(written) : written)];
}
