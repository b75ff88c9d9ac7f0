import type { Draw } from '../../server/src/modules/cards/formats/csv-fuzz.ts';

export type { Draw };

/**
 * One parser or hostile surface. `input` makes an input out of a repeatable draw; `check` hands it to the parser
 * and throws whatever is not as promised: an exception that is no refusal, a loss, two readings that differ.
 */
export interface Target<Input = unknown> {
  readonly name: string;
  input(draw: Draw): Input;
  check(input: Input): void | Promise<void>;
}

/** A target whose inputs only it looks into. */
export function target<Input>(
  name: string,
  input: (draw: Draw) => Input,
  check: (input: Input) => void | Promise<void>,
): Target {
  return { name, input, check: given => check(given as Input) };
}

/** What a promise of a parser broken by one input is told with. */
export class Broken extends Error {}

/** Throws `Broken` unless it holds. */
export function holds(isTrue: boolean, promise: string): asserts isTrue {
  if (!isTrue) throw new Broken(promise);
}

/** Runs the parser, lets what `isRefusal` knows pass, and answers null then; anything else is thrown on. */
export function refusedOr<T>(isRefusal: (error: unknown) => boolean, parse: () => T): T | null {
  try {
    return parse();
  } catch (error) {
    if (isRefusal(error)) return null;
    throw error;
  }
}
