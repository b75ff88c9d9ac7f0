/** Two identifiers that records of a party's sources stated together, as seen from the first: `claim` is named through `by`. */
export interface Statement {
  readonly statedId: number;
  /** The party whose source stated it. */
  readonly partyId: number;
  readonly claim: string;
  readonly by: string;
  /** The earliest and the latest record that stated it. */
  readonly firstMs: number;
  readonly lastMs: number;
}

/** A subject bears a claim within [fromMs, toMs) because somebody registered it so. */
export interface Bearing {
  readonly claim: string;
  readonly subjectId: number;
  /** The subject's party. */
  readonly partyId: number;
  /** That party and those above it. */
  readonly ancestors: readonly number[];
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * What became of a statement, the gravest last.
 *
 * - `unknown`: nobody registered the identifier it is stated with.
 * - `known`: the claim named the subject all along.
 * - `entered`: the claim names the subject from the first record on that stated it.
 * - `crowded`: one of the two is stated with more others than an identifier of one thing has.
 * - `ambiguous`: several subjects bear the identifier it is stated with.
 * - `contested`: other records state the claim for another subject at the same time; it names nobody.
 * - `contradicts-register`: the claim is registered to another subject, and a record does not overturn that.
 */
export const ANSWERS = [
  'unknown',
  'known',
  'entered',
  'crowded',
  'ambiguous',
  'contested',
  'contradicts-register',
] as const;
export type Answer = (typeof ANSWERS)[number];

/** An alias that follows from statements. */
export interface Derived {
  readonly claim: string;
  readonly subjectId: number;
  readonly partyId: number;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Partners up to which an identifier is believed to name one thing. */
export const MOST_PARTNERS = 64;

interface Item {
  readonly statement: Statement;
  readonly bearing: Bearing;
  /** When the subject is first and last stated to bear the claim. */
  readonly firstMs: number;
  readonly lastMs: number;
  readonly endMs: number;
}

/**
 * The aliases of one claim that follow from all its statements and from what is registered: a function of that
 * set, never of the order in which records and tables came (C-14, C-18).
 *
 * A subject bears the claim from the first record that states it with an identifier registered to that subject,
 * until the first record after the last of those that states it for another subject. Where two subjects'
 * records interleave both bear it, and then it names nobody (C-15). A chain over identifiers that nobody
 * registered is not followed. `isCrowded` tells of an identifier with more partners than `MOST_PARTNERS`.
 */
export function deriveAliases(
  statements: readonly Statement[],
  registered: ReadonlyMap<string, readonly Bearing[]>,
  isCrowded: (claim: string) => boolean,
): { readonly aliases: Derived[]; readonly answers: ReadonlyMap<number, Answer> } {
  const answers = new Map<number, Answer>();
  const aliases: Derived[] = [];
  for (const partyId of new Set(statements.map(each => each.partyId))) {
    const inScope = (claim: string): readonly Bearing[] =>
      (registered.get(claim) ?? []).filter(each => each.ancestors.includes(partyId));
    const items: Item[] = [];
    for (const statement of statements.filter(each => each.partyId === partyId)) {
      const by = inScope(statement.by);
      if (isCrowded(statement.claim) || isCrowded(statement.by)) answers.set(statement.statedId, 'crowded');
      else if (by.length === 0) answers.set(statement.statedId, 'unknown');
      else if (isAmbiguous(by)) answers.set(statement.statedId, 'ambiguous');
      else items.push(...by.flatMap(bearing => itemOf(statement, bearing)));
    }
    for (const item of items) {
      const others = items.filter(each => each.bearing.subjectId !== item.bearing.subjectId);
      const own = inScope(item.statement.claim);
      const toMs = Math.min(item.endMs, movedAwayMs(items, others, item));
      const rests = without({ fromMs: item.firstMs, toMs }, own);
      const { subjectId, partyId: owner } = item.bearing;
      for (const rest of rests)
        aliases.push({ claim: item.statement.claim, subjectId, partyId: owner, ...rest });
      const answer = answerOf(item, own, others, rests.length > 0);
      const before = answers.get(item.statement.statedId);
      if (before === undefined || weight(answer) > weight(before))
        answers.set(item.statement.statedId, answer);
    }
  }
  for (const { statedId } of statements) if (!answers.has(statedId)) answers.set(statedId, 'unknown');
  return { aliases: joined(aliases), answers };
}

function itemOf(statement: Statement, bearing: Bearing): Item[] {
  const firstMs = Math.max(statement.firstMs, bearing.fromMs);
  if (firstMs >= bearing.toMs) return [];
  const lastMs = Math.max(firstMs, Math.min(statement.lastMs, bearing.toMs - 1));
  return [{ statement, bearing, firstMs, lastMs, endMs: bearing.toMs }];
}

function isAmbiguous(bearings: readonly Bearing[]): boolean {
  return bearings.some(a =>
    bearings.some(b => a.subjectId !== b.subjectId && a.fromMs < b.toMs && b.fromMs < a.toMs),
  );
}

/** The first moment after the subject's last statement at which the claim is stated for another. */
function movedAwayMs(items: readonly Item[], others: readonly Item[], { bearing }: Item): number {
  const own = items.filter(each => each.bearing.subjectId === bearing.subjectId);
  const lastMs = Math.max(...own.map(each => each.lastMs));
  const later = others.flatMap(each => [each.firstMs, each.lastMs]).filter(ms => ms > lastMs);
  return Math.min(Number.MAX_SAFE_INTEGER, ...later);
}

function answerOf(item: Item, own: readonly Bearing[], others: readonly Item[], hasEntered: boolean): Answer {
  const overlaps = (fromMs: number, toMs: number): boolean => fromMs <= item.lastMs && item.firstMs <= toMs;
  const isRegisteredElsewhere = own.some(
    each => each.subjectId !== item.bearing.subjectId && overlaps(each.fromMs, each.toMs - 1),
  );
  if (isRegisteredElsewhere) return 'contradicts-register';
  if (others.some(each => overlaps(each.firstMs, each.lastMs))) return 'contested';
  return hasEntered ? 'entered' : 'known';
}

function weight(answer: Answer): number {
  return ANSWERS.indexOf(answer);
}

interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** What remains of a span without others. */
function without(span: Span, taken: readonly Span[]): Span[] {
  let rests = [span];
  for (const each of taken)
    rests = rests
      .flatMap(rest => [
        { fromMs: rest.fromMs, toMs: Math.min(rest.toMs, each.fromMs) },
        { fromMs: Math.max(rest.fromMs, each.toMs), toMs: rest.toMs },
      ])
      .filter(({ fromMs, toMs }) => fromMs < toMs);
  return rests.filter(({ fromMs, toMs }) => fromMs < toMs);
}

/** One row for spans of one subject that touch. */
function joined(aliases: readonly Derived[]): Derived[] {
  const sorted = [...aliases].sort((a, b) => a.subjectId - b.subjectId || a.fromMs - b.fromMs);
  const whole: Derived[] = [];
  for (const each of sorted) {
    const last = whole.at(-1);
    if (last?.subjectId === each.subjectId && each.fromMs <= last.toMs)
      whole[whole.length - 1] = { ...last, toMs: Math.max(last.toMs, each.toMs) };
    else whole.push(each);
  }
  return whole;
}
