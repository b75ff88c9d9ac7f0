import type { OperatorShape, Rule } from './rule.ts';
import type { Window } from './window.ts';

/**
 * Whether everything that a verdict of the rule at `atMs` looks at was observed after `sinceMs`: no window and no
 * look-back reaches that moment. The last totals of running counters are no part of it, for they only tell from what
 * shares are counted.
 */
export function restsAfter(rule: Pick<Rule, 'state'>, atMs: number, sinceMs: number): boolean {
  return atMs > sinceMs && rule.state.every(({ shape }) => isAfter(shape, atMs, sinceMs));
}

function isAfter(shape: OperatorShape, atMs: number, sinceMs: number): boolean {
  switch (shape.operator) {
    case 'count':
    case 'sum':
    case 'distinct':
    case 'rate':
      return isPast(shape.window, atMs, sinceMs);
    case 'change':
      return isPast(shape.window, atMs - shape.lookBackMs, sinceMs);
    case 'absence':
      return atMs - shape.windowMs - shape.lookBackMs > sinceMs;
    case 'overlap':
    case 'travel':
      return atMs - shape.lookBackMs > sinceMs;
  }
}

/** Whether a window that ends at `atMs` holds nothing as old as `sinceMs`. */
function isPast(window: Window, atMs: number, sinceMs: number): boolean {
  return window.paneOf(sinceMs) < window.oldestOf(window.paneOf(atMs));
}
