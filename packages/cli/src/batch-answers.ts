import type { Instant, Named } from './answers.ts';

/** GET and POST /measure-batches, GET /measure-batches/{id} (with counts) */
export interface MeasureBatch {
  readonly id?: number;
  readonly deed?: string;
  readonly kind?: string;
  readonly title?: Named;
  readonly why?: string;
  readonly origin?: string;
  readonly members?: number;
  readonly repeated?: number;
  readonly digest?: string;
  readonly state?: string;
  readonly orderedBy?: string;
  readonly orderedAt?: Instant;
  readonly cancelledBy?: string | null;
  readonly cancelledAt?: Instant | null;
  readonly cancelReason?: string | null;
  readonly endedAt?: Instant | null;
  readonly counts?: Readonly<Record<string, number>>;
}

/** GET /measure-batches/{id}/cards */
export interface BatchMember {
  readonly place?: number;
  readonly given?: string;
  readonly subject?: { readonly id?: number | null; readonly reference?: string | null };
  readonly result?: string;
  readonly reason?: string | null;
  readonly measureId?: number | null;
  readonly caseId?: number | null;
  readonly proposalId?: number | null;
}

/** POST /measure-batches/{id}/close-cases */
export interface ClosedCases {
  readonly closed?: readonly number[];
  readonly left?: readonly { readonly caseId?: number; readonly why?: string }[];
  readonly next?: string | null;
}

/** POST /measure-batches/preview */
export interface BatchPreview {
  readonly kind?: string;
  readonly members?: number;
  readonly repeated?: number;
  readonly digest?: string;
  readonly counts?: Readonly<Record<string, number>>;
  readonly items?: readonly (Omit<BatchMember, 'result'> & { readonly outcome?: string })[];
}
