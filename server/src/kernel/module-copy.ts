/**
 * Copies of a module: the same file imported again under another query, so that the engine keeps its own type
 * feedback for each. The only file with a dynamic import. A copy is never freed by the engine, so copies are
 * counted, reused by key, and bounded: when the bound is reached the original is handed out, which is slower
 * and equally right.
 */
export interface ModuleCopies<Module> {
  /** The copy for this key: the same one each time it is asked for. */
  take(key: string): Promise<Module>;
  /** Copies made since the start; each costs memory for good. */
  readonly made: number;
  readonly limit: number;
}

/** Copies of the module at `url`, which must keep no state of its own; `original` is what an ordinary import gave. */
export function moduleCopies<Module>(url: string, original: Module, limit: number): ModuleCopies<Module> {
  const copies = new Map<string, Promise<Module>>();
  return {
    limit,
    get made() {
      return copies.size;
    },
    async take(key) {
      const known = copies.get(key);
      if (known !== undefined) return known;
      if (copies.size >= limit) return original;
      const made = import(`${url}?n=${copies.size + 1}`) as Promise<Module>;
      copies.set(key, made);
      return made;
    },
  };
}
