import type { Checked, ComparisonOperator, FoldMacro } from './checked.ts';
import { declineAt, faultAt } from './fault.ts';
import { isFunction, overload } from './functions.ts';
import { foldMacro, isFoldMacro, refuseTwoVariables } from './macros.ts';
import { compilePattern } from './pattern.ts';
import type { Literal, Syntax } from './syntax.ts';
import { mendFor, noOverload, unknownFunction } from './type-faults.ts';
import { type CelScope, type CelType, celTypeOf, isNumeric, itemOf, joined, listOf } from './types.ts';
import { wholeOf } from './whole-numbers.ts';

const MAX_TREE_DEPTH = 500;
const TYPE_NAMES = new Set('bool int uint double string bytes list map null_type type google'.split(' '));
const ORDERED: readonly string[] = ['<', '<=', '>', '>='];

type SyntaxOf<K extends Syntax['kind']> = Extract<Syntax, { readonly kind: K }>;

/** Settles every name and type of an expression against the scope; raises a fault with its place and mend. */
export function check(syntax: Syntax, scope: CelScope): Checked {
  return new Checker(scope).check(syntax);
}

export class Checker {
  readonly #scope: CelScope;
  readonly #locals: { readonly name: string; readonly slot: number; readonly type: CelType }[] = [];
  #slots = 0;
  #depth = 0;

  constructor(scope: CelScope) {
    this.#scope = scope;
  }

  check(syntax: Syntax): Checked {
    if (++this.#depth > MAX_TREE_DEPTH) {
      throw declineAt(
        syntax.at,
        'deep-nesting',
        `nested deeper than ${MAX_TREE_DEPTH}`,
        'split the expression into several rules',
      );
    }
    const checked = this.#node(syntax);
    this.#depth--;
    return checked;
  }

  /** Checks an expression that must be of one type. */
  checkAs(syntax: Syntax, type: CelType, where: string): Checked {
    const checked = this.check(syntax);
    if (checked.type !== type && checked.type !== 'never') {
      throw faultAt(syntax.at, `${where} must be ${type}, this is ${checked.type}`, mendFor(type));
    }
    return checked;
  }

  /** Checks with one more name in sight, as the body of a macro over a list has. */
  withLocal<T>(name: string, type: CelType, work: (slot: number) => T): T {
    const slot = this.#slots++;
    this.#locals.push({ name, slot, type });
    const result = work(slot);
    this.#locals.pop();
    return result;
  }

