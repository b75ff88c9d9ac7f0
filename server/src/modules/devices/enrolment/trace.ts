/** Steps of an enrolment in their order (I-11); the last two are told by what happened later. */
export const STEPS = [
  'connection',
  'client',
  'request',
  'possession',
  'policy',
  'issuance',
  'delivery',
  'first-use',
] as const;
export type StepName = (typeof STEPS)[number];

/** What one step came to: `ok`, or the code it was refused with; facts that help whoever looks for the cause. */
export interface Step {
  readonly step: StepName;
  readonly outcome: string;
  readonly detail: Readonly<Record<string, string | number | boolean>>;
}

type Detail = Step['detail'];

/** Writes the steps of one attempt down while it goes on. Nothing secret is put into it. */
export class Trace {
  readonly #steps: Step[] = [];

  passed(step: StepName, detail: Detail = {}): void {
    this.#steps.push({ step, outcome: 'ok', detail });
  }

  /** It ended at the first step that was not passed. */
  failed(code: string, detail: Detail): void {
    this.#steps.push({ step: this.next, outcome: code, detail });
  }

  get next(): StepName {
    return STEPS[Math.min(this.#steps.length, STEPS.length - 1)] as StepName;
  }

  get steps(): readonly Step[] {
    return this.#steps;
  }
}
