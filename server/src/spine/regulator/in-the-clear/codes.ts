import { Refusal } from '../../../kernel/refusal.ts';

export type ClearExportCode =
  | 'clear-export-needs-two'
  | 'clear-export-needs-person'
  | 'clear-export-needs-roles'
  | 'clear-export-not-found'
  | 'clear-export-by-the-same'
  | 'clear-export-not-yours'
  | 'clear-export-decided'
  | 'clear-export-expired'
  | 'clear-export-from-later'
  | 'clear-export-beyond-day'
  | 'clear-export-not-confirmed'
  | 'clear-export-given';

/** Most persons and how many there are are the only facts a refusal tells of a proposal. */
export function no(
  code: ClearExportCode,
  clearExportId: number | null,
  detail: { readonly persons?: number; readonly most?: number } = {},
): Refusal<ClearExportCode> {
  if (clearExportId === null) return new Refusal<ClearExportCode>(code, { detail });
  return new Refusal<ClearExportCode>(code, { subject: `clear-export/${clearExportId}`, detail });
}

/** Refuses an act of a key or a program: two persons are two persons. */
export function refuseUnlessPerson(actor: string): void {
  if (!actor.startsWith('person/')) throw no('clear-export-needs-person', null);
}
