/**
 * Stands in for `@rc-component/util/es/Dom/dynamicCSS`, by which Ant Design keeps its styles: same functions, but what
 * they are given becomes constructed style sheets of the document instead of `<style>` elements, so that the console's
 * policy needs no `unsafe-inline` and no nonce, and nothing is written through `innerHTML`.
 */
interface Options {
  readonly mark?: string;
  /** True: before all others; `queue`: after those of no higher priority, before what is appended. */
  readonly prepend?: boolean | 'queue';
  readonly priority?: number;
}

interface Held {
  readonly sheet: CSSStyleSheet;
  readonly rank: number;
  /** What the caller marks as its own; on no page. */
  readonly handle: Element;
  css: string;
}

const held = new Map<string, Held>();
let unnamed = 0;

/** Adds or changes the styles of a key. */
export function updateCSS(css: string, key: string, options: Options = {}): Element {
  const name = nameOf(key, options);
  const there = held.get(name);
  if (there === undefined) return add(name, css, options);
  if (there.css !== css) {
    there.css = css;
    there.sheet.replaceSync(css);
  }
  return there.handle;
}

export function removeCSS(key: string, options: Options = {}): void {
  if (held.delete(nameOf(key, options))) adopt();
}

/** Adds styles that nobody takes away again. */
export function injectCSS(css: string, options: Options = {}): Element {
  unnamed += 1;
  return add(`unnamed ${unnamed}`, css, options);
}

export function clearContainerCache(): void {
  // There are no containers here.
}

function nameOf(key: string, { mark = '' }: Options): string {
  return `${mark} ${key}`;
}

function add(name: string, css: string, options: Options): Element {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  const handle = document.createElement('meta');
  held.set(name, { sheet, rank: rankOf(options), handle, css });
  adopt();
  return handle;
}

function rankOf({ prepend, priority = 0 }: Options): number {
  if (prepend === 'queue') return priority;
  return prepend === true ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

/** Sorting is stable: among equals, what came first stands first. */
function adopt(): void {
  const inOrder = [...held.values()].sort((a, b) => (a.rank === b.rank ? 0 : a.rank - b.rank));
  document.adoptedStyleSheets = inOrder.map(each => each.sheet);
}
