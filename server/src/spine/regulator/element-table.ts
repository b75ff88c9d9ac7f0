import { parse } from 'yaml';
import { sha256 } from '../../kernel/bytes.ts';
import { Refusal } from '../../kernel/refusal.ts';
import { zoneNamed } from '../rules/zone-time.ts';

export type ElementTableCode = 'element-table-invalid';

/** What an element holds: an `identifier` is a text that no program may take for a number, a `claim` bears its kind. */
export const ELEMENT_TYPES = ['text', 'identifier', 'claim', 'moment', 'number', 'digest'] as const;
/** What is masked: an identifier or place of a card's user (C-51), or what the vault keeps of a person (L-24). */
export const PERSONAL = ['identifier', 'place', 'person'] as const;

interface Said {
  readonly en: string;
  readonly zh: string;
}

/** One column. `from` is what the supplier of the rows calls it. */
export interface Element {
  readonly id: string;
  readonly from: string;
  readonly type: (typeof ELEMENT_TYPES)[number];
  /** Stands before every identifier with a colon, so that a spreadsheet leaves its digits alone (C-29, CR-01). */
  readonly prefix: string | null;
  readonly personal: (typeof PERSONAL)[number] | null;
  readonly title: Said;
}

export interface ElementFile {
  readonly set: string;
  readonly id: string;
  /** Whose rows: the name of an `ExportTable`. */
  readonly of: string;
  readonly title: Said;
  /** Whose table it is: `ours` where the standard's own is not known. */
  readonly standing: 'ours' | 'standard';
  readonly elements: readonly Element[];
}

/** The tables of elements of an export (C-54), in the order in which they are written. */
export interface ElementTable {
  readonly urn: string;
  readonly version: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly zone: string;
  readonly files: readonly ElementFile[];
  /** SHA-256 of the catalogue as it lies on the shelf. */
  readonly digest: string;
}

type Fields = Readonly<Record<string, unknown>>;
const STANDINGS = ['ours', 'standard'] as const;
const NAME = /^[a-zA-Z][a-zA-Z0-9-]{0,39}$/;

/** Reads a table of elements. Throws a `Refusal` that names every place at fault. */
export function readElementTable(text: string, name: string): ElementTable {
  const faults: string[] = [];
  const top = fieldsOf(parsed(text, faults));
  const span = fieldsOf(top['inForce']);
  const fromMs = Date.parse(String(span['from']));
  const toMs = span['to'] === null ? Number.POSITIVE_INFINITY : Date.parse(String(span['to']));
  if (!(toMs > fromMs)) faults.push('inForce');
  const zone = String(top['zone']);
  if (zoneNamed(zone) === null) faults.push('zone');
  const files = listOf(top['sets']).flatMap((set, i) => filesOf(fieldsOf(set), `sets[${i}]`, faults));
  if (files.length === 0) faults.push('sets');
  for (const each of ['urn', 'version']) if (typeof top[each] !== 'string') faults.push(each);
  if (faults.length > 0)
    throw new Refusal<ElementTableCode>('element-table-invalid', {
      subject: name,
      detail: { faults: faults.join('; ') },
    });
  const digest = sha256(text).toString('hex');
  return { urn: String(top['urn']), version: String(top['version']), fromMs, toMs, zone, files, digest };
}

/** The table in force at a moment: of those in force the one that began last. */
export function elementsAt(tables: readonly ElementTable[], atMs: number): ElementTable {
  const inForce = tables.filter(each => each.fromMs <= atMs && atMs < each.toMs);
  const found = inForce.sort((a, b) => a.fromMs - b.fromMs).at(-1);
  if (found === undefined) throw new Refusal<ElementTableCode>('element-table-invalid', { subject: 'none' });
  return found;
}

function filesOf(set: Fields, path: string, faults: string[]): ElementFile[] {
  const id = nameOf(set['id'], `${path}.id`, faults);
  const standing = STANDINGS.find(each => each === set['elements']);
  if (standing === undefined) faults.push(`${path}.elements`);
  return listOf(set['files'])
    .map(fieldsOf)
    .map((file, i) => {
      const at = `${path}.files[${i}]`;
      const own = nameOf(file['id'], `${at}.id`, faults);
      const elements = listOf(file['elements']).map((each, k) =>
        elementOf(fieldsOf(each), `${at}.elements[${k}]`, faults),
      );
      const ids = new Set(elements.map(each => each.id));
      if (elements.length === 0 || ids.size < elements.length) faults.push(`${at}.elements`);
      return {
        set: id,
        id: own,
        of: String(file['of'] ?? own),
        title: saidOf(file['title'], at, faults),
        standing: standing ?? 'ours',
        elements,
      };
    });
}

function elementOf(one: Fields, path: string, faults: string[]): Element {
  const id = nameOf(one['id'], `${path}.id`, faults);
  const type = ELEMENT_TYPES.find(each => each === one['type']);
  const personal = one['personal'] === undefined ? null : PERSONAL.find(each => each === one['personal']);
  const prefix = one['prefix'] === undefined ? null : nameOf(one['prefix'], `${path}.prefix`, faults);
  if (type === undefined) faults.push(`${path}.type`);
  if (personal === undefined) faults.push(`${path}.personal`);
  if ((type === 'identifier') !== (prefix !== null)) faults.push(`${path}.prefix`);
  const title = saidOf(one['title'], path, faults);
  const from = String(one['from'] ?? id);
  return { id, from, type: type ?? 'text', prefix, personal: personal ?? null, title };
}

function nameOf(value: unknown, path: string, faults: string[]): string {
  if (typeof value !== 'string' || !NAME.test(value)) faults.push(path);
  return String(value);
}

function saidOf(value: unknown, path: string, faults: string[]): Said {
  const { en, zh } = fieldsOf(value);
  if (typeof en !== 'string' || typeof zh !== 'string') faults.push(`${path}.title`);
  return { en: String(en), zh: String(zh) };
}

function parsed(text: string, faults: string[]): unknown {
  try {
    return parse(text) as unknown;
  } catch {
    faults.push('$: no YAML');
    return {};
  }
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
