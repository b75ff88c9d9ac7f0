import type { FleetTruth, PlantedCase, Unseen } from './truth.ts';

/** A finding that stands, as a detector tells it. */
export interface ScoredFinding {
  readonly ruleId: string;
  /** The card's ICCID, with or without its check digit. */
  readonly card: string;
  /** Milliseconds UTC of the record that completed it. */
  readonly atMs: number;
}

export interface Hours {
  readonly median: number;
  readonly worst: number;
}

export interface Tally {
  readonly name: string;
  readonly planted: number;
  readonly detected: number;
  /** detected ÷ planted; 1 when nothing was planted. */
  readonly detection: number;
  readonly falseAlarms: number;
  /** From the beginning of the misuse to the record that completed the first right finding; null without one. */
  readonly hours: Hours | null;
}

export interface Score extends Tally {
  readonly findings: number;
  readonly lookAlikes: number;
  /** What the fleet's format does not show, and findings about that: neither right nor wrong. */
  readonly unseen: number;
  readonly setAside: number;
  readonly byRule: readonly Tally[];
  readonly byClass: readonly Tally[];
  readonly missed: readonly PlantedCase[];
  /** Findings that are neither expected nor rightly beside what was expected, on any card. */
  readonly alarms: readonly (ScoredFinding & { readonly kind: string })[];
}

interface Open {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly planted: PlantedCase;
  foundMs: number | null;
}

const HOUR_MS = 3_600_000;
/** What an innocent card is said to be in the list of alarms. */
const INNOCENT = 'innocent';

/**
 * Holds findings against the truth. A case is detected when its rule found one of its cards within its span; a
 * finding on a look-alike, on an innocent card, by another rule or outside the span is a false alarm.
 */
export function scoreOf(truth: FleetTruth, findings: Iterable<ScoredFinding>): Score {
  const byCard = new Map<string, Open[]>();
  const opened = truth.cases.map((planted): Open => {
    const [fromMs, untilMs] = [Date.parse(planted.from), Date.parse(planted.until)];
    const open = { fromMs, untilMs, planted, foundMs: null };
    for (const card of planted.cards) byCard.set(card, [...(byCard.get(card) ?? []), open]);
    return open;
  });
  const unseen = truth.unseen ?? [];
  const kinds = new Map(
    [...truth.cases, ...truth.lookAlikes, ...unseen].flatMap(each =>
      each.cards.map(card => [card, each] as const),
    ),
  );
  const known = new Map([...kinds.keys()].map(card => [card.slice(0, 18), card]));
  const alarms: (ScoredFinding & { kind: string })[] = [];
  let count = 0;
  let setAside = 0;
  for (const finding of findings) {
    count += 1;
    const card = kinds.has(finding.card) ? finding.card : (known.get(finding.card) ?? finding.card);
    if (isAbout(unseen, card, finding.ruleId)) setAside += 1;
    else if (!isRight(byCard.get(card) ?? [], finding))
      alarms.push({ ...finding, kind: kinds.get(card)?.kind ?? INNOCENT });
  }
  const classOf = (card: string): string => kinds.get(card)?.class ?? INNOCENT;
  const rules = [
    ...new Set([...truth.cases, ...truth.lookAlikes].map(each => each.rule)),
    ...alarms.map(each => each.ruleId),
  ];
  const classes = [...truth.cases.map(each => each.class), ...alarms.map(each => classOf(each.card))];
  return {
    ...tallyOf('', opened, alarms.length),
    findings: count,
    lookAlikes: truth.lookAlikes.length,
    unseen: unseen.length,
    setAside,
    byRule: names(rules).map(name =>
      tallyOf(
        name,
        opened.filter(each => each.planted.rule === name),
        alarms.filter(each => each.ruleId === name).length,
      ),
    ),
    byClass: names(classes).map(name =>
      tallyOf(
        name,
        opened.filter(each => each.planted.class === name),
        alarms.filter(each => classOf(each.card) === name).length,
      ),
    ),
    missed: opened.filter(each => each.foundMs === null).map(each => each.planted),
    alarms,
  };
}

const names = (of: readonly string[]): string[] => [...new Set(of)].sort();

/** Whether a rule that finds the card speaks of what its records do not show. */
function isAbout(unseen: readonly Unseen[], card: string, ruleId: string): boolean {
  return unseen.some(
    each => each.cards.includes(card) && (each.rule === ruleId || each.also.includes(ruleId)),
  );
}

/** Whether the finding is of a case of its card; the first of the expected rule detects it. */
function isRight(cases: readonly Open[], { ruleId, atMs }: ScoredFinding): boolean {
  let right = false;
  for (const open of cases) {
    if (atMs < open.fromMs || atMs >= open.untilMs) continue;
    if (open.planted.rule === ruleId) {
      right = true;
      if (open.foundMs === null || atMs < open.foundMs) open.foundMs = atMs;
    } else if (open.planted.also.includes(ruleId)) right = true;
  }
  return right;
}

function tallyOf(name: string, opened: readonly Open[], falseAlarms: number): Tally {
  const hours = opened
    .flatMap(each => (each.foundMs === null ? [] : [(each.foundMs - each.fromMs) / HOUR_MS]))
    .sort((a, b) => a - b);
  const planted = opened.length;
  const detected = hours.length;
  return {
    name,
    planted,
    detected,
    detection: planted === 0 ? 1 : detected / planted,
    falseAlarms,
    hours:
      detected === 0 ? null : { median: hours[(detected - 1) >> 1] as number, worst: hours.at(-1) as number },
  };
}
