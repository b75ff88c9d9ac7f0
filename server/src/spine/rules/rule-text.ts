import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import type { Canonical } from '../../kernel/canonical-json.ts';
import { type Place, type RuleFault, ruleFault } from './rule-fault.ts';

/** A rule's YAML as plain data, and where each part stands in the text. */
export interface RuleText {
  readonly value: Canonical;
  /** The place of the part at the path, or of the nearest part around it. */
  placeOf(path: string): Place;
}

export const MOST_BYTES = 64 * 1024;
export const MOST_LEVELS = 12;

const START: Place = { line: 1, column: 1 };

/**
 * Reads YAML 1.2 (core schema) in bounded time and space. The text may be hostile: anchors, aliases, tags,
 * merge keys, fractions, deep nesting and double keys are refused, each with its place.
 */
export function readRuleText(text: string): RuleText | readonly RuleFault[] {
  if (text.length * 3 > MOST_BYTES && utf8Length(text) > MOST_BYTES)
    return [ruleFault('too-large', '', START, MOST_BYTES)];
  if (deepestFlow(text) > MOST_LEVELS * 4) return [ruleFault('too-deep', '', START, MOST_LEVELS)];
  const lines = new LineCounter();
  const faults: RuleFault[] = [];
  try {
    const document = parseDocument(text, {
      lineCounter: lines,
      version: '1.2',
      schema: 'core',
      merge: false,
      prettyErrors: false,
    });
    for (const error of [...document.errors, ...document.warnings]) {
      faults.push(ruleFault('not-yaml', '', placeAt(lines, error.pos[0]), error.message));
    }
    if (faults.length > 0) return faults;
    const places = new Map<string, Place>();
    const value = plain(document.contents as Node | null, '', 0, { lines, places, faults });
    return faults.length > 0 ? faults : { value, placeOf: path => nearest(places, path) };
  } catch (error) {
    // The parser recurses on nesting; a text made to exhaust its stack is too deep.
    if (error instanceof RangeError) return [ruleFault('too-deep', '', START, MOST_LEVELS)];
    return [ruleFault('not-yaml', '', START, error instanceof Error ? error.message : 'unreadable')];
  }
}

interface Reading {
  readonly lines: LineCounter;
  readonly places: Map<string, Place>;
  readonly faults: RuleFault[];
}

function plain(node: Node | null, path: string, level: number, reading: Reading): Canonical {
  const place = placeAt(reading.lines, node?.range?.[0] ?? 0);
  if (!reading.places.has(path)) reading.places.set(path, place);
  const refuse = (fault: RuleFault): null => {
    reading.faults.push(fault);
    return null;
  };
  if (node === null) return null;
  if (level > MOST_LEVELS) return refuse(ruleFault('too-deep', path, place, MOST_LEVELS));
  if (isAlias(node) || ('anchor' in node && node.anchor !== undefined))
    return refuse(ruleFault('alias-or-tag', path, place, 'anchor'));
  if (node.tag !== undefined && !/^tag:yaml\.org,2002:(str|int|bool|null|float|map|seq)$/.test(node.tag)) {
    return refuse(ruleFault('alias-or-tag', path, place, node.tag));
  }
  if (isSeq<Node>(node))
    return node.items.map((item, i) => plain(item, join(path, String(i)), level + 1, reading));
  if (isMap<Node, Node | null>(node)) {
    const fields: Record<string, Canonical> = {};
    for (const pair of node.items) {
      const key = isScalar(pair.key) && typeof pair.key.value === 'string' ? pair.key.value : null;
      if (key === null || key === '__proto__' || key === '<<' || !key.isWellFormed()) {
        refuse(ruleFault('not-a-value', path, place, key ?? 'A key'));
        continue;
      }
      const inner = join(path, key);
      reading.places.set(inner, placeAt(reading.lines, pair.key.range?.[0] ?? 0));
      fields[key] = plain(pair.value, inner, level + 1, reading);
    }
    return fields;
  }
  const value: unknown = isScalar(node) ? node.value : undefined;
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'string' && value.isWellFormed()) return value;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  return refuse(ruleFault('not-a-value', path, place, String(value)));
}

/** The deepest run of open brackets, strings and comments not told apart: only a bound against exhaustion. */
function deepestFlow(text: string): number {
  let open = 0;
  let deepest = 0;
  for (let i = 0; i < text.length; i += 1) {
    const character = text.charCodeAt(i);
    if (character === 91 || character === 123) deepest = Math.max(deepest, ++open);
    else if ((character === 93 || character === 125) && open > 0) open -= 1;
  }
  return deepest;
}

function utf8Length(text: string): number {
  let length = 0;
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0;
    length += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  }
  return length;
}

function placeAt(lines: LineCounter, offset: number): Place {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}

function nearest(places: Map<string, Place>, path: string): Place {
  for (let part = path; ; part = part.slice(0, Math.max(0, part.lastIndexOf('.')))) {
    const place = places.get(part);
    if (place !== undefined) return place;
    if (part === '') return START;
  }
}

export function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}
