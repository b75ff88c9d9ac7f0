import type { Instant, Named } from './answers.ts';

/** GET and POST /cases/{id}/ladder */
export interface CaseLadder {
  readonly caseId?: number;
  readonly ladder?: string;
  readonly title?: Named;
  readonly rungs?: readonly LadderRung[];
  readonly steps?: readonly LadderStep[];
}

export interface LadderRung {
  readonly deed?: string;
  readonly title?: Named;
  readonly doneBy?: string | null;
}

/** GET /measure-ladders */
export interface Ladder {
  readonly id?: string;
  readonly title?: Named;
  readonly version?: string;
  readonly rules?: readonly string[];
  readonly classes?: readonly string[];
  readonly rungs?: readonly LadderRung[];
}

export interface LadderStep {
  readonly rung?: number;
  readonly deed?: string;
  readonly title?: Named;
  readonly happened?: string;
  readonly reason?: string;
  readonly measureId?: number | null;
  readonly at?: Instant;
  readonly actor?: string;
}
