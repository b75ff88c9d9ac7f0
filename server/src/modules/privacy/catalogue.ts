import { parse } from 'yaml';
import { Refusal } from '../../kernel/refusal.ts';

export type PersonalDataCatalogueCode = 'personal-data-catalogue-invalid';

export interface Said {
  readonly en: string;
  readonly zh: string;
}

export const CREDIT_CLASSES = ['minor', 'general', 'serious'] as const;
export type CreditClass = (typeof CREDIT_CLASSES)[number];

/** Limits, clocks and words of one edition, in force within [fromMs, toMs). */
export interface PersonalDataRules {
  /** `urn@version`, kept with what was decided by it. */
  readonly edition: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly verifiedForDays: number;
  readonly personsPerReaderDay: number;
  readonly remedy: { readonly channel: Said; readonly documents: readonly Said[] };
  readonly authorityReportHours: number;
  readonly informants: {
    readonly acknowledgeDays: number;
    readonly answerDays: number;
    readonly perPeerHour: number;
    readonly perHour: number;
  };
  readonly credit: {
    readonly appealDays: number;
    readonly classes: Readonly<Record<CreditClass, { repairableMonths: number; endsMonths: number }>>;
  };
}

type Fields = Readonly<Record<string, unknown>>;
type Fault = (path: string, wanted: string) => void;

/**
 * Reads an edition from its YAML text; `name` is what faults are reported under. Throws one `Refusal`
 * (`personal-data-catalogue-invalid`) that names every fault.
 */
export function readPersonalDataRules(text: string, name: string): PersonalDataRules {
  const faults: string[] = [];
  const fault: Fault = (path, wanted) => faults.push(`${path}: ${wanted}`);
  const top = fieldsOf(parsed(text, fault));
  const count = (fields: Fields, key: string, least: number, path: string): number => {
    const n = Number(fields[key]);
    if (!Number.isSafeInteger(n) || n < least) fault(`${path}${key}`, `a whole number from ${least}`);
    return n;
  };
  const span = fieldsOf(top['inForce']);
  const remedy = fieldsOf(top['remedy']);
  const informants = fieldsOf(top['informants']);
  const credit = fieldsOf(top['credit']);
  const classes = fieldsOf(credit['classes']);
  const documents = Array.isArray(remedy['documents']) ? remedy['documents'] : [];
  if (documents.length === 0) fault('remedy.documents', 'at least one');
  saidOf(top['title'], 'title', fault);
  if (!Array.isArray(top['source']) || top['source'].length === 0) fault('source', 'at least one source');
  const rules: PersonalDataRules = {
    edition: `${textOf(top['urn'], 'urn', fault)}@${textOf(top['version'], 'version', fault)}`,
    fromMs: momentOf(span['from'], Number.NEGATIVE_INFINITY, 'inForce.from', fault),
    toMs: momentOf(span['to'], Number.POSITIVE_INFINITY, 'inForce.to', fault),
    verifiedForDays: count(top, 'verifiedForDays', 1, ''),
    personsPerReaderDay: count(top, 'personsPerReaderDay', 1, ''),
    remedy: {
      channel: saidOf(remedy['channel'], 'remedy.channel', fault),
      documents: documents.map((each, i) => saidOf(each, `remedy.documents[${i}]`, fault)),
    },
    authorityReportHours: count(top, 'authorityReportHours', 1, ''),
    informants: {
      acknowledgeDays: count(informants, 'acknowledgeDays', 1, 'informants.'),
      answerDays: count(informants, 'answerDays', 1, 'informants.'),
      perPeerHour: count(informants, 'perPeerHour', 1, 'informants.'),
      perHour: count(informants, 'perHour', 1, 'informants.'),
    },
    credit: {
      appealDays: count(credit, 'appealDays', 1, 'credit.'),
      classes: Object.fromEntries(
        CREDIT_CLASSES.map(each => {
          const fields = fieldsOf(classes[each]);
          const path = `credit.classes.${each}.`;
          const repairableMonths = count(fields, 'repairableMonths', 0, path);
          const endsMonths = count(fields, 'endsMonths', 1, path);
          if (endsMonths < repairableMonths) fault(`${path}endsMonths`, 'not before it can be repaired');
          return [each, { repairableMonths, endsMonths }];
        }),
      ) as PersonalDataRules['credit']['classes'],
    },
  };
  if (faults.length > 0) {
    const detail = { faults: faults.join('; ') };
    throw new Refusal<PersonalDataCatalogueCode>('personal-data-catalogue-invalid', {
      subject: name,
      detail,
    });
  }
  return rules;
}

/** The edition in force at a moment: of those in force the one that began last; the earliest where none is. */
export function rulesAt(editions: readonly PersonalDataRules[], atMs: number): PersonalDataRules {
  const sorted = [...editions].sort((a, b) => a.fromMs - b.fromMs);
  const inForce = sorted.filter(each => each.fromMs <= atMs && atMs < each.toMs);
  const found = inForce.at(-1) ?? sorted[0];
  if (found === undefined)
    throw new Refusal<PersonalDataCatalogueCode>('personal-data-catalogue-invalid', { subject: 'none' });
  return found;
}

function parsed(text: string, fault: Fault): unknown {
  try {
    return parse(text, { schema: 'failsafe' }) as unknown;
  } catch (cause) {
    fault('$', cause instanceof Error ? cause.message : 'no YAML');
    return {};
  }
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

function textOf(value: unknown, path: string, fault: Fault): string {
  if (typeof value === 'string' && value !== '') return value;
  fault(path, 'a text');
  return '';
}

function saidOf(value: unknown, path: string, fault: Fault): Said {
  const { en, zh } = fieldsOf(value);
  return { en: textOf(en, `${path}.en`, fault), zh: textOf(zh, `${path}.zh`, fault) };
}

function momentOf(value: unknown, open: number, path: string, fault: Fault): number {
  if (value === undefined || value === null || value === '' || value === 'null' || value === '~') return open;
  const ms = Date.parse(String(value));
  if (Number.isNaN(ms)) fault(path, 'a moment with its zone');
  return ms;
}
