import { type PatternNode, readPattern } from './pattern-syntax.ts';

/** Steps of a program that reads one character at a time; jumps cost no character. */
type Step =
  | { readonly op: 'character'; readonly accepts: (codePoint: number) => boolean }
  | { readonly op: 'split'; readonly to: readonly number[] }
  | { readonly op: 'start' }
  | { readonly op: 'end' }
  | { readonly op: 'match' };

const MAX_STEPS = 2_000;

/**
 * A test for "the pattern occurs somewhere in the text" (RE2's partial match), or why the pattern is declined.
 * It walks all alternatives at once, so its time is at most text length times pattern size, whatever the text.
 */
export function compilePattern(pattern: string): ((text: string) => boolean) | { readonly declined: string } {
  const read = readPattern(pattern);
  if ('declined' in read) return read;
  const steps: Step[] = [];
  if (!emit(read.node, steps)) return { declined: `the pattern unfolds to more than ${MAX_STEPS} steps` };
  steps.push({ op: 'match' });
  return text => occurs(steps, text);
}

/** Appends the steps of a node; false when the program would grow past its bound. */
function emit(node: PatternNode, steps: Step[]): boolean {
  if (steps.length > MAX_STEPS) return false;
  switch (node.kind) {
    case 'character':
      steps.push({ op: 'character', accepts: node.accepts });
      return true;
    case 'start':
    case 'end':
      steps.push({ op: node.kind });
      return true;
    case 'sequence':
      return node.parts.every(part => emit(part, steps));
    case 'either':
      return emitEither(node.branches, steps);
    case 'repeat':
      return emitRepeat(node.of, node.min, node.max, steps);
  }
}

function emitEither(branches: readonly PatternNode[], steps: Step[]): boolean {
  const fork: number[] = [];
  const exits: number[][] = [];
  steps.push({ op: 'split', to: fork });
  for (const branch of branches) {
    fork.push(steps.length);
    if (!emit(branch, steps)) return false;
    const exit: number[] = [];
    exits.push(exit);
    steps.push({ op: 'split', to: exit });
  }
  for (const exit of exits) exit.push(steps.length);
  return true;
}

function emitRepeat(of: PatternNode, min: number, max: number, steps: Step[]): boolean {
  for (let i = 0; i < min; i++) if (!emit(of, steps)) return false;
  if (max === Number.POSITIVE_INFINITY) {
    const fork = [steps.length + 1];
    const begin = steps.length;
    steps.push({ op: 'split', to: fork });
    if (!emit(of, steps)) return false;
    steps.push({ op: 'split', to: [begin] });
    fork.push(steps.length);
    return true;
  }
  const skips: number[][] = [];
  for (let i = min; i < max; i++) {
    const fork = [steps.length + 1];
    skips.push(fork);
    steps.push({ op: 'split', to: fork });
    if (!emit(of, steps)) return false;
  }
  for (const skip of skips) skip.push(steps.length);
  return true;
}

/** One walk over the text; a match may begin at every character, so the first step is entered anew each time. */
function occurs(steps: readonly Step[], text: string): boolean {
  const enteredAt = new Int32Array(steps.length).fill(-1);
  let current: number[] = [];
  const stack: number[] = [];
  let isMatched = false;
  const enter = (first: number, at: number, into: number[]): void => {
    stack.push(first);
    while (stack.length > 0) {
      const index = stack.pop()!;
      if (enteredAt[index] === at) continue;
      enteredAt[index] = at;
      const step = steps[index]!;
      if (step.op === 'match') isMatched = true;
      else if (step.op === 'character') into.push(index);
      else if (step.op === 'split') stack.push(...step.to);
      else if (step.op === 'start' ? at === 0 : at === text.length) stack.push(index + 1);
    }
  };
  enter(0, 0, current);
  for (let at = 0; at < text.length && !isMatched; ) {
    const codePoint = text.codePointAt(at)!;
    at += codePoint > 0xffff ? 2 : 1;
    const next: number[] = [];
    for (const index of current) {
      const step = steps[index]!;
      if (step.op === 'character' && step.accepts(codePoint)) enter(index + 1, at, next);
    }
    enter(0, at, next);
    current = next;
  }
  return isMatched;
}
