import { Refusal } from '../../kernel/refusal.ts';
import type { RegistryCode } from './registry-code.ts';

/** How a table of somebody else's making is read by the columns of an import. */
export interface ColumnMapping {
  /** Our column to theirs; what is mapped is read from there only. */
  readonly columns: Readonly<Record<string, string>>;
  /** Their columns that are known and not wanted. */
  readonly ignored: readonly string[];
  /** Of a CSV file; a workbook tells its own. */
  readonly encoding: TableEncoding;
}

const ENCODINGS = ['utf-8', 'gb18030'] as const;
export type TableEncoding = (typeof ENCODINGS)[number];

/** The table has our columns, in UTF-8. */
export const OWN_COLUMNS: ColumnMapping = { columns: {}, ignored: [], encoding: 'utf-8' };

/**
 * A mapping out of its JSON text, `{"columns": {"iccid": "Card No"}, "ignored": ["PIN1"], "encoding": "gb18030"}`;
 * every part may be left out. Refuses `import-mapping` with everything that is wrong with it.
 */
export function readColumnMapping(text: string): ColumnMapping {
  const given = objectIn(text);
  if (given === null) throw refusal(['no JSON object']);
  const { columns = {}, ignored = [], encoding = 'utf-8', ...more } = given;
  const faults = Object.keys(more).map(key => `unknown key "${key.slice(0, 40)}"`);
  const areColumns = isObject(columns) && Object.values(columns).every(isName);
  if (!areColumns) faults.push('"columns" is no object of names');
  const areIgnored = Array.isArray(ignored) && ignored.every(isName);
  if (!areIgnored) faults.push('"ignored" is no list of names');
  if (!isEncoding(encoding)) faults.push('"encoding" is neither "utf-8" nor "gb18030"');
  if (!areColumns || !areIgnored || !isEncoding(encoding) || faults.length > 0) throw refusal(faults);
  return { columns: columns as Record<string, string>, ignored: ignored as string[], encoding };
}

/** What a header's names mean. */
export interface Header {
  /** Our column for each of the table's, null where it is not wanted. */
  readonly columns: readonly (string | null)[];
  readonly missing: readonly string[];
  readonly unknown: readonly string[];
}

/** Every name of a header by our `columns`, of which the first is required; a name told twice is unknown the second time. */
export function readHeader(
  columns: readonly string[],
  mapping: ColumnMapping,
  names: readonly string[],
): Header {
  const mapped = Object.entries(mapping.columns);
  const ours = new Map(mapped.map(([own, theirs]) => [theirs.trim(), own]));
  for (const own of columns) if (!Object.hasOwn(mapping.columns, own) && !ours.has(own)) ours.set(own, own);
  const ignored = new Set(mapping.ignored.map(name => name.trim()));
  const unknown = mapped.filter(([own]) => !columns.includes(own)).map(([own]) => own);
  const found = names.map((name, i) => {
    const own = names.indexOf(name) === i ? ours.get(name) : undefined;
    if (own === undefined && !ignored.has(name)) unknown.push(name);
    return own ?? null;
  });
  const wanted = [columns[0] ?? '', ...Object.keys(mapping.columns)];
  const missing = [...new Set(wanted)].filter(own => columns.includes(own) && !found.includes(own));
  return { columns: found, missing: missing.map(own => mapping.columns[own] ?? own), unknown };
}

function objectIn(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isEncoding(value: unknown): value is TableEncoding {
  return ENCODINGS.some(each => each === value);
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '';
}

function refusal(faults: readonly string[]): Refusal<RegistryCode> {
  return new Refusal('import-mapping', { detail: { faults: faults.join('; ') } });
}
