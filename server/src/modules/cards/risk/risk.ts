/** What is scored: a card, who holds cards, who sells them (C-02). */
export const RISK_SUBJECTS = ['card', 'holder', 'seller'] as const;
export type RiskSubject = (typeof RISK_SUBJECTS)[number];
/** What is stated when somebody is taken on, and what the house saw since. */
export const RISK_PARTS = ['native', 'dynamic'] as const;
export type RiskPart = (typeof RISK_PARTS)[number];
export type RiskLevel = 'low' | 'mid' | 'high';

/** What a score rests on, by the names of the scheme. */
export type RiskInputs = Readonly<Record<string, boolean | number>>;

interface Said {
  readonly en: string;
  readonly zh: string;
}

type Band =
  | { readonly is: boolean; readonly points: number }
  | { readonly from: number; readonly points: number }
  | { readonly below: number; readonly points: number };

interface Factor {
  readonly input: string;
  readonly title: Said;
  readonly points: readonly Band[];
}

/** The part of a catalogue of risk that speaks of one kind of subject. */
export interface RiskScheme {
  /** `urn@version`. */
  readonly name: string;
  readonly validDays: number;
  /** Points of both parts together from which an assessment fails. */
  readonly failsFrom: number;
  readonly levels: { readonly mid: number; readonly high: number };
  readonly native: readonly Factor[];
  readonly dynamic: readonly Factor[];
}

/** One reason of a score: an input that gave points. */
export interface RiskReason {
  readonly input: string;
  readonly value: boolean | number;
  readonly points: number;
  readonly title: Said;
}

export interface Score {
  readonly score: number;
  readonly level: RiskLevel;
  readonly inputs: RiskInputs;
  readonly reasons: readonly RiskReason[];
}

/** The scheme for a kind of subject, out of the body of a catalogue that its reader took in. */
export function schemeOf(body: Readonly<Record<string, unknown>>, of: RiskSubject): RiskScheme {
  const { urn, version, levels, subjects } = body as {
    urn: string;
    version: string;
    levels: RiskScheme['levels'];
    subjects: Record<RiskSubject, Omit<RiskScheme, 'name' | 'levels'>>;
  };
  return { ...subjects[of], levels, name: `${urn}@${version}` };
}

/** Inputs of a part that are missing, of another type, or that the scheme does not know; empty when all is well. */
export function inputFaults(scheme: RiskScheme, part: RiskPart, inputs: RiskInputs): string[] {
  const faults: string[] = [];
  for (const { input, points } of scheme[part]) {
    const value = inputs[input];
    const wanted = points.some(band => 'is' in band) ? 'boolean' : 'number';
    if (
      typeof value !== wanted ||
      (typeof value === 'number' && !(Number.isSafeInteger(value) && value >= 0))
    )
      faults.push(input);
  }
  const known = new Set(scheme[part].map(({ input }) => input));
  return [...faults, ...Object.keys(inputs).filter(name => !known.has(name))];
}

/** Points of one part with every reason; the same inputs always give the same. Pure. */
export function scored(scheme: RiskScheme, part: RiskPart, inputs: RiskInputs): Score {
  const reasons = scheme[part].flatMap(({ input, title, points }): RiskReason[] => {
    const value = inputs[input]!;
    const most = Math.max(0, ...points.filter(band => holds(band, value)).map(band => band.points));
    return most === 0 ? [] : [{ input, value, points: most, title }];
  });
  const score = reasons.reduce((sum, reason) => sum + reason.points, 0);
  return { score, level: levelOf(scheme, score), inputs, reasons };
}

export function levelOf({ levels }: Pick<RiskScheme, 'levels'>, score: number): RiskLevel {
  if (score >= levels.high) return 'high';
  return score >= levels.mid ? 'mid' : 'low';
}

function holds(band: Band, value: boolean | number): boolean {
  if ('is' in band) return value === band.is;
  if (typeof value === 'boolean') return false;
  return 'from' in band ? value >= band.from : value < band.below;
}
