import { sha256 } from '../kernel/bytes.ts';
import type { Credentials } from './credentials.ts';
import type { LiveDoors, LivePart } from './live-part.ts';
import type { MeasureKind } from './measures/measure.ts';
import type { Adapter } from './measures/ports.ts';
import type { ModuleRound, ModuleRoute } from './module-route.ts';
import type { RecordFormat as Format } from './observations/format.ts';
import type { Body } from './observations/observation.ts';
import type { DatedFact, Terms } from './registry/dated-fact.ts';
import type { Reference, Registration } from './registry/registration.ts';
import type { BasisStretch } from './registry/terms-basis.ts';
import type { ExportTable } from './regulator/export-table.ts';
import type { FieldType, KindSchema } from './rules/kind-schema.ts';
import type { RuleWorld } from './rules/read-rule.ts';

export type { LiveDoors, LivePart } from './live-part.ts';
export type { FileReport, RecordFormat as Format } from './observations/format.ts';
export type { DatedFact, FieldType, KindSchema, Reference, Registration, Terms };

/** What a module may bring to the corridor. */
export interface Contribution {
  readonly module: string;
  readonly kinds: readonly SubjectKind[];
  readonly formats: readonly Format[];
  readonly observationKinds: readonly KindSchema[];
  /** The terms in force at `atMs`, out of the dated facts; pure. */
  boundAt(facts: readonly DatedFact[], atMs: number): Terms;
  /** Moments at which terms may change for reasons other than a dated fact: a catalogue comes into force. */
  readonly boundEdges: readonly number[];
  /** What terms rest on besides dated facts, from each of those moments on: the same digest means the same terms. */
  readonly boundBasis: readonly BasisStretch[];
  readonly boundSchema: Readonly<Record<string, FieldType>>;
  readonly measures: readonly TitledMeasure[];
  /** Ways to reach providers, by the name a provider's entry gives. */
  readonly adapters: Readonly<Record<string, Adapter>>;
  /** Whether an observation is traffic the network carried, an attempt it turned away, or neither. */
  trafficOf(observation: { readonly kind: string; readonly body: Body }): 'carried' | 'refused' | 'neither';
  readonly imports: readonly ImportKind[];
  /** Addresses of the module's own below `/api/v1`; `moduleRoute` declares one. */
  readonly routes?: readonly ModuleRoute[];
  /** Work in the background. */
  readonly rounds?: readonly ModuleRound[];
  /** Rows for the export to a supervising authority. */
  readonly exportTables?: readonly ExportTable[];
  /** Opens what listens by itself; null where the operator did not switch it on. */
  open?(doors: LiveDoors): Promise<LivePart | null>;
  /** Answers for the certificates of what the module registers; one module brings it. */
  readonly credentials?: Credentials;
  /** Every code the module refuses with; each has its wording in `api/wording`. */
  readonly codes?: readonly string[];
}

export interface SubjectKind {
  readonly kind: string;
  readonly title: { readonly en: string; readonly zh: string };
  /**
   * The claims that a name as people write it may stand for; pure. Where it is absent, nothing of the kind is ordered for
   * by a list of names.
   */
  claimsOf?(name: string): readonly string[];
}

/** A measure with its title; the deed itself is the provider's, through an adapter. */
export interface TitledMeasure extends MeasureKind {
  readonly title: { readonly en: string; readonly zh: string };
}

/** A table of registrations (CSV): cards, contracts, bindings, swap windows. */
export interface ImportKind {
  readonly name: string;
  readonly columns: readonly string[];
  /** One row to what is to be registered, or why it cannot be; pure. */
  row(cells: Readonly<Record<string, string>>, place: string): ImportRow;
  /** How subjects of a kind become rows again, by our columns: read, they register what already is; pure. */
  readonly rowsOf?: { readonly kind: string; read(subject: Registered): readonly TableRow[] };
}

export type TableRow = Readonly<Record<string, string>>;

/** A subject with what holds of it at some time, the oldest first; `±Number.MAX_SAFE_INTEGER` where a validity has no end. */
export interface Registered {
  readonly reference: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly aliases: readonly (Validity & { readonly claim: string })[];
  readonly links: readonly (Validity & {
    readonly kind: string;
    readonly direction: string;
    readonly subjectKind: string;
    readonly reference: string;
  })[];
  readonly facts: readonly (Validity & {
    readonly kind: string;
    readonly body: Readonly<Record<string, unknown>>;
  })[];
}

interface Validity {
  readonly fromMs: number;
  readonly toMs: number;
}

export type ImportRow = { readonly registrations: readonly Registration[] } | { readonly refused: string };

/** What rules may speak of, out of everything the modules bring. */
export function worldOf(contributions: readonly Contribution[]): RuleWorld {
  return {
    kinds: contributions.flatMap(each => each.observationKinds),
    boundSchema: Object.assign({}, ...contributions.map(each => each.boundSchema)),
    measures: contributions.flatMap(each => each.measures.map(measure => measure.kind)),
    digest: text => sha256(text).toString('hex'),
  };
}
