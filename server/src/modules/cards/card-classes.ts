import { parse } from 'yaml';
import { sha256 } from '../../kernel/bytes.ts';
import { type Canonical, canonicalJson } from '../../kernel/canonical-json.ts';
import { Refusal } from '../../kernel/refusal.ts';
import type { Terms } from '../../spine/contribution.ts';
import { statedTerms } from './terms.ts';

export type CardClassesCode = 'card-classes-invalid';

/** The usual terms of cards by class, in force within [fromMs, toMs). */
export interface CardClasses {
  readonly urn: string;
  readonly version: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** By class; `other` is there always, and stands for a class that is not. */
  readonly terms: ReadonlyMap<string, Terms>;
}

type Fields = Readonly<Record<string, unknown>>;
type Fault = (path: string, wanted: string) => void;

/**
 * Reads a catalogue of card classes from its YAML text; `name` is what faults are reported under. Throws one
 * `Refusal` (`card-classes-invalid`) that names every fault.
 */
export function readCardClasses(text: string, name: string): CardClasses {
  const faults: string[] = [];
  const fault: Fault = (path, wanted) => faults.push(`${path}: ${wanted}`);
  const top = fieldsOf(parseYaml(text, fault));
  const span = fieldsOf(top['inForce']);
  const catalogue: CardClasses = {
    urn: textOf(top['urn'], 'urn', fault),
    version: textOf(top['version'], 'version', fault),
    fromMs: momentOf(span['from'], Number.NEGATIVE_INFINITY, 'inForce.from', fault),
    toMs: momentOf(span['to'], Number.POSITIVE_INFINITY, 'inForce.to', fault),
    terms: classesOf(top, fault),
  };
  checkSaid(top['title'], 'title', fault);
  textOf(top['standing'], 'standing', fault);
  if (!Array.isArray(top['source']) || top['source'].length === 0) fault('source', 'at least one source');
  if (!catalogue.terms.has('other')) fault('classes', 'the class other');
  if (faults.length > 0) {
    throw new Refusal<CardClassesCode>('card-classes-invalid', {
      subject: name,
      detail: { faults: faults.join('; ') },
    });
  }
  return catalogue;
}

/** The terms usual for a class at a moment: of the catalogues in force the one that began last decides. */
export function usualTerms(catalogues: readonly CardClasses[], className: unknown, atMs: number): Terms {
  let latest: CardClasses | undefined;
  for (const each of catalogues) {
    const isInForce = each.fromMs <= atMs && atMs < each.toMs;
    if (isInForce && (latest === undefined || each.fromMs >= latest.fromMs)) latest = each;
  }
  return latest?.terms.get(String(className)) ?? latest?.terms.get('other') ?? {};
}

/** The moments at which usual terms may change. */
export function edgesOf(catalogues: readonly CardClasses[]): readonly number[] {
  return catalogues.flatMap(({ fromMs, toMs }) => [fromMs, toMs]).filter(Number.isFinite);
}

/** The usual terms of every class from each of those moments on, by digest. */
export function basisOf(
  catalogues: readonly CardClasses[],
): { readonly fromMs: number | null; readonly digest: string }[] {
  const edges = [...new Set(edgesOf(catalogues))].sort((a, b) => a - b);
  const classes = [...new Set(catalogues.flatMap(({ terms }) => [...terms.keys()]))].sort();
  return [null, ...edges].map(fromMs => {
    const told = classes.map(name => [name, usualTerms(catalogues, name, fromMs ?? Number.MIN_SAFE_INTEGER)]);
    return { fromMs, digest: sha256(canonicalJson(told as Canonical)).toString('hex') };
  });
}

function parseYaml(text: string, fault: Fault): unknown {
  try {
    return parse(text) as unknown;
  } catch (cause) {
    fault('$', cause instanceof Error ? cause.message : 'no YAML');
    return {};
  }
}

function classesOf(top: Fields, fault: Fault): Map<string, Terms> {
  const every = termsOf(top['every'], 'every', fault);
  const found = new Map<string, Terms>();
  for (const [i, item] of (Array.isArray(top['classes']) ? top['classes'] : []).entries()) {
    const path = `classes[${i}]`;
    const fields = fieldsOf(item);
    const id = textOf(fields['id'], `${path}.id`, fault);
    if (found.has(id)) fault(`${path}.id`, 'each id once');
    checkSaid(fields['title'], `${path}.title`, fault);
    found.set(id, { ...every, ...termsOf(fields['terms'], `${path}.terms`, fault) });
  }
  return found;
}

function termsOf(value: unknown, path: string, fault: Fault): Terms {
  const written = fieldsOf(value);
  const terms = statedTerms(written);
  for (const term of Object.keys(written))
    if (!Object.hasOwn(terms, term)) fault(`${path}.${term}`, 'a term that binds cards, in its type');
  return terms;
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

function textOf(value: unknown, path: string, fault: Fault): string {
  const isSaid = (typeof value === 'string' && value !== '') || typeof value === 'number';
  if (!isSaid) fault(path, 'a text');
  return String(value);
}

function momentOf(value: unknown, open: number, path: string, fault: Fault): number {
  if (value === null || value === undefined) return open;
  const ms =
    typeof value === 'string' && /T.*(Z|[+-]\d\d:\d\d)$/.test(value) ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(ms)) fault(path, 'a moment with its zone');
  return ms;
}

function checkSaid(value: unknown, path: string, fault: Fault): void {
  const { en, zh } = fieldsOf(value);
  if (typeof en !== 'string' || typeof zh !== 'string') fault(path, 'English and Chinese');
}
