export type { DatedFact } from './registration.ts';

/** Terms in force for a subject at one moment, flat and typed by the module's schema: what rules see as `bound`. */
export type Terms = Readonly<Record<string, string | number | boolean | readonly string[] | null>>;
