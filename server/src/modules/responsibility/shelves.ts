import { parse } from 'yaml';
import { Refusal } from '../../kernel/refusal.ts';

export type ShelfCode = 'responsibility-shelf-invalid';

/** A duty that a level of the chain has. */
export interface DutyKind {
  readonly id: string;
  readonly level: string;
  readonly basis: string;
  readonly title: { readonly en: string; readonly zh: string };
}

/** A penalty or limit between two moments; amounts in CNY. */
export interface Penalty {
  readonly id: string;
  readonly law: string;
  readonly clause: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly standing: string;
  readonly said: Readonly<Record<string, unknown>>;
}

type Fields = Readonly<Record<string, unknown>>;
const LEVELS = ['operator', 'seller', 'unit', 'user'];

/** Reads a catalogue of duties. Throws a `Refusal` that names the entry at fault. */
export function readDutyKinds(text: string, name: string): DutyKind[] {
  const entries = entriesOf(text, 'duties', name);
  return entries.map(({ id, level, basis, title }) => {
    const { en, zh } = (title ?? {}) as Fields;
    const isGood =
      [id, level, basis, en, zh].every(each => typeof each === 'string') && LEVELS.includes(String(level));
    if (!isGood) throw invalid(name, String(id));
    return { id, level, basis, title } as DutyKind;
  });
}

/** Reads a catalogue of penalties (C-52). Every entry says its law, its clause, when it is in force, and how far it was read. */
export function readPenalties(text: string, name: string): Penalty[] {
  return entriesOf(text, 'entries', name).map(entry => {
    const { id, law, clause, from, to, standing, ...said } = entry;
    const fromMs = Date.parse(String(from));
    const toMs = to === null ? Number.POSITIVE_INFINITY : Date.parse(String(to));
    const isGood = [id, law, clause, standing].every(each => typeof each === 'string' && each !== '');
    if (!isGood || Number.isNaN(fromMs) || !(toMs > fromMs)) throw invalid(name, String(id));
    return { id, law, clause, standing, fromMs, toMs, said } as Penalty;
  });
}

/** Those in force at a moment: of an act, the law at its time (administrative-penalty law art. 37). */
export function penaltiesAt(all: readonly Penalty[], atMs: number): Penalty[] {
  return all.filter(each => each.fromMs <= atMs && atMs < each.toMs);
}

function entriesOf(text: string, list: string, name: string): Fields[] {
  const top = parse(text) as Fields | null;
  const entries = top?.[list];
  if (!Array.isArray(entries) || !Array.isArray(top?.['source'])) throw invalid(name, list);
  return entries as Fields[];
}

function invalid(name: string, entry: string): Refusal<ShelfCode> {
  return new Refusal<ShelfCode>('responsibility-shelf-invalid', { subject: name, detail: { entry } });
}
