import { parse } from 'yaml';
import { sha256 } from '../../../kernel/bytes.ts';
import { type Canonical, canonicalJson } from '../../../kernel/canonical-json.ts';
import { FOREVER_MS } from '../../../kernel/database/types.ts';
import { Refusal } from '../../../kernel/refusal.ts';

export type CardCatalogueCode = 'card-catalogue-invalid';

export const CATALOGUE_KINDS = ['card-lists', 'card-life', 'card-limits', 'card-risk'] as const;
export type CatalogueKind = (typeof CATALOGUE_KINDS)[number];

/** A catalogue that the gate reads out of the database: in force within [fromMs, toMs). */
export interface CardCatalogue {
  readonly kind: CatalogueKind;
  readonly urn: string;
  readonly version: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** All of the file, as JSON. */
  readonly body: Canonical;
  /** SHA-256 of the body as canonical JSON. */
  readonly digest: Buffer;
}

type Fields = Readonly<Record<string, unknown>>;
type Fault = (path: string, wanted: string) => void;

/** What a move may change besides the state. */
const SETS = new Set([
  'batch',
  'holder',
  'seller',
  'channel',
  'industryClass',
  'scenario',
  'deviceType',
  'nonDirectedMb',
  'testUntil',
]);
const WORD = /^[a-z][a-z-]{0,29}$/;

/** Reads one file of the shelf `card-source`. Throws one `Refusal` that names every fault. */
export function readCardCatalogue(text: string, name: string): CardCatalogue {
  const faults: string[] = [];
  const fault: Fault = (path, wanted) => faults.push(`${path}: ${wanted}`);
  const top = fieldsOf(parseYaml(text, fault));
  const kind = CATALOGUE_KINDS.find(each => each === top['kind']);
  const span = fieldsOf(top['inForce']);
  const fromMs = momentOf(span['from'], -FOREVER_MS, 'inForce.from', fault);
  const toMs = momentOf(span['to'], FOREVER_MS, 'inForce.to', fault);
  if (fromMs >= toMs) fault('inForce', 'an end after the beginning');
  for (const field of ['urn', 'version', 'standing'])
    if (typeof top[field] !== 'string' && typeof top[field] !== 'number') fault(field, 'a text');
  said(top['title'], 'title', fault);
  if (listOf(top['source']).length === 0) fault('source', 'at least one source');
  if (kind === undefined) fault('kind', CATALOGUE_KINDS.join(', '));
  else CHECKS[kind](top, fault);
  const body = faults.length === 0 ? canonical(top, fault) : null;
  if (faults.length > 0 || kind === undefined || body === null) {
    const detail = { faults: faults.join('; ') };
    throw new Refusal<CardCatalogueCode>('card-catalogue-invalid', { subject: name, detail });
  }
  const digest = sha256(canonicalJson(body));
  return { kind, urn: String(top['urn']), version: String(top['version']), fromMs, toMs, body, digest };
}

const CHECKS: Readonly<Record<CatalogueKind, (top: Fields, fault: Fault) => void>> = {
  'card-lists': (top, fault) => {
    for (const list of ['industryClasses', 'scenarios', 'deviceTypes', 'channels']) entries(top, list, fault);
  },
  'card-life': (top, fault) => {
    const states = new Set(['none', ...entries(top, 'states', fault)]);
    const moves = listOf(top['moves']);
    if (moves.length === 0) fault('moves', 'at least one move');
    for (const [i, item] of moves.entries()) {
      const move = fieldsOf(item);
      if (!WORD.test(String(move['act']))) fault(`moves[${i}].act`, 'a word');
      if (!states.has(String(move['to'])) || move['to'] === 'none') fault(`moves[${i}].to`, 'a state');
      const from = listOf(move['from']);
      if (from.length === 0 || !from.every(each => states.has(String(each))))
        fault(`moves[${i}].from`, 'states');
      if (!Array.isArray(move['sets']) || !move['sets'].every(each => SETS.has(String(each))))
        fault(`moves[${i}].sets`, [...SETS].join(', '));
    }
  },
  'card-limits': (top, fault) => {
    for (const limit of ['nonDirectedMb', 'cardsPerIdentity', 'testDays']) whole(top[limit], limit, fault);
  },
  'card-risk': (top, fault) => {
    whole(fieldsOf(top['levels'])['mid'], 'levels.mid', fault);
    whole(fieldsOf(top['levels'])['high'], 'levels.high', fault);
    for (const kind of ['card', 'holder', 'seller']) {
      const scheme = fieldsOf(fieldsOf(top['subjects'])[kind]);
      whole(scheme['validDays'], `subjects.${kind}.validDays`, fault);
      whole(scheme['failsFrom'], `subjects.${kind}.failsFrom`, fault);
      for (const part of ['native', 'dynamic']) factors(scheme[part], `subjects.${kind}.${part}`, fault);
    }
  },
};

