import type { Strict } from './checked.ts';
import type { CelFeature } from './fault.ts';
import { boolFromText, doubleFromText, doubleText, textSize } from './texts.ts';
import { type CelType, type CelValue, itemOf, joined, listOf } from './types.ts';
import * as whole from './whole-numbers.ts';

/** One way a function or operator may be called; `apply` never throws and answers undefined for CEL's error. */
export interface Overload {
  readonly result: CelType;
  readonly apply: Strict;
}

type W = whole.Whole;
const wholes =
  (operate: (a: W, b: W) => W | undefined): Strict =>
  (a, b) =>
    operate(a as W, b as W);
const doubles =
  (operate: (a: number, b: number) => number): Strict =>
  (a, b) =>
    operate(a as number, b as number);
const texts =
  (ask: (a: string, b: string) => boolean): Strict =>
  (a, b) =>
    ask(a as string, b as string);
const size: Strict = a => (typeof a === 'string' ? textSize(a) : (a as readonly CelValue[]).length);

/** Keyed by name and parameter types; a member call's receiver is its first parameter, marked by a leading dot. */
const TABLE: Readonly<Record<string, Overload>> = {
  '+(int,int)': { result: 'int', apply: wholes(whole.addInt) },
  '-(int,int)': { result: 'int', apply: wholes(whole.subtractInt) },
  '*(int,int)': { result: 'int', apply: wholes(whole.multiplyInt) },
  '/(int,int)': { result: 'int', apply: wholes(whole.divideInt) },
  '%(int,int)': { result: 'int', apply: wholes(whole.moduloInt) },
  '-(int)': { result: 'int', apply: a => whole.negateInt(a as W) },
  '+(uint,uint)': { result: 'uint', apply: wholes(whole.addUint) },
  '-(uint,uint)': { result: 'uint', apply: wholes(whole.subtractUint) },
  '*(uint,uint)': { result: 'uint', apply: wholes(whole.multiplyUint) },
  '/(uint,uint)': { result: 'uint', apply: wholes(whole.divideUint) },
  '%(uint,uint)': { result: 'uint', apply: wholes(whole.moduloUint) },
  '+(double,double)': { result: 'double', apply: doubles((a, b) => a + b) },
  '-(double,double)': { result: 'double', apply: doubles((a, b) => a - b) },
  '*(double,double)': { result: 'double', apply: doubles((a, b) => a * b) },
  '/(double,double)': { result: 'double', apply: doubles((a, b) => a / b) },
  '-(double)': { result: 'double', apply: a => -(a as number) },
  '+(string,string)': { result: 'string', apply: (a, b) => (a as string) + (b as string) },
  '.startsWith(string,string)': { result: 'bool', apply: texts((a, b) => a.startsWith(b)) },
  '.endsWith(string,string)': { result: 'bool', apply: texts((a, b) => a.endsWith(b)) },
  '.contains(string,string)': { result: 'bool', apply: texts((a, b) => a.includes(b)) },
  'size(string)': { result: 'int', apply: size },
  '.size(string)': { result: 'int', apply: size },
  'int(int)': { result: 'int', apply: a => a },
  'int(uint)': { result: 'int', apply: a => whole.fitted(BigInt(a as W), 'int') },
  'int(double)': { result: 'int', apply: a => whole.wholeFromDouble(a as number, 'int') },
  'int(string)': { result: 'int', apply: a => whole.wholeFromText(a as string, 'int') },
  'uint(uint)': { result: 'uint', apply: a => a },
  'uint(int)': { result: 'uint', apply: a => whole.fitted(BigInt(a as W), 'uint') },
  'uint(double)': { result: 'uint', apply: a => whole.wholeFromDouble(a as number, 'uint') },
  'uint(string)': { result: 'uint', apply: a => whole.wholeFromText(a as string, 'uint') },
  'double(double)': { result: 'double', apply: a => a },
  'double(int)': { result: 'double', apply: a => Number(a) },
  'double(uint)': { result: 'double', apply: a => Number(a) },
  'double(string)': { result: 'double', apply: a => doubleFromText(a as string) },
  'string(string)': { result: 'string', apply: a => a },
  'string(int)': { result: 'string', apply: a => String(a) },
  'string(uint)': { result: 'string', apply: a => String(a) },
  'string(double)': { result: 'string', apply: a => doubleText(a as number) },
  'string(bool)': { result: 'string', apply: a => String(a) },
  'bool(bool)': { result: 'bool', apply: a => a },
  'bool(string)': { result: 'bool', apply: a => boolFromText(a as string) },
};

