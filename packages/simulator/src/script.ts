import type { Day, Row, Rows, Script, Use } from './model.ts';
import { dayStartMs, HOUR_MS } from './plan.ts';
import { useOf } from './use.ts';

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

/** Rules that see two devices or cards at once by how long each was in use. */
const BY_LENGTH: ReadonlySet<string> = new Set(['card-in-two-devices-at-once', 'one-imei-many-cards']);

function needsOf(rule: string, { needs = [] }: Told): Script['needs'] {
  return BY_LENGTH.has(rule) ? [...needs, 'duration'] : needs;
}

type Told = Pick<Script, 'classes'> & Partial<Omit<Script, 'kind' | 'rule' | 'isMisuse' | 'guard'>>;

export function misuse(rule: string, kind: string, told: Told): Script {
  return { ...usually, rule, kind, isMisuse: true, ...told, needs: needsOf(rule, told) };
}

/** A look-alike; `guard` is null where nothing but a threshold or the record's reading keeps the rule silent. */
export function lookAlike(rule: string, guard: string | null, kind: string, told: Told): Script {
  return { ...usually, rule, kind, isMisuse: false, guard, ...told, needs: needsOf(rule, told) };
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

/** Further records of a day: `times` of them from an hour on, `everyMin` minutes apart, each as `change` makes it. */
export function further(
  day: Day,
  hour: number,
  change: Partial<Use> | ((i: number) => Partial<Use>),
  times = 1,
  everyMin = 10,
): Use[] {
  const fromMs = dayStartMs(day.plan, day.day) + hour * HOUR_MS;
  return Array.from({ length: times }, (_, i) => {
    const use = useOf(day.card, fromMs + i * everyMin * 60_000);
    return Object.assign(use, typeof change === 'function' ? change(i) : change);
  });
}

/** From the turning day on, beside the usual records. */
export function addedFromTurn(add: (day: Day) => readonly Use[]): Script['uses'] {
  return day => (day.day < day.card.turnDay ? day.usual : [...day.usual, ...add(day)]);
}

/** On the turning day alone. */
export function addedOnTurn(add: (day: Day) => readonly Use[]): Script['uses'] {
  return day => (day.day === day.card.turnDay ? [...day.usual, ...add(day)] : day.usual);
}

/** A span that begins with the turning day and lasts to the end. */
export function restOfPlan(
  card: Day['card'],
  plan: Day['plan'],
): { readonly from: string; readonly to: string } {
  const text = (day: number): string => new Date(dayStartMs(plan, day)).toISOString();
  return { from: text(card.turnDay), to: text(plan.days + 10) };
}
