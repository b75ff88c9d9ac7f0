import { isJsonObject, type JsonObject, slicesOf } from './json-values.ts';

/** The records that lie in one member of an answer, each as it was written, and what lies around them. */
export interface Listed {
  readonly elements: readonly string[];
  /** Text of the answer in front of its records and behind them: with a record between, an answer of that record. */
  readonly before: string;
  readonly after: string;
}

/**
 * Finds the records of an answer: the elements of the list, or the one object, that its first member of those
 * `names` holds. Null when it has none: then it is a record itself. `text` is the sound JSON that `value` came of.
 */
export function listIn(text: string, value: JsonObject, names: readonly string[]): Listed | null {
  const name = names.find(each => Object.hasOwn(value, each) && isHeld(value[each]));
  if (name === undefined) return null;
  const span = memberSpan(text, name);
  if (span === null) return null;
  const held = text.slice(...span);
  const elements = slicesOf(held);
  if (elements === null) return null;
  const [open, close] = held.startsWith('[') ? ['[', ']'] : ['', ''];
  return { elements, before: text.slice(0, span[0]) + open, after: close + text.slice(span[1]) };
}

function isHeld(value: unknown): boolean {
  return Array.isArray(value) || isJsonObject(value);
}

/** Where the value of a member lies in the text of an object; of several of one name the last, as JSON.parse takes it. */
function memberSpan(text: string, name: string): [number, number] | null {
  let found: [number, number] | null = null;
  let at = blanksEnd(text, text.indexOf('{') + 1);
  while (text[at] === '"') {
    const keyEnd = valueEnd(text, at);
    const key = JSON.parse(text.slice(at, keyEnd)) as string;
    const from = blanksEnd(text, blanksEnd(text, keyEnd) + 1);
    const to = valueEnd(text, from);
    if (key === name) found = [from, to];
    at = blanksEnd(text, to);
    if (text[at] !== ',') break;
    at = blanksEnd(text, at + 1);
  }
  return found;
}

function blanksEnd(text: string, from: number): number {
  let at = from;
  while (at < text.length && ' \t\r\n'.includes(text[at] as string)) at += 1;
  return at;
}

/** Where the value that begins at `from` ends; the text is known to be sound JSON. */
function valueEnd(text: string, from: number): number {
  let depth = 0;
  for (let at = from; at < text.length; at += 1) {
    const character = text[at] as string;
    if (character === '"') {
      at = textEnd(text, at) - 1;
      if (depth === 0) return at + 1;
    } else if (character === '{' || character === '[') depth += 1;
    else if (character === '}' || character === ']') {
      depth -= 1;
      if (depth <= 0) return depth === 0 ? at + 1 : at;
    } else if (depth === 0 && ', \t\r\n'.includes(character)) return at;
  }
  return text.length;
}

function textEnd(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '"') return at + 1;
  }
  return text.length;
}
