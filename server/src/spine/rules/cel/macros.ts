import type { Checked, FoldMacro } from './checked.ts';
import { declineAt, faultAt } from './fault.ts';
import type { Syntax } from './syntax.ts';
import { type CelType, itemOf, listOf } from './types.ts';

const MACROS: readonly string[] = ['all', 'exists', 'exists_one', 'existsOne', 'filter', 'map'];

/** What a macro asks of the checker it is expanded in. */
export interface Expander {
  check(syntax: Syntax): Checked;
  checkAs(syntax: Syntax, type: CelType, where: string): Checked;
  withLocal<T>(name: string, type: CelType, work: (slot: number) => T): T;
}

/** True for the names that are macros when called on something. */
export function isFoldMacro(name: string): boolean {
  return MACROS.includes(name);
}

/** Two-variable forms are known by their names alone. */
export function refuseTwoVariables(at: number, name: string, args: readonly Syntax[]): void {
  if (name.startsWith('transform') && args.length >= 3) throw twoVariables(at, name);
}

/** `list.all(x, condition)` and its kin (CEL language definition, "Macros"); the item's name hides one outside. */
export function foldMacro(
  checker: Expander,
  at: number,
  written: FoldMacro | 'existsOne',
  target: Syntax,
  args: readonly Syntax[],
): Checked {
  const macro = written === 'existsOne' ? 'exists_one' : written;
  if (args.length === 3 && macro !== 'map') throw twoVariables(at, written);
  const [named, first, second] = args;
  if (named?.kind === 'call' && named.target?.kind === 'name' && named.target.name === 'cel') {
    throw declineAt(
      named.at,
      'extension-functions',
      `"cel.${named.name}" is not supported`,
      'name the item with a plain name',
    );
  }
  if (named?.kind !== 'name' || named.isRooted || first === undefined || args.length > 3) {
    throw faultAt(at, `${written}() takes a name and an expression`, `write list.${written}(x, ...)`);
  }
  const range = checker.check(target);
  const item = itemOf(range.type);
  if (item === undefined)
    throw faultAt(target.at, `${written}() goes over a list, this is ${range.type}`, 'call it on a list');
  return checker.withLocal(named.name, item, slot => {
    const isMap = macro === 'map';
    const condition =
      isMap && second === undefined ? null : checker.checkAs(first, 'bool', `the condition of ${written}()`);
    const step = isMap ? checker.check(second ?? first) : null;
    const type = step !== null ? listOf(step.type) : macro === 'filter' ? range.type : 'bool';
    return { kind: 'fold', type, macro, slot, range, condition, step };
  });
}

function twoVariables(at: number, name: string) {
  return declineAt(
    at,
    'two-variable-macros',
    `${name}() with two variables is not supported`,
    'use one variable, the item',
  );
}
