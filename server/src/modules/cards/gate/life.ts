/** One allowed move of the catalogue of lives. */
export interface LifeMove {
  readonly act: string;
  readonly from: readonly string[];
  readonly to: string;
  readonly sets: readonly string[];
}

/** The catalogue of lives, as its reader took it in. */
export interface LifeCatalogue {
  readonly states: readonly {
    readonly id: string;
    readonly title: { readonly en: string; readonly zh: string };
  }[];
  readonly moves: readonly LifeMove[];
}

/**
 * Where an act leads: a state, null when it leads nowhere else than the card is, undefined when the catalogue has no
 * such act. An act leads to one state, whatever it comes from, or leaves every state as it is.
 */
export function leadsTo({ moves }: LifeCatalogue, act: string): string | null | undefined {
  const named = moves.filter(move => move.act === act);
  if (named.length === 0) return undefined;
  if (named.every(({ from, to }) => from.length === 1 && from[0] === to)) return null;
  return named[0]?.to;
}
