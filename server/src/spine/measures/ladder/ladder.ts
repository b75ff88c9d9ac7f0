import { parse } from 'yaml';
import { sha256 } from '../../../kernel/bytes.ts';
import { Refusal } from '../../../kernel/refusal.ts';
import { MINUTE_MS } from '../../../kernel/time.ts';
import { NOTED_EVENTS, type NotedEvent } from '../../cases/work.ts';
import type { Terms } from '../measure.ts';

export type LadderCode = 'ladder-catalogue-invalid';

export interface Said {
  readonly en: string;
  readonly zh: string;
}

/** A kind of measure with its terms, or the id of a task. */
export interface Rung {
  readonly deed: string;
  readonly terms: Terms;
}

/** Which deed follows which for findings of some rules on subjects of some classes; `*` names every one. */
export interface Ladder {
  readonly id: string;
  readonly version: string;
  /** SHA-256 of the catalogue's text, in hexadecimal. */
  readonly digest: string;
  readonly title: Said;
  readonly rules: readonly string[];
  readonly classes: readonly string[];
  readonly rungs: readonly Rung[];
}

export interface LadderCatalogue {
  readonly ladders: readonly Ladder[];
  /** Deeds that a person does, by id. */
  readonly tasks: ReadonlyMap<string, Task>;
  /** Null where blocks are not watched for storms of attempts. */
  readonly storm: StormBound | null;
}

export interface Task {
  readonly title: Said;
  /** What on the case shows that it is done; null where a person says so. */
  readonly doneBy: NotedEvent | null;
}

/** When attempts turned away after blocks are a storm (C-42). */
export interface StormBound {
  readonly watchMs: number;
  readonly mostRefused: number;
  readonly pauseMs: number;
}

const MOST_RUNGS = 30;
const NAME = /^[a-z][a-z0-9-]{0,62}$/;

type Fields = Readonly<Record<string, unknown>>;
type Fault = (path: string, wanted: string) => void;

/**
 * Reads a catalogue of ladders from its YAML text; `name` is what faults are reported under. Throws one `Refusal`
 * (`ladder-catalogue-invalid`) that names every fault.
 */
export function readLadders(text: string, name: string): LadderCatalogue {
  const faults: string[] = [];
  const fault: Fault = (path, wanted) => faults.push(`${path}: ${wanted}`);
  const top = fieldsOf(parsed(text, fault));
  const version = textOf(top['version'], 'version', fault);
  const digest = sha256(text).toString('hex');
  const tasks = new Map(
    listOf(top['tasks'])
      .map(fieldsOf)
      .map((task, i) => [nameOf(task['id'], `tasks[${i}].id`, fault), taskOf(task, `tasks[${i}]`, fault)]),
  );
  const storm = top['storm'] === undefined ? null : stormOf(fieldsOf(top['storm']), fault);
  const ladders = listOf(top['ladders'])
    .map(fieldsOf)
    .map((item, i) => ladderOf(item, `ladders[${i}]`, { version, digest }, fault));
  if (ladders.length === 0) fault('ladders', 'at least one');
  if (new Set(ladders.map(each => each.id)).size < ladders.length) fault('ladders', 'each id once');
  if (listOf(top['source']).length === 0) fault('source', 'at least one source');
  if (faults.length > 0)
    throw new Refusal<LadderCode>('ladder-catalogue-invalid', {
      subject: name,
      detail: { faults: faults.join('; ') },
    });
  return { ladders, tasks, storm };
}

/** The first ladder that names the rule and the class; undefined where none does. */
export function ladderFor(
  catalogues: readonly LadderCatalogue[],
  ruleId: string,
  className: string | null,
): Ladder | undefined {
  return catalogues
    .flatMap(each => each.ladders)
    .find(each => isNamed(each.rules, ruleId) && isNamed(each.classes, className ?? 'other'));
}

const isNamed = (names: readonly string[], name: string) => names.includes('*') || names.includes(name);

function ladderOf(item: Fields, path: string, of: { version: string; digest: string }, fault: Fault): Ladder {
  const rungs = listOf(item['rungs'])
    .map(fieldsOf)
    .map((rung, i) => ({
      deed: nameOf(rung['deed'], `${path}.rungs[${i}].deed`, fault),
      terms: termsOf(rung['terms'], `${path}.rungs[${i}].terms`, fault),
    }));
  if (rungs.length === 0 || rungs.length > MOST_RUNGS) fault(`${path}.rungs`, `1 to ${MOST_RUNGS} rungs`);
  if (new Set(rungs.map(rung => rung.deed)).size < rungs.length) fault(`${path}.rungs`, 'each deed once');
  return {
    id: nameOf(item['id'], `${path}.id`, fault),
    ...of,
    title: saidOf(item['title'], path, fault),
    rules: namesOf(item['rules'], `${path}.rules`, fault),
    classes: namesOf(item['classes'], `${path}.classes`, fault),
    rungs,
  };
}

function taskOf(item: Fields, path: string, fault: Fault): Task {
  const doneBy = NOTED_EVENTS.find(each => each === item['doneBy']) ?? null;
  if (item['doneBy'] !== undefined && doneBy === null)
    fault(`${path}.doneBy`, `one of ${NOTED_EVENTS.join(', ')}`);
  return { title: saidOf(item['title'], path, fault), doneBy };
}

function stormOf(item: Fields, fault: Fault): StormBound {
  const whole = (name: string, most: number): number => {
    const value = Number(item[name]);
    if (Number.isSafeInteger(value) && value >= 1 && value <= most) return value;
    fault(`storm.${name}`, `a whole number from 1 to ${most}`);
    return 1;
  };
  return {
    watchMs: whole('watchMinutes', 10_080) * MINUTE_MS,
    mostRefused: whole('mostRefused', 1_000_000_000),
    pauseMs: whole('pauseMinutes', 10_080) * MINUTE_MS,
  };
}

function parsed(text: string, fault: Fault): unknown {
  try {
    return parse(text, { schema: 'failsafe' }) as unknown;
  } catch (cause) {
    fault('$', cause instanceof Error ? cause.message : 'no YAML');
    return {};
  }
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function textOf(value: unknown, path: string, fault: Fault): string {
  if (typeof value === 'string' && value !== '' && value.length <= 63) return value;
  fault(path, 'a text of at most 63 characters');
  return '';
}

function nameOf(value: unknown, path: string, fault: Fault): string {
  if (typeof value === 'string' && NAME.test(value)) return value;
  fault(path, 'a name in small letters, digits and hyphens');
  return '';
}

function namesOf(value: unknown, path: string, fault: Fault): readonly string[] {
  const names = listOf(value).map(String);
  if (names.length === 0 || !names.every(name => name === '*' || NAME.test(name))) fault(path, 'names, or *');
  return names;
}

function saidOf(value: unknown, path: string, fault: Fault): Said {
  const { en, zh } = fieldsOf(value);
  if (typeof en === 'string' && typeof zh === 'string' && en !== '' && zh !== '') return { en, zh };
  fault(`${path}.title`, 'words in en and zh');
  return { en: '', zh: '' };
}

function termsOf(value: unknown, path: string, fault: Fault): Terms {
  const terms = fieldsOf(value);
  for (const [name, term] of Object.entries(terms))
    if (typeof term !== 'string') fault(`${path}.${name}`, 'a text');
  return terms as Terms;
}
