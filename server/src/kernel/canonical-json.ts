/** What may stand in a canonical document: no floating point, no undefined, no cycles. */
export type Canonical =
  | null
  | boolean
  | number
  | string
  | readonly Canonical[]
  | { readonly [key: string]: Canonical };

/**
 * The one serialiser: UTF-8, keys sorted by UTF-16 code unit, no white space, integers only (RFC 8785 for
 * the values it allows).
 *
 * Throws a `TypeError` that names the path when a value is not an integer in the safe range, is undefined,
 * or is no plain value.
 */
export function canonicalJson(value: Canonical): string {
  return write(value, '$');
}

function write(value: Canonical, path: string): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') {
    if (!value.isWellFormed()) throw new TypeError(`canonical JSON: ${path} holds a lone surrogate`);
    return JSON.stringify(value);
  }
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw new TypeError(`canonical JSON: ${path} is not a safe integer`);
    return Object.is(value, -0) ? '0' : String(value);
  }
  if (Array.isArray(value)) return `[${value.map((item, i) => write(item, `${path}[${i}]`)).join(',')}]`;
  if (typeof value === 'object') return writeObject(value as { readonly [key: string]: Canonical }, path);
  throw new TypeError(`canonical JSON: ${path} is ${typeof value}`);
}

function writeObject(value: { readonly [key: string]: Canonical }, path: string): string {
  const parts: string[] = [];
  for (const key of Object.keys(value).sort()) {
    parts.push(`${write(key, path)}:${write(value[key] as Canonical, `${path}.${key}`)}`);
  }
  return `{${parts.join(',')}}`;
}