  #node(syntax: Syntax): Checked {
    switch (syntax.kind) {
      case 'literal':
        return constantOf(syntax.literal);
      case 'name':
        return this.#name(syntax);
      case 'select':
        return this.#select(syntax);
      case 'index':
        return this.#index(syntax);
      case 'list':
        return this.#list(syntax);
      case 'and':
      case 'or':
        return {
          kind: syntax.kind,
          type: 'bool',
          parts: syntax.parts.map(part =>
            this.checkAs(part, 'bool', `each side of ${syntax.kind === 'and' ? '&&' : '||'}`),
          ),
        };
      case 'not':
        return { kind: 'not', type: 'bool', of: this.checkAs(syntax.of, 'bool', 'what ! negates') };
      case 'negate':
        return this.#apply(syntax.at, '-', [this.check(syntax.of)]);
      case 'choose':
        return this.#choose(syntax);
      case 'binary':
        return this.#binary(syntax);
      case 'call':
        return this.#call(syntax);
    }
  }

  #name({ at, name, isRooted }: SyntaxOf<'name'>): Checked {
    const local = isRooted ? undefined : this.#locals.findLast(one => one.name === name);
    if (local !== undefined) return { kind: 'local', type: local.type, slot: local.slot };
    const scalars = this.#scope.scalars ?? {};
    const declared = Object.hasOwn(scalars, name) ? scalars[name] : undefined;
    if (declared !== undefined)
      return { kind: 'scalar', type: celTypeOf(declared), variable: name, declared };
    if (Object.hasOwn(this.#scope.variables, name)) {
      throw faultAt(
        at,
        `"${name}" is a record, not a value`,
        `name one of its fields, such as ${name}.${this.#fieldsOf(name)[0] ?? 'x'}`,
      );
    }
    if (TYPE_NAMES.has(name))
      throw declineAt(
        at,
        'type-values',
        `the type "${name}" is not a value here`,
        'types are checked when the rule is read',
      );
    throw faultAt(at, `nothing is called "${name}"`, this.#mendName());
  }

  #select(syntax: SyntaxOf<'select'>): Checked {
    const { variable, field, declared } = this.#fieldOf(syntax);
    return { kind: 'field', type: celTypeOf(declared), variable, field, declared };
  }

  /** The declared field `variable.field`, which is all that can be selected from. */
  #fieldOf(syntax: SyntaxOf<'select'>) {
    const { at, of, field } = syntax;
    const record =
      of.kind === 'name' && (of.isRooted || !this.#locals.some(one => one.name === of.name)) ? of.name : null;
    if (record === null || !Object.hasOwn(this.#scope.variables, record)) {
      const checked = this.check(of);
      if (checked.type === 'never')
        throw declineAt(
          at,
          'dyn',
          'the item of an empty list has no known fields',
          'name a field of a record',
        );
      throw faultAt(at, `a ${checked.type} has no field "${field}"`, 'fields belong to records only');
    }
    const fields = this.#scope.variables[record]!;
    if (!Object.hasOwn(fields, field)) {
      throw faultAt(
        at,
        `"${record}" has no field "${field}"`,
        `it has: ${this.#fieldsOf(record).join(', ')}`,
      );
    }
    return { variable: record, field, declared: fields[field]! };
  }

  #index({ at, of, index }: SyntaxOf<'index'>): Checked {
    return this.#apply(at, 'index', [this.check(of), this.check(index)]);
  }

  #list({ at, items }: SyntaxOf<'list'>): Checked {
    const checked = items.map(item => this.check(item));
    let type: CelType = 'never';
    for (const [index, item] of checked.entries()) {
      const both = joined(type, item.type);
      if (both === undefined) {
        const place = items[index]?.at ?? at;
        throw declineAt(
          place,
          'mixed-lists',
          `a list of ${type} holds a ${item.type}`,
          `make every item a ${type}`,
        );
      }
      type = both;
    }
    const values = checked
      .map(item => (item.kind === 'constant' ? item.value : undefined))
      .filter(value => value !== undefined);
    if (values.length === checked.length) return { kind: 'constant', type: listOf(type), value: values };
    return { kind: 'list', type: listOf(type), items: checked };
  }

  #choose(syntax: SyntaxOf<'choose'>): Checked {
    const when = this.checkAs(syntax.when, 'bool', 'the condition before ?');
    const then = this.check(syntax.then);
    const otherwise = this.check(syntax.otherwise);
    const type = joined(then.type, otherwise.type);
    if (type !== undefined) return { kind: 'choose', type, when, then, otherwise };
    throw faultAt(
      syntax.at,
      `one branch is ${then.type}, the other ${otherwise.type}`,
      'give both branches the same type',
    );
  }

  #binary({ at, operator, left, right }: SyntaxOf<'binary'>): Checked {
    const a = this.check(left);
    const b = this.check(right);
    if (operator === 'in') return this.#in(at, a, b, right);
    if (operator === '==' || operator === '!=' || ORDERED.includes(operator)) {
      return compare(at, operator as ComparisonOperator, a, b);
    }
    return this.#apply(at, operator, [a, b]);
  }

  #in(at: number, item: Checked, list: Checked, written: Syntax): Checked {
    const inner = itemOf(list.type);
    if (inner === undefined)
      throw faultAt(written.at, `"in" needs a list, this is ${list.type}`, 'put a list on its right side');
    if (joined(inner, item.type) === undefined) {
      throw faultAt(at, `a ${item.type} is never in a list of ${inner}`, 'compare values of the same type');
    }
    return { kind: 'in', type: 'bool', item, list };
  }

  #call(syntax: SyntaxOf<'call'>): Checked {
    const { at, name, target, args } = syntax;
    if (name === 'has' && target === null) return this.#has(at, args);
    if (target !== null && isFoldMacro(name))
      return foldMacro(this, at, name as FoldMacro | 'existsOne', target, args);
    const receiver = target?.kind === 'name' && !this.#isKnown(target.name) ? target.name : null;
    if (target !== null) refuseTwoVariables(at, name, args);
    if (name === 'matches' && args.length === (target === null ? 2 : 1))
      return this.#matches(at, target === null ? args : [target, ...args]);
    const key = target === null ? name : `.${name}`;
    if (!isFunction(key)) throw unknownFunction(at, name, receiver);
    return this.#apply(
      at,
      key,
      (target === null ? args : [target, ...args]).map(argument => this.check(argument)),
    );
  }

  #has(at: number, args: readonly Syntax[]): Checked {
    const asked = args[0];
    if (args.length !== 1 || asked?.kind !== 'select')
      throw faultAt(at, 'has() takes one field', 'write has(record.field)');
    return { kind: 'has', type: 'bool', ...this.#fieldOf(asked) };
  }

  #matches(at: number, args: readonly Syntax[]): Checked {
    const text = this.checkAs(args[0]!, 'string', 'what matches() looks at');
    const pattern = this.checkAs(args[1]!, 'string', 'a pattern');
    if (pattern.kind !== 'constant') {
      throw declineAt(
        at,
        'computed-patterns',
        'a pattern must be written out',
        'use contains(), or write the pattern as text in quotes',
      );
    }
    const occurs = compilePattern(String(pattern.value));
    if (typeof occurs !== 'function') {
      throw declineAt(
        at,
        'regex-syntax',
        `the pattern is declined: ${occurs.declined}`,
        'write it with . [] () | * + ? {n,m} ^ $ \\d \\w \\s',
      );
    }
    return {
      kind: 'call',
      type: 'bool',
      name: 'matches',
      apply: value => occurs(value as string),
      args: [text],
    };
  }

  /** A strict call; worked out at once when every argument is known, unless that is an error. */
  #apply(at: number, name: string, args: readonly Checked[]): Checked {
    const types = args.map(argument => argument.type);
    const found = overload(name, types);
    if (found === undefined) throw noOverload(at, name, types);
    const [a, b, c] = args.map(argument => (argument.kind === 'constant' ? argument.value : undefined));
    const isKnown = args.every(argument => argument.kind === 'constant');
    const value = isKnown ? found.apply(a!, b!, c!) : undefined;
    if (value !== undefined) return { kind: 'constant', type: found.result, value };
    return { kind: 'call', type: found.result, name, apply: found.apply, args };
  }

  #isKnown(name: string): boolean {
    return (
      this.#locals.some(one => one.name === name) ||
      Object.hasOwn(this.#scope.variables, name) ||
      Object.hasOwn(this.#scope.scalars ?? {}, name)
    );
  }

  #fieldsOf(variable: string): readonly string[] {
    return Object.keys(this.#scope.variables[variable] ?? {});
  }

  #mendName(): string {
    const names = [...Object.keys(this.#scope.variables), ...Object.keys(this.#scope.scalars ?? {})];
    return names.length === 0 ? 'this expression can name nothing' : `it can name: ${names.join(', ')}`;
  }
}

function constantOf(literal: Literal): Checked {
  const value = literal.type === 'int' || literal.type === 'uint' ? wholeOf(literal.value) : literal.value;
  return { kind: 'constant', type: literal.type, value };
}

function compare(at: number, operator: ComparisonOperator, left: Checked, right: Checked): Checked {
  const isOrder = ORDERED.includes(operator);
  const type =
    isOrder && isNumeric(left.type) && isNumeric(right.type) ? 'double' : joined(left.type, right.type);
  if (type === undefined || (isOrder && (itemOf(type) !== undefined || type === 'null'))) {
    const isNull = left.type === 'null' || right.type === 'null';
    const mend = isNull ? 'ask has(x.f) whether a field is there' : 'compare values of the same type';
    throw faultAt(at, `${left.type} ${operator} ${right.type} is not defined`, mend);
  }
  const comparison =
    itemOf(type) !== undefined ? 'list' : type === 'string' ? 'text' : isNumeric(type) ? 'number' : 'bool';
  return { kind: 'compare', type: 'bool', operator, comparison, left, right };
}
