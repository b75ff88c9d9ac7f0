/** How a refusal is told: HTTP status, what is the matter, and what to do next. `{name}` stands for a fact of the refusal. */
export interface Wording {
  readonly status: number;
  readonly en: readonly [title: string, mend: string];
  readonly zh: readonly [title: string, mend: string];
}

/** The wording of one station: complete for its closed union of codes, or it does not compile. */
export type WordingOf<Code extends string> = Readonly<Record<Code, Wording>>;