const NAMES = new Set(Object.keys(TABLE).map(key => key.slice(0, key.indexOf('('))));

/** What the item of an empty list may pass for: it is never met, so the first type that fits will do. */
const STAND_INS: readonly CelType[] = ['int', 'double', 'uint', 'string', 'bool'];

/** The overload for these parameter types, or undefined. Operators go by their sign, member calls by `.name`. */
export function overload(name: string, types: readonly CelType[]): Overload | undefined {
  const known = exactOverload(name, types);
  if (known !== undefined || !types.includes('never')) return known;
  for (const standIn of STAND_INS) {
    const found = exactOverload(
      name,
      types.map(type => (type === 'never' ? standIn : type)),
    );
    if (found !== undefined) return found;
  }
  return undefined;
}

function exactOverload(name: string, types: readonly CelType[]): Overload | undefined {
  const key = `${name}(${types.join(',')})`;
  return Object.hasOwn(TABLE, key) ? TABLE[key] : listOverload(name, types);
}

export function isFunction(name: string): boolean {
  return NAMES.has(name);
}

function listOverload(name: string, [a, b]: readonly CelType[]): Overload | undefined {
  const item = a === undefined ? undefined : itemOf(a);
  if (a === undefined || item === undefined) return undefined;
  if ((name === 'size' || name === '.size') && b === undefined) return { result: 'int', apply: size };
  if (name === 'index' && b === 'int') {
    return { result: item, apply: (list, at) => (list as readonly CelValue[])[at as number] };
  }
  const both = b === undefined ? undefined : joined(a, b);
  if (name !== '+' || both === undefined || itemOf(both) === undefined) return undefined;
  return {
    result: listOf(itemOf(both)!),
    apply: (x, y) => [...(x as readonly CelValue[]), ...(y as readonly CelValue[])],
  };
}

const DECLINED: Partial<Readonly<Record<CelFeature, string>>> = {
  bytes: 'bytes',
  durations: 'duration getHours getMinutes getSeconds getMilliseconds',
  dyn: 'dyn',
  'extension-functions':
    'charAt indexOf lastIndexOf lowerAscii upperAscii replace split substring trim join format reverse quote sort sortBy slice ' +
    'flatten distinct range greatest least encode decode bind block index iterVar accuVar getExt hasExt',
  optionals: 'of ofNonZeroValue none or orValue hasValue value optMap optFlatMap unwrap unwrapOpt',
  timestamps: 'timestamp getFullYear getMonth getDate getDayOfMonth getDayOfWeek getDayOfYear',
  'two-variable-macros': 'transformList transformMap transformMapEntry',
  'type-values': 'type',
};
const NAMESPACES = new Set([
  'math',
  'strings',
  'base64',
  'cel',
  'proto',
  'sets',
  'lists',
  'regex',
  'optional',
]);

/** The declined part of CEL a function belongs to, by its name or by the namespace it is called on. */
export function declinedFunction(name: string, namespace: string | null): CelFeature | undefined {
  if (namespace === 'optional') return 'optionals';
  if (namespace !== null && NAMESPACES.has(namespace)) return 'extension-functions';
  for (const [feature, names] of Object.entries(DECLINED))
    if (names.split(' ').includes(name)) return feature as CelFeature;
  return undefined;
}
