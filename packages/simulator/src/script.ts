import type { Day, Row, Rows, Script, Use } from './model.ts';

const NOTHING: Row = {};
const NO_ROWS: Rows = {};

const usually = {
  guard: null,
  also: [],
  needs: [],
  cards: 1,
  feed: 'usage',
  contract: 'month',
  begins: 'turn',
  isPunctual: false,
  tac: null,
  isOneDevice: false,
  own: () => NOTHING,
  rows: () => NO_ROWS,
  uses: ({ usual }) => usual,
  watch: card => use => use.judgedAtMs >= card.turnMs,
} satisfies Partial<Script>;

type Told = Pick<Script, 'classes'> & Partial<Omit<Script, 'kind' | 'rule' | 'isMisuse' | 'guard'>>;

export function misuse(rule: string, kind: string, told: Told): Script {
  return { ...usually, rule, kind, isMisuse: true, ...told };
}

/** A look-alike; `guard` is null where nothing but a threshold or the record's reading keeps the rule silent. */
export function lookAlike(rule: string, guard: string | null, kind: string, told: Told): Script {
  return { ...usually, rule, kind, isMisuse: false, guard, ...told };
}

/** Changes the records from the turning moment on. */
export function afterTurn(change: (use: Use, day: Day) => void): Script['uses'] {
  return day => {
    for (const use of day.usual) if (use.atMs >= day.card.turnMs) change(use, day);
    return day.usual;
  };
}

export function always(change: (use: Use, day: Day) => void): Script['uses'] {
  return day => {
    for (const use of day.usual) change(use, day);
    return day.usual;
  };
}
