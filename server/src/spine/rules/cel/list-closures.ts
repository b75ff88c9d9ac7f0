/** Closures over lists: literals, membership, equality and the macros. They are shared by all programs. */
import type { FoldMacro } from './checked.ts';
import type { Box, Meter, Test, Value } from './closures.ts';
import type { CelValue } from './types.ts';

type List = readonly CelValue[];

export function listLiteral(items: readonly Value[]): Value {
  return record => {
    const out: CelValue[] = [];
    for (const item of items) {
      const value = item(record);
      if (value === undefined) return undefined;
      out.push(value);
    }
    return out;
  };
}

/** `item in list`; items that are lists themselves are compared item by item. */
export function memberOf(item: Value, list: Value): Test {
  return record => {
    const x = item(record);
    const items = list(record) as List | undefined;
    if (x === undefined || items === undefined) return undefined;
    return Array.isArray(x) ? items.some(one => areEqual(one, x)) : items.indexOf(x) >= 0;
  };
}

export function listsEqual(a: Value, b: Value, expected: boolean): Test {
  return record => {
    const x = a(record);
    const y = b(record);
    return x === undefined || y === undefined ? undefined : areEqual(x, y) === expected;
  };
}

function areEqual(a: CelValue, b: CelValue): boolean {
  if (!Array.isArray(a) || !Array.isArray(b)) return a === b;
  return a.length === b.length && a.every((item, index) => areEqual(item, b[index]!));
}

export interface Fold {
  readonly range: Value;
  readonly box: Box;
  readonly meter: Meter;
  readonly condition: Test;
  /** What `map` makes of an item; for the other macros the item itself. */
  readonly step: Value;
}

/** A macro over a list. `all` and `exists` are decided by one item whatever errs on the others; the rest are strict. */
export function fold(macro: FoldMacro, parts: Fold): Value {
  switch (macro) {
    case 'all':
      return decided(parts, false);
    case 'exists':
      return decided(parts, true);
    case 'exists_one':
      return record => {
        const kept = collected(parts, record);
        return kept === undefined ? undefined : kept.length === 1;
      };
    case 'filter':
    case 'map':
      return record => collected(parts, record);
  }
}

function decided({ range, box, meter, condition }: Fold, by: boolean): Test {
  return record => {
    const list = range(record) as List | undefined;
    if (list === undefined) return undefined;
    let isErring = false;
    for (const item of list) {
      if (--meter.left < 0) return undefined;
      box.value = item;
      const verdict = condition(record);
      if (verdict === by) return by;
      if (verdict === undefined) isErring = true;
    }
    return isErring ? undefined : !by;
  };
}

function collected(
  { range, box, meter, condition, step }: Fold,
  record: Parameters<Value>[0],
): List | undefined {
  const list = range(record) as List | undefined;
  if (list === undefined) return undefined;
  const out: CelValue[] = [];
  for (const item of list) {
    if (--meter.left < 0) return undefined;
    box.value = item;
    const verdict = condition(record);
    if (verdict === undefined) return undefined;
    if (!verdict) continue;
    const made = step(record);
    if (made === undefined) return undefined;
    out.push(made);
  }
  return out;
}
