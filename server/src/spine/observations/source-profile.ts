/** What a source declares of itself (cards.md §3.0); a format reads nothing it was not told. */
export interface SourceProfile {
  /** Unit of volumes: `B`, `kB` (1000), `KiB`, `MB` (10^6), `MiB`. */
  readonly unit: 'B' | 'kB' | 'KiB' | 'MB' | 'MiB';
  /** `delta`: each record carries its own share; `per-series`: running total of a session; `per-cycle`: running total of a billing month. */
  readonly counter: 'delta' | 'per-series' | 'per-cycle';
  /** `swapped` when the source's "input" is what the network sends to the device (CR-14). */
  readonly direction: 'as-standard' | 'swapped';
  /** IANA zone for times without one, e.g. `Asia/Shanghai`; `UTC` by default. */
  readonly zone: string;
  /** Name of the provider's record id field, or null for a hash of the content. */
  readonly recordId: string | null;
  /** How late a record may still come, in milliseconds; duplicates are recognised within it. */
  readonly lateWindowMs: number;
  /** True when aliases a record states (ICCID with IMSI, 19 with 20 digits) are entered in the registry. */
  readonly mayStateAliases: boolean;
  /** Kept by the installation for what its own checks find; says nothing of how far feeds of traffic have come. */
  readonly isOwn?: boolean;
  /** For `generic-csv`: see `modules/cards/formats/generic-csv.ts`. */
  readonly mapping?: unknown;
}

export const plainProfile: SourceProfile = {
  unit: 'B',
  counter: 'delta',
  direction: 'as-standard',
  zone: 'UTC',
  recordId: null,
  lateWindowMs: 35 * 86_400_000,
  mayStateAliases: false,
};
