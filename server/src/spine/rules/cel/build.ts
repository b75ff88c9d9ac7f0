import type { Checked, ComparisonOperator } from './checked.ts';
import type * as closures from './closures.ts';
import type { Box, Meter, Test, Value } from './closures.ts';
import * as lists from './list-closures.ts';
import type { CelValue } from './types.ts';

/** The closures of one module copy. */
export type Closures = typeof closures;

/**
 * Which copy a closure is taken from, by a key: `variable.field` for what reads a field, `#0`, `#1`, … for
 * the first, second, … use of a combinator. Giving each key a copy of its own keeps every site monomorphic;
 * giving the same copy for all keys is slower and equally right.
 */
export type CopyFor = (key: string) => Closures;

type NodeOf<K extends Checked['kind']> = Extract<Checked, { readonly kind: K }>;
type Field = NodeOf<'field'>;

/** Items macros may look at in one evaluation. */
const MACRO_STEPS = 20_000;
const FLIPPED: Readonly<Record<ComparisonOperator, ComparisonOperator>> = {
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
  '==': '==',
  '!=': '!=',
};

/** The closure of a checked expression, without the wrapper of a whole program. */
export function buildValue(checked: Checked, copyFor: CopyFor): Value {
  const builder = new Builder(copyFor);
  const root = builder.value(checked);
  return builder.hasMacros ? copyFor('#0').wholeMetered(root, builder.meter, MACRO_STEPS) : root;
}

class Builder {
  readonly meter: Meter = { left: MACRO_STEPS };
  hasMacros = false;
  readonly #copyFor: CopyFor;
  readonly #boxes = new Map<number, Box>();
  readonly #uses = new Map<string, number>();

  constructor(copyFor: CopyFor) {
    this.#copyFor = copyFor;
  }

