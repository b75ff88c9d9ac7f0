export type JsonObject = Readonly<Record<string, unknown>>;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * The text of a member as a cell of a table would hold it; '' when it is not there, null, a list or an object.
 * The path is the whole name, then its parts: a member of the whole name goes before one within another.
 */
export function memberText(value: JsonObject, path: readonly string[]): string {
  const [whole] = path;
  if (whole !== undefined && Object.hasOwn(value, whole)) return textOf(value[whole]);
  let at: unknown = value;
  for (let i = 1; i < path.length; i += 1) {
    const part = path[i] as string;
    if (!isJsonObject(at) || !Object.hasOwn(at, part)) return '';
    at = at[part];
  }
  return textOf(at);
}

/** A number too large to be exact keeps its exponent, by which whoever reads it sees that digits were lost. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return String(value);
  if (typeof value !== 'number') return '';
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? value.toExponential() : String(value);
}

/** The member `id` as it was written, for a double does not hold every number of 64 bits; null when there is none. */
export function idAsWritten(value: JsonObject, text: string): string | null {
  const { id } = value;
  if (typeof id === 'string') return id === '' ? null : id;
  if (typeof id !== 'number') return null;
  if (Number.isSafeInteger(id)) return String(id);
  const asWritten = (name: string, member: unknown, context: { readonly source?: string }): unknown =>
    name === 'id' && typeof member === 'number' ? context.source : member;
  const again = JSON.parse(text, asWritten as (name: string, member: unknown) => unknown) as JsonObject;
  return String(again['id']);
}

/**
 * The objects of a JSON text that is one object, or one array, each as it was written; null when it is neither or no
 * JSON. The elements of an array need not be objects.
 */
export function slicesOf(text: string): string[] | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (isJsonObject(value)) return [text];
  if (!Array.isArray(value)) return null;
  const slices: string[] = [];
  let depth = 0;
  let from = 1;
  let isInText = false;
  // The text is known to be sound JSON: commas at depth 1, outside texts, are all that part its elements.
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (isInText) {
      if (character === '\\') at += 1;
      else if (character === '"') isInText = false;
      continue;
    }
    if (character === '"') isInText = true;
    else if (character === '{' || character === '[') depth += 1;
    else if (character === '}' || character === ']') depth -= 1;
    if ((character === ',' && depth === 1) || depth === 0) {
      const slice = text.slice(from, at).trim();
      if (slice !== '') slices.push(slice);
      from = at + 1;
    }
  }
  return slices;
}

/** The same JSON without the line ends between its parts: within texts JSON has none. */
export function oneLine(slice: string): string {
  return slice.replace(/[\r\n]+/g, ' ');
}
