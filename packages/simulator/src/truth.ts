import { usesOf } from './days.ts';
import type { Fact } from './facts.ts';
import { type FleetFormat, lacksOf, tellsDays } from './feeds.ts';
import type { SimulatedCard, Use } from './model.ts';
import { DAY_MS, endMs, HOUR_MS, type Plan } from './plan.ts';

/** One planted misuse: found when the rule finds one of its cards from `from` on and before `until`. */
export interface PlantedCase {
  /** Of several cards: those that share the misuse; one of them found is enough. */
  readonly cards: readonly string[];
  readonly class: string;
  readonly kind: string;
  readonly rule: string;
  /** Rules that rightly find it as well. */
  readonly also: readonly string[];
  readonly from: string;
  readonly until: string;
  /** The first record that can show it, as it is judged. */
  readonly shownAt: string;
}

/** Innocent cards that look like a misuse; no rule may find them. */
export interface LookAlike {
  readonly cards: readonly string[];
  readonly class: string;
  readonly kind: string;
  /**
   * The rule that the look-alike is made for, and the guard that alone keeps it silent, or `state.NAME` for the
   * condition of that state; null: a threshold does.
   */
  readonly rule: string;
  readonly guard: string | null;
}

/** What is planted but shows in no record of the format: neither its finding nor its silence proves anything. */
export interface Unseen {
  readonly cards: readonly string[];
  readonly class: string;
  readonly kind: string;
  readonly rule: string;
  readonly also: readonly string[];
  readonly isMisuse: boolean;
  /** What would have to be told. */
  readonly lacks: readonly Fact[];
}

/** What a detector should say of a fleet. Every card that is in neither list is innocent. */
export interface FleetTruth {
  readonly format: 'thingward-truth/1';
  readonly seed: number;
  readonly cards: number;
  readonly days: number;
  readonly from: string;
  readonly until: string;
  readonly cases: readonly PlantedCase[];
  readonly lookAlikes: readonly LookAlike[];
  /** How the records were written. */
  readonly told?: FleetFormat;
  readonly unseen?: readonly Unseen[];
}

/** Works out the truth; throws when a planted misuse shows in no record, for such a plan proves nothing. */
export function truthOf(plan: Plan, cards: readonly SimulatedCard[], told: FleetFormat = 'csv'): FleetTruth {
  const cases: PlantedCase[] = [];
  const lookAlikes: LookAlike[] = [];
  const unseen: Unseen[] = [];
  for (const card of cards) {
    const { script } = card;
    if (script === null || card.member !== 0) continue;
    const group = cards.slice(card.index, card.index + script.cards);
    const iccids = group.map(each => each.iccid);
    const about = { cards: iccids, class: card.profile.id, kind: script.kind, rule: script.rule };
    const lacks = lacksOf(told, card.feed).filter(fact => script.needs.includes(fact));
    if (lacks.length > 0) {
      unseen.push({ ...about, also: script.also, isMisuse: script.isMisuse, lacks });
      continue;
    }
    if (!script.isMisuse) {
      lookAlikes.push({ ...about, guard: script.guard });
      continue;
    }
    const shown = firstShown(plan, group);
    if (shown === null) throw new RangeError(`${script.kind} shows in no record; give it more days`);
    const began = { start: plan.fromMs, turn: Math.min(card.turnMs, shown.atMs), shown: shown.atMs };
    cases.push({
      ...about,
      also: script.also,
      from: text(grained(began[script.begins], told)),
      until: text(endMs(plan) + DAY_MS),
      shownAt: text(shown.judgedAtMs),
    });
  }
  const { seed, days, fromMs } = plan;
  const span = { from: text(fromMs), until: text(endMs(plan)) };
  return {
    format: 'thingward-truth/1',
    seed,
    cards: cards.length,
    days,
    ...span,
    cases,
    lookAlikes,
    told,
    unseen,
  };
}

function firstShown(plan: Plan, group: readonly SimulatedCard[]): Use | null {
  const [first] = group;
  const watch = first?.script?.watch(first, plan);
  if (watch === undefined) return null;
  for (let day = 0; day < plan.days; day += 1) {
    const uses = group.flatMap(card => [...usesOf(plan, card, day)]);
    uses.sort((a, b) => a.judgedAtMs - b.judgedAtMs);
    for (const use of uses) if (watch(use)) return use;
  }
  return null;
}

/** Where a format tells days and no moment of them, what is found of a day is found from its beginning on, in China. */
function grained(ms: number, told: FleetFormat): number {
  return tellsDays(told) ? ms - ((ms + 8 * HOUR_MS) % DAY_MS) : ms;
}

const text = (ms: number): string => new Date(ms).toISOString();
