import type { Reference } from '../registration.ts';

/** What is registered of the subjects a chunk of rows speaks of; planning changes it in memory first. */
export interface State {
  readonly subjects: Map<string, SubjectState>;
  readonly aliases: DatedSet<AliasState>;
  readonly links: DatedSet<LinkState>;
  readonly facts: DatedSet<FactState>;
}

export interface SubjectState {
  /** Null until it is written. */
  id: number | null;
  readonly kind: string;
  readonly reference: string;
  class: string | null;
  attributes: Readonly<Record<string, string>>;
  isChanged: boolean;
}

export interface Dated {
  /** Null for a row that this chunk adds. */
  readonly id: number | null;
  /** Key of the subject it belongs to. */
  readonly owner: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly statedBy: string;
}
export interface AliasState extends Dated {
  readonly claim: string;
}
export interface LinkState extends Dated {
  readonly kind: string;
  /** Key of the subject it leads to. */
  readonly to: string;
}
export interface FactState extends Dated {
  readonly kind: string;
  readonly body: Readonly<Record<string, unknown>>;
}

export function keyOf({ kind, reference }: Reference): string {
  return `${kind}\u0000${reference}`;
}

/** Dated rows by owner: what is live, and which stored rows are to be retired. A stored row is never altered. */
export class DatedSet<Row extends Dated> {
  readonly #live = new Map<string, Set<Row>>();
  readonly #retired: number[] = [];

  constructor(rows: Iterable<Row> = []) {
    for (const row of rows) this.add(row);
  }

  of(owner: string): Row[] {
    return [...(this.#live.get(owner) ?? [])];
  }

  add(row: Row): void {
    const rows = this.#live.get(row.owner);
    if (rows === undefined) this.#live.set(row.owner, new Set([row]));
    else rows.add(row);
  }

  retire(row: Row): void {
    this.#live.get(row.owner)?.delete(row);
    if (row.id !== null) this.#retired.push(row.id);
  }

  added(): Row[] {
    return [...this.#live.values()].flatMap(rows => [...rows].filter(row => row.id === null));
  }

  retired(): readonly number[] {
    return this.#retired;
  }
}