  value(node: Checked): Value {
    switch (node.kind) {
      case 'constant':
        return this.#combinator('constant').constant(node.value);
      case 'field':
        return this.#read(node);
      case 'scalar':
        return this.#copyFor(node.variable).scalar(node.variable, node.declared);
      case 'local':
        return this.#combinator('local').local(this.#box(node.slot));
      case 'has':
        return this.#has(node);
      case 'and':
        return this.#and(node.parts);
      case 'or':
        return this.#or(node.parts);
      case 'not':
        return this.#combinator('not').not(this.#test(node.of));
      case 'choose':
        return this.#combinator('choose').choose(
          this.#test(node.when),
          this.value(node.then),
          this.value(node.otherwise),
        );
      case 'compare':
        return this.#compare(node);
      case 'in':
        return this.#in(node);
      case 'call':
        return this.#call(node);
      case 'list':
        return lists.listLiteral(node.items.map(item => this.value(item)));
      case 'fold':
        return this.#fold(node);
    }
  }

  #test(node: Checked): Test {
    return this.value(node) as Test;
  }

  #and(parts: readonly Checked[]): Test {
    const tests = this.#guarded(parts, 'and');
    const [a, b, c, d] = tests;
    if (b === undefined) return a!;
    if (c === undefined) return this.#combinator('and2').and2(a!, b);
    if (d === undefined) return this.#combinator('and3').and3(a!, b, c);
    if (tests.length === 4) return this.#combinator('and4').and4(a!, b, c, d);
    const copy = this.#combinator('and4');
    return tests
      .slice(3)
      .reduce((left, right) => this.#combinator('and2').and2(left, right), copy.and3(a!, b, c));
  }

  #or(parts: readonly Checked[]): Test {
    const tests = this.#guarded(parts, 'or');
    const [a, b, c] = tests;
    if (b === undefined) return a!;
    if (c === undefined) return this.#combinator('or2').or2(a!, b);
    const first = this.#combinator('or3').or3(a!, b, c);
    return tests.slice(3).reduce((left, right) => this.#combinator('or2').or2(left, right), first);
  }

  /** The parts as tests, each "has the field and …" (or "lacks it or …") made one that reads the field once. */
  #guarded(parts: readonly Checked[], kind: 'and' | 'or'): Test[] {
    const tests: Test[] = [];
    for (let i = 0; i < parts.length; i++) {
      const guard = kind === 'and' ? parts[i]! : negated(parts[i]!);
      const guardedTest = parts[i + 1];
      if (guard?.kind === 'has' && guardedTest !== undefined && erredOnlyBy(guardedTest, guard)) {
        const test = this.#test(guardedTest);
        tests.push(
          kind === 'and'
            ? this.#combinator('orFalse').orFalse(test)
            : this.#combinator('orTrue').orTrue(test),
        );
        i++;
      } else tests.push(this.#test(parts[i]!));
    }
    return tests;
  }

  #compare(node: NodeOf<'compare'>): Test {
    const { left, right, operator, comparison } = node;
    if (left.kind === 'constant' && right.kind === 'field') {
      return this.#compare({ ...node, left: right, right: left, operator: FLIPPED[operator] });
    }
    const special = left.kind === 'field' ? this.#compareField(left, right, operator) : undefined;
    if (special !== undefined) return special;
    const a = this.value(left);
    const b = this.value(right);
    if (comparison === 'list') return lists.listsEqual(a, b, operator === '==');
    if (operator === '==') return this.#combinator('equal').equal(a, b);
    if (operator === '!=') return this.#combinator('unequal').unequal(a, b);
    const [low, high] = operator === '<' || operator === '<=' ? [a, b] : [b, a];
    const isStrict = operator === '<' || operator === '>';
    if (comparison === 'text') {
      return isStrict
        ? this.#combinator('textLess').textLess(low, high)
        : this.#combinator('textLessOrEqual').textLessOrEqual(low, high);
    }
    return isStrict
      ? this.#combinator('less').less(low, high)
      : this.#combinator('lessOrEqual').lessOrEqual(low, high);
  }

  /** The super-nodes: a field against a constant, a field against a field. */
  #compareField(left: Field, right: Checked, operator: ComparisonOperator): Test | undefined {
    const { variable: v, field: f } = left;
    if (right.kind === 'field') return this.#compareFields(left, right, operator);
    if (right.kind !== 'constant') return undefined;
    const copy = this.#reader(left);
    if (left.declared === 'string' && operator === '==') return copy.textEqual(v, f, right.value as string);
    if (left.declared === 'string' && operator === '!=') return copy.textUnequal(v, f, right.value as string);
    if (left.declared !== 'int') return undefined;
    const c = right.value as number | bigint;
    switch (operator) {
      case '<':
        return copy.intLess(v, f, c);
      case '<=':
        return copy.intLessOrEqual(v, f, c);
      case '>':
        return copy.intGreater(v, f, c);
      case '>=':
        return copy.intGreaterOrEqual(v, f, c);
      case '==':
        return copy.intEqual(v, f, c);
      case '!=':
        return copy.intUnequal(v, f, c);
    }
  }

  #compareFields(left: Field, right: Field, operator: ComparisonOperator): Test | undefined {
    const copy = this.#copyFor(`${left.variable}.${left.field}|${right.variable}.${right.field}`);
    const isText = left.declared === 'string' && right.declared === 'string';
    if (isText && operator === '==')
      return copy.textEqualField(left.variable, left.field, right.variable, right.field);
    if (isText && operator === '!=') {
      return this.#combinator('not').not(
        copy.textEqualField(left.variable, left.field, right.variable, right.field),
      );
    }
    if (left.declared !== 'int' || right.declared !== 'int') return undefined;
    if (operator === '<') return copy.intLessField(left.variable, left.field, right.variable, right.field);
    if (operator === '>') return copy.intGreaterField(left.variable, left.field, right.variable, right.field);
    return undefined;
  }

  #in({ item, list }: NodeOf<'in'>): Test {
    if (list.kind === 'constant' && item.kind === 'field')
      return this.#fieldInConstant(item, list.value as readonly CelValue[]);
    if (list.kind === 'field' && item.kind === 'field' && item.declared === 'string') {
      const copy = this.#copyFor(`${item.variable}.${item.field}|${list.variable}.${list.field}`);
      return copy.textInField(item.variable, item.field, list.variable, list.field);
    }
    return lists.memberOf(this.value(item), this.value(list));
  }

  #fieldInConstant(item: Field, values: readonly CelValue[]): Test {
    const { variable: v, field: f, declared } = item;
    if (declared !== 'string' && declared !== 'int') {
      return lists.memberOf(this.value(item), this.#combinator('constant').constant(values));
    }
    const copy = this.#reader(item);
    if (declared === 'string' && values.length === 2)
      return copy.textIn2(v, f, values[0] as string, values[1] as string);
    if (declared === 'string' && values.length === 3) {
      return copy.textIn3(v, f, values[0] as string, values[1] as string, values[2] as string);
    }
    return declared === 'string'
      ? copy.textInSet(v, f, new Set(values))
      : copy.intInSet(v, f, new Set(values));
  }

  #call({ name, apply, args }: NodeOf<'call'>): Value {
    const [a, b] = args;
    if (name === '.startsWith' && a?.kind === 'field' && b?.kind === 'constant') {
      return this.#reader(a).textStarts(a.variable, a.field, b.value as string);
    }
    if (name === '+' && a?.type === 'int')
      return this.#combinator('sumInts').sumInts(this.value(a), this.value(b!));
    if (b === undefined) return this.#combinator('apply1').apply1(apply, this.value(a!));
    return this.#combinator('apply2').apply2(apply, this.value(a!), this.value(b));
  }

  #fold(node: NodeOf<'fold'>): Value {
    this.hasMacros = true;
    const box = this.#box(node.slot);
    return lists.fold(node.macro, {
      range: this.value(node.range),
      box,
      meter: this.meter,
      condition: node.condition === null ? () => true : this.#test(node.condition),
      step: node.step === null ? () => box.value : this.value(node.step),
    });
  }

  #has(node: NodeOf<'has'>): Test {
    const copy = this.#reader(node);
    switch (node.declared) {
      case 'int':
        return copy.hasInt(node.variable, node.field);
      case 'string':
        return copy.hasText(node.variable, node.field);
      case 'bool':
        return copy.hasBool(node.variable, node.field);
      case 'string-list':
        return copy.hasList(node.variable, node.field);
    }
  }

  #read(node: Field): Value {
    const copy = this.#reader(node);
    switch (node.declared) {
      case 'int':
        return copy.intField(node.variable, node.field);
      case 'string':
        return copy.textField(node.variable, node.field);
      case 'bool':
        return copy.boolField(node.variable, node.field);
      case 'string-list':
        return copy.listField(node.variable, node.field);
    }
  }

  #reader(node: { readonly variable: string; readonly field: string }): Closures {
    return this.#copyFor(`${node.variable}.${node.field}`);
  }

  /** The copy for the next use of a combinator: the same one used twice would meet two callees. */
  #combinator(name: keyof Closures): Closures {
    const uses = this.#uses.get(name) ?? 0;
    this.#uses.set(name, uses + 1);
    return this.#copyFor(`#${uses}`);
  }

  #box(slot: number): Box {
    const known = this.#boxes.get(slot);
    if (known !== undefined) return known;
    const box: Box = { value: undefined };
    this.#boxes.set(slot, box);
    return box;
  }
}

function negated(node: Checked): Checked | undefined {
  return node.kind === 'not' ? node.of : undefined;
}

/** True when the test reads that field alone and nothing else in it can err. */
function erredOnlyBy(test: Checked, guard: NodeOf<'has'>): boolean {
  const isGuarded = (node: Checked): boolean =>
    node.kind === 'field' && node.variable === guard.variable && node.field === guard.field;
  if (isGuarded(test)) return true;
  if (test.kind === 'compare') {
    return (
      (isGuarded(test.left) && test.right.kind === 'constant') ||
      (isGuarded(test.right) && test.left.kind === 'constant')
    );
  }
  if (test.kind === 'in') return isGuarded(test.item) && test.list.kind === 'constant';
  return (
    test.kind === 'call' &&
    test.name === '.startsWith' &&
    isGuarded(test.args[0]!) &&
    test.args[1]?.kind === 'constant'
  );
}
