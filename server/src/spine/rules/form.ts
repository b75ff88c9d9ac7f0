import type { Canonical } from '../../kernel/canonical-json.ts';
import { type RuleFault, ruleFault } from './rule-fault.ts';
import { join, type RuleText } from './rule-text.ts';

/** The shape of a document, from which both its check and its JSON Schema are made. */
export type Form =
  | { readonly is: 'text'; readonly about: string; readonly most?: number; readonly pattern?: string }
  | { readonly is: 'number'; readonly about: string; readonly least: number; readonly most: number }
  | { readonly is: 'truth'; readonly about: string }
  | { readonly is: 'scalar'; readonly about: string }
  | { readonly is: 'term'; readonly about: string }
  | { readonly is: 'choice'; readonly about: string; readonly of: readonly string[] }
  | {
      readonly is: 'list';
      readonly about: string;
      readonly of: Form;
      readonly least?: number;
      readonly most: number;
    }
  | {
      readonly is: 'map';
      readonly about: string;
      readonly of: Form;
      readonly most: number;
      readonly names: string;
    }
  | {
      readonly is: 'parts';
      readonly about: string;
      readonly parts: Readonly<Record<string, Form>>;
      readonly optional: readonly string[];
      /** Names besides the parts, and what stands there. */
      readonly others?: Form;
    };

/** Every fault of the document's shape; none means that it can be read without further checks of shape. */
export function checkForm(form: Form, text: RuleText): RuleFault[] {
  const faults: RuleFault[] = [];
  check(form, text.value, '', text, faults);
  return faults;
}

function check(form: Form, value: Canonical, path: string, text: RuleText, faults: RuleFault[]): void {
  const wrong = (): void => {
    faults.push(ruleFault('wrong-shape', path, text.placeOf(path), describe(form)));
  };
  if (form.is === 'choice') {
    if (typeof value !== 'string' || !form.of.includes(value)) {
      faults.push(ruleFault('not-a-choice', path, text.placeOf(path), form.of.join(', ')));
    }
  } else if (form.is === 'list') checkList(form, value, path, text, faults, wrong);
  else if (form.is === 'map') checkMap(form, value, path, text, faults, wrong);
  else if (form.is === 'parts') checkParts(form, value, path, text, faults, wrong);
  else if (!isSimple(form, value)) wrong();
}

function isSimple(form: Form, value: Canonical): boolean {
  switch (form.is) {
    case 'text':
      return (
        typeof value === 'string' &&
        value.trim() !== '' &&
        value.length <= (form.most ?? 400) &&
        (form.pattern === undefined || new RegExp(form.pattern).test(value))
      );
    case 'number':
      return typeof value === 'number' && value >= form.least && value <= form.most;
    case 'truth':
      return typeof value === 'boolean';
    case 'scalar':
      return isScalar(value);
    case 'term':
      return (
        value === null ||
        isScalar(value) ||
        (Array.isArray(value) && value.every(item => typeof item === 'string'))
      );
    default:
      return false;
  }
}

function isScalar(value: Canonical): boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

function checkList(
  form: Form & { is: 'list' },
  value: Canonical,
  path: string,
  text: RuleText,
  faults: RuleFault[],
  wrong: () => void,
): void {
  if (!Array.isArray(value) || value.length < (form.least ?? 0)) wrong();
  else if (value.length > form.most) faults.push(ruleFault('too-many', path, text.placeOf(path), form.most));
  else
    for (const [i, item] of value.entries())
      check(form.of, item as Canonical, join(path, String(i)), text, faults);
}

function checkMap(
  form: Form & { is: 'map' },
  value: Canonical,
  path: string,
  text: RuleText,
  faults: RuleFault[],
  wrong: () => void,
): void {
  if (!isMap(value)) {
    wrong();
    return;
  }
  const names = Object.keys(value);
  if (names.length > form.most) {
    faults.push(ruleFault('too-many', path, text.placeOf(path), form.most));
    return;
  }
  const pattern = new RegExp(form.names);
  for (const name of names) {
    const inner = join(path, name);
    if (!pattern.test(name)) faults.push(ruleFault('bad-name', inner, text.placeOf(inner), name));
    check(form.of, value[name] as Canonical, inner, text, faults);
  }
}

function checkParts(
  form: Form & { is: 'parts' },
  value: Canonical,
  path: string,
  text: RuleText,
  faults: RuleFault[],
  wrong: () => void,
): void {
  if (!isMap(value)) {
    wrong();
    return;
  }
  for (const [name, part] of Object.entries(form.parts)) {
    if (Object.hasOwn(value, name)) check(part, value[name] as Canonical, join(path, name), text, faults);
    else if (!form.optional.includes(name))
      faults.push(ruleFault('missing-part', join(path, name), text.placeOf(path), name));
  }
  for (const name of Object.keys(value)) {
    if (Object.hasOwn(form.parts, name)) continue;
    const inner = join(path, name);
    if (form.others !== undefined) check(form.others, value[name] as Canonical, inner, text, faults);
    else faults.push(ruleFault('unknown-part', inner, text.placeOf(inner), name));
  }
}

function isMap(value: Canonical): value is { readonly [key: string]: Canonical } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function describe(form: Form): string {
  return form.about;
}

/** The form as a JSON Schema (draft 2020-12), for editors. */
export function schemaOf(form: Form): { readonly [key: string]: Canonical } {
  const description = form.about;
  switch (form.is) {
    case 'text':
      return {
        type: 'string',
        description,
        minLength: 1,
        maxLength: form.most ?? 400,
        ...(form.pattern === undefined ? {} : { pattern: form.pattern }),
      };
    case 'number':
      return { type: 'integer', description, minimum: form.least, maximum: form.most };
    case 'truth':
      return { type: 'boolean', description };
    case 'scalar':
      return { type: ['string', 'integer', 'boolean'], description };
    case 'term':
      return {
        type: ['string', 'integer', 'boolean', 'array', 'null'],
        description,
        items: { type: 'string' },
      };
    case 'choice':
      return { enum: form.of, description };
    case 'list':
      return {
        type: 'array',
        description,
        items: schemaOf(form.of),
        minItems: form.least ?? 0,
        maxItems: form.most,
      };
    case 'map':
      return {
        type: 'object',
        description,
        maxProperties: form.most,
        propertyNames: { pattern: form.names },
        additionalProperties: schemaOf(form.of),
      };
    case 'parts':
      return {
        type: 'object',
        description,
        properties: Object.fromEntries(
          Object.entries(form.parts).map(([name, part]) => [name, schemaOf(part)]),
        ),
        required: Object.keys(form.parts).filter(name => !form.optional.includes(name)),
        additionalProperties: form.others === undefined ? false : schemaOf(form.others),
      };
  }
}