function factors(value: unknown, path: string, fault: Fault): void {
  const seen = new Set<string>();
  if (listOf(value).length === 0) fault(path, 'at least one input');
  for (const [i, item] of listOf(value).entries()) {
    const factor = fieldsOf(item);
    const input = String(factor['input']);
    if (!/^[a-z][A-Za-z]{0,39}$/.test(input) || seen.has(input)) fault(`${path}[${i}].input`, 'a name, once');
    seen.add(input);
    said(factor['title'], `${path}[${i}].title`, fault);
    const bands = listOf(factor['points']).map(fieldsOf);
    if (bands.length === 0) fault(`${path}[${i}].points`, 'at least one');
    const kinds = new Set(
      bands.map(band => (typeof band['is'] === 'boolean' ? 'is' : 'from' in band ? 'from' : 'below')),
    );
    if (kinds.size > 1) fault(`${path}[${i}].points`, 'all by `is`, all by `from` or all by `below`');
    for (const band of bands) {
      whole(band['points'], `${path}[${i}].points`, fault);
      if (typeof band['is'] !== 'boolean')
        whole(band['from'] ?? band['below'], `${path}[${i}].points`, fault);
    }
  }
}

/** The ids of a list of titled entries. */
function entries(top: Fields, list: string, fault: Fault): string[] {
  const ids = new Set<string>();
  if (listOf(top[list]).length === 0) fault(list, 'at least one entry');
  for (const [i, item] of listOf(top[list]).entries()) {
    const { id, title } = fieldsOf(item);
    if (!WORD.test(String(id)) || ids.has(String(id))) fault(`${list}[${i}].id`, 'a word, once');
    ids.add(String(id));
    said(title, `${list}[${i}].title`, fault);
  }
  return [...ids];
}

function parseYaml(text: string, fault: Fault): unknown {
  try {
    return parse(text) as unknown;
  } catch (cause) {
    fault('$', cause instanceof Error ? cause.message : 'no YAML');
    return {};
  }
}

function canonical(top: Fields, fault: Fault): Canonical | null {
  try {
    const body = JSON.parse(JSON.stringify({ ...top, version: String(top['version']) })) as Canonical;
    canonicalJson(body);
    return body;
  } catch (cause) {
    fault('$', cause instanceof Error ? cause.message : 'whole numbers');
    return null;
  }
}

function whole(value: unknown, path: string, fault: Fault): void {
  if (!Number.isSafeInteger(value) || (value as number) < 0 || (value as number) > 2_000_000_000)
    fault(path, 'a whole number');
}

function said(value: unknown, path: string, fault: Fault): void {
  const { en, zh } = fieldsOf(value);
  if (typeof en !== 'string' || typeof zh !== 'string') fault(path, 'English and Chinese');
}

function momentOf(value: unknown, open: number, path: string, fault: Fault): number {
  if (value === null || value === undefined) return open;
  const ms =
    typeof value === 'string' && /T.*(Z|[+-]\d\d:\d\d)$/.test(value) ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(ms)) fault(path, 'a moment with its zone');
  return ms;
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
