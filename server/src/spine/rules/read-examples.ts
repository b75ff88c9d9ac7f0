import type { KindSchema } from './kind-schema.ts';
import type { Example, ExampleObservation, Rule, TermValue } from './rule.ts';
import { type RuleFault, ruleFault } from './rule-fault.ts';
import type { RuleText } from './rule-text.ts';

/** An example as written; its shape has been checked. */
export interface WrittenExample {
  readonly name: string;
  readonly subject?: { readonly id?: string; readonly class?: string };
  readonly bound?: Readonly<Record<string, TermValue>>;
  readonly changes?: readonly {
    readonly from: string;
    readonly terms: Readonly<Record<string, TermValue>>;
  }[];
  readonly observations: readonly Readonly<Record<string, string | number | boolean>>[];
  readonly watermark?: string;
  readonly expect?: readonly number[];
  readonly guard?: string;
}

/** Reads a rule's examples, noting moments and fields that cannot be. */
export function readExamples(
  rule: {
    readonly key: string;
    readonly guards?: Readonly<Record<string, unknown>>;
    readonly examples: {
      readonly fires: readonly WrittenExample[];
      readonly silent: readonly WrittenExample[];
    };
  },
  schema: KindSchema,
  text: RuleText,
  faults: RuleFault[],
): Rule['examples'] {
  const guards = Object.keys(rule.guards ?? {});
  const isBySubject = rule.key === 'subject';
  const read = (side: 'fires' | 'silent'): Example[] =>
    rule.examples[side].map((example, i) =>
      readExample(example, `examples.${side}.${i}`, schema, isBySubject, text, faults),
    );
  const examples = { fires: read('fires'), silent: read('silent') };
  for (const guard of guards) {
    const path = `guards.${guard}`;
    if (!examples.silent.some(example => example.guard === guard)) {
      faults.push(ruleFault('guard-without-example', path, text.placeOf(path), guard));
    }
  }
  for (const [i, example] of examples.silent.entries()) {
    const path = `examples.silent.${i}.guard`;
    if (example.guard !== null && !guards.includes(example.guard)) {
      faults.push(ruleFault('unknown-guard', path, text.placeOf(path), example.guard));
    }
  }
  return examples;
}

function readExample(
  written: WrittenExample,
  path: string,
  schema: KindSchema,
  isBySubject: boolean,
  text: RuleText,
  faults: RuleFault[],
): Example {
  const moment = (source: string, part: string): number => {
    const ms = Date.parse(source);
    if (Number.isNaN(ms))
      faults.push(ruleFault('bad-time', `${path}.${part}`, text.placeOf(`${path}.${part}`), source));
    return ms;
  };
  return {
    name: written.name,
    subject: { id: written.subject?.id ?? 'example', class: written.subject?.class ?? 'other' },
    bound: [
      { fromMs: Number.NEGATIVE_INFINITY, terms: written.bound ?? {} },
      ...(written.changes ?? []).map(({ from, terms }, i) => ({
        fromMs: moment(from, `changes.${i}.from`),
        terms,
      })),
    ],
    observations: written.observations.map((observation, i) => {
      const part = `observations.${i}`;
      const { at, subject, series, timeMark, ...fields } = observation;
      if (subject !== undefined && isBySubject) {
        const place = `${path}.${part}.subject`;
        faults.push(ruleFault('subject-of-observation', place, text.placeOf(place), String(subject)));
      }
      checkFields(fields, `${path}.${part}`, schema, text, faults);
      const read: ExampleObservation = {
        subject: subject === undefined ? null : String(subject),
        atMs: moment(String(at), `${part}.at`),
        series: series === undefined ? null : String(series),
        timeMark: (timeMark ?? 'stated') as ExampleObservation['timeMark'],
        fields,
      };
      return read;
    }),
    watermarkMs: written.watermark === undefined ? null : moment(written.watermark, 'watermark'),
    expect: written.expect ?? null,
    guard: written.guard ?? null,
  };
}

const typeNames = { string: 'quoted text', int: 'a whole number', bool: 'true or false' } as const;

function checkFields(
  fields: Readonly<Record<string, string | number | boolean>>,
  path: string,
  schema: KindSchema,
  text: RuleText,
  faults: RuleFault[],
): void {
  for (const [name, value] of Object.entries(fields)) {
    const type = schema.fields[name];
    const inner = `${path}.${name}`;
    if (type === undefined || type === 'string-list') {
      faults.push(ruleFault('unknown-field', inner, text.placeOf(inner), name));
    } else if (typeof value !== (type === 'int' ? 'number' : type === 'bool' ? 'boolean' : 'string')) {
      faults.push(ruleFault('wrong-shape', inner, text.placeOf(inner), typeNames[type]));
    }
  }
}
