import { isRefusal, Refusal } from '../../../kernel/refusal.ts';

/**
 * Parts of CEL this compiler knows of and declines, each under one name. A fault that carries a feature is
 * a refusal of something the language has; a fault without one is a mistake in the expression.
 */
export type CelFeature =
  | 'bytes'
  | 'computed-patterns'
  | 'deep-nesting'
  | 'durations'
  | 'dyn'
  | 'extension-functions'
  | 'maps'
  | 'messages'
  | 'mixed-lists'
  | 'optionals'
  | 'quoted-fields'
  | 'regex-syntax'
  | 'timestamps'
  | 'two-variable-macros'
  | 'type-values';

/** Why an expression cannot be compiled: where (line and column from 1, columns in code points) and what mends it. */
export interface CelFault {
  readonly message: string;
  readonly line: number;
  readonly column: number;
  readonly mend: string;
  readonly feature: CelFeature | null;
}

/** Raised inside the compiler only; `compileCel` turns it into a `CelFault`, so callers never see it thrown. */
export function faultAt(offset: number, message: string, mend: string): Refusal<'cel-fault'> {
  return new Refusal('cel-fault', { detail: { offset, message, mend, feature: '' } });
}

/** The same, for a part of CEL that is declined by name. */
export function declineAt(
  offset: number,
  feature: CelFeature,
  message: string,
  mend: string,
): Refusal<'cel-fault'> {
  return new Refusal('cel-fault', { detail: { offset, message, mend, feature } });
}

/** What a raised fault says, with its offset turned into a line and a column; undefined for any other error. */
export function faultOf(raised: unknown, source: string): CelFault | undefined {
  if (!isRefusal(raised) || raised.code !== 'cel-fault') return undefined;
  const { offset, message, mend, feature } = raised.detail;
  const before = source.slice(0, Number(offset));
  const lineStart = before.lastIndexOf('\n') + 1;
  return {
    message: String(message),
    line: before.split('\n').length,
    column: [...before.slice(lineStart)].length + 1,
    mend: String(mend),
    feature: feature === '' ? null : (feature as CelFeature),
  };
}
