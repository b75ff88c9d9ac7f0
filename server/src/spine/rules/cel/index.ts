/**
 * CEL predicates, compiled: text → syntax → checked against the scope's types → closures. Nothing here reads a
 * clock, a disk or a network, and nothing is thrown to the caller: what cannot be compiled is a `CelFault`, what
 * cannot be evaluated is `CEL_ERROR`. Language: https://github.com/google/cel-spec, doc/langdef.md.
 */
import { buildValue, type Closures, type CopyFor } from './build.ts';
import type { Checked } from './checked.ts';
import { check } from './checker.ts';
import * as closures from './closures.ts';
import { type CelFault, faultOf } from './fault.ts';
import { parse } from './parser.ts';
import { type Rename, renameFields } from './rename.ts';
import type { CEL_ERROR, CelRecord, CelScope, CelType, CelValue } from './types.ts';

export type { Closures, CopyFor } from './build.ts';
export type { Checked } from './checked.ts';
export type { CelFault, CelFeature } from './fault.ts';
export type { Rename } from './rename.ts';
export type { CelInput, CelRecord, CelScope, CelType, CelValue, ScalarType } from './types.ts';
export { CEL_ERROR } from './types.ts';

/** A compiled expression. Evaluating is synchronous, bounded in steps, and never throws for plain objects. */
export interface CelProgram {
  /** The value; for a predicate true or false; or the third outcome. */
  evaluate(record: CelRecord): CelValue | typeof CEL_ERROR;
  /** True only when the expression is exactly true. */
  test(record: CelRecord): boolean;
  readonly resultType: CelType;
  /** Every field read or asked for, once each, in order of appearance. */
  readonly uses: readonly { readonly variable: string; readonly field: string }[];
}

/** A checked expression, not yet closures. */
export interface CelPlan {
  readonly resultType: CelType;
  readonly uses: CelProgram['uses'];
  /** The checked expression itself, for other ways of evaluating it. */
  readonly checked: Checked;
  /** The keys `build` asks copies for: see `CopyFor`. */
  readonly copies: readonly string[];
  build(copyFor: CopyFor): CelProgram;
  /** The same expression over records whose fields bear other names. */
  renamed(rename: Rename): CelPlan;
}

/** The copy every program may share. */
export const sharedClosures: Closures = closures;

/** Compiles an expression with the shared closures: right everywhere, and fast enough off the hot path. */
export function compileCel(source: string, scope: CelScope): CelProgram | CelFault {
  const plan = planCel(source, scope);
  return isCelFault(plan) ? plan : plan.build(() => closures);
}

/** Compiles an expression up to the point where module copies are chosen. */
export function planCel(source: string, scope: CelScope): CelPlan | CelFault {
  try {
    return planOf(check(parse(source), scope));
  } catch (raised) {
    const fault = faultOf(raised, source);
    if (fault === undefined) throw raised;
    return fault;
  }
}

/**
 * The program of one rule with copies of its own. Closures that read a field come from that field's copy, shared by
 * all rules, so re-arming a rule costs only its combinators' copies, and those only the first time `rule` is seen.
 * `take` is asked once for each key; it may answer with the shared closures when no more copies are allowed.
 */
export async function armCel(
  plan: CelPlan,
  rule: string,
  take: (key: string) => Promise<Closures>,
): Promise<CelProgram> {
  const own = new Map<string, Closures>();
  for (const key of plan.copies) own.set(key, await take(key.startsWith('#') ? `${rule}${key}` : key));
  return plan.build(key => own.get(key) ?? closures);
}

export function isCelFault(outcome: object): outcome is CelFault {
  return 'mend' in outcome;
}

/** The plan of a checked expression, or of a part of one that stands by itself. */
export function planOf(checked: Checked): CelPlan {
  const copies = new Set<string>(['#0']);
  buildValue(checked, key => {
    copies.add(key);
    return closures;
  });
  const uses = usesOf(checked);
  return {
    resultType: checked.type,
    uses,
    checked,
    copies: [...copies],
    renamed: rename => planOf(renameFields(checked, rename)),
    build: copyFor => {
      const root = buildValue(checked, copyFor);
      const own = copyFor('#0');
      return { evaluate: own.whole(root), test: own.isTrue(root), resultType: checked.type, uses };
    },
  };
}

function usesOf(root: Checked): CelProgram['uses'] {
  const found = new Map<string, { variable: string; field: string }>();
  const visit = (node: Checked): void => {
    if (node.kind === 'field' || node.kind === 'has') {
      found.set(`${node.variable}.${node.field}`, { variable: node.variable, field: node.field });
    }
    for (const child of childrenOf(node)) visit(child);
  };
  visit(root);
  return [...found.values()];
}

/** The expressions an expression is made of. */
export function childrenOf(node: Checked): readonly Checked[] {
  switch (node.kind) {
    case 'and':
    case 'or':
      return node.parts;
    case 'not':
      return [node.of];
    case 'choose':
      return [node.when, node.then, node.otherwise];
    case 'compare':
      return [node.left, node.right];
    case 'in':
      return [node.item, node.list];
    case 'call':
      return node.args;
    case 'list':
      return node.items;
    case 'fold':
      return [node.range, node.condition, node.step].filter(part => part !== null);
    default:
      return [];
  }
}
