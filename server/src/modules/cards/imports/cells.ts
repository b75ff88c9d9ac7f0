import { isRefusal, Refusal } from '../../../kernel/refusal.ts';
import { timeReader } from '../formats/time-pattern.ts';
import { isZone } from '../formats/zone-time.ts';
import { type ClaimKind, readClaim } from '../identifiers/claims.ts';
import { type Iccid, readIccid } from '../identifiers/iccid.ts';
import { readImei } from '../identifiers/imei.ts';
import { readProviderSim } from '../identifiers/provider-sim.ts';

export type RowCode = 'row-refused';

/** Refuses the row for a column and a reason; `reasonOf` tells it to the importer, and it goes no further. */
export function refuse(column: string, reason: string): never {
  throw new Refusal<RowCode>('row-refused', { detail: { reason: `${column}: ${reason}` } });
}

/** Why a row was refused, or null when the error is another. */
export function reasonOf(error: unknown): string | null {
  return isRefusal(error) && error.code === 'row-refused' ? String(error.detail['reason']) : null;
}

/** Cells that mean "not stated". */
const NULLS = new Set(['', '\\n', 'null', 'n/a']);

/** One row, read by our column names whatever their case. */
export class Cells {
  private readonly byName = new Map<string, string>();

  constructor(cells: Readonly<Record<string, string>>) {
    for (const [name, value] of Object.entries(cells)) {
      const key = name
        .replace(/^\uFEFF/, '')
        .trim()
        .toLowerCase();
      const text = value.trim();
      if (!this.byName.has(key) && !NULLS.has(text.toLowerCase())) this.byName.set(key, text);
    }
    this.refuseHeader();
  }

  /** A second row of names (Chinese tables carry one) is no card. */
  private refuseHeader(): void {
    for (const name of ['iccid', 'imsi', 'msisdn', 'contract', 'pool']) {
      const value = this.byName.get(name)?.toLowerCase();
      if (value === name || value === '卡号') refuse('header-row', 'the row holds column names');
    }
  }

  get(column: string): string | undefined {
    return this.byName.get(column);
  }

  need(column: string): string {
    return this.get(column) ?? refuse(column, 'missing');
  }

  /** Items of a list cell: separated by blanks, semicolons, bars or commas. */
  list(column: string): string[] {
    return (this.get(column) ?? '').split(/[\s;|,，；]+/).filter(item => item !== '');
  }

  yesOrNo(column: string): boolean | undefined {
    const value = this.get(column)?.toLowerCase();
    if (value === undefined) return undefined;
    if (['yes', 'true', '1', 'on', 'y', '是', '允许', '开'].includes(value)) return true;
    if (['no', 'false', '0', 'off', 'n', '否', '禁止', '关'].includes(value)) return false;
    return refuse(column, 'neither yes nor no');
  }

  /** The card the row speaks of. */
  card(column = 'iccid'): Iccid {
    const read = readIccid(this.need(column));
    return 'fault' in read ? refuse(column, read.fault) : read;
  }

  claims(kind: ClaimKind, column: string): string[] {
    return this.list(column).map(text => {
      const read = readClaim(kind, text);
      return 'fault' in read ? refuse(column, `${read.fault} (${text.slice(0, 40)})`) : read.claim;
    });
  }

  /** Names that platforms have of the card: `hologram-10001`, `HS…`. */
  providerSims(column: string): string[] {
    return this.list(column).map(text => {
      const read = readProviderSim(text);
      return 'fault' in read ? refuse(column, `${read.fault} (${text.slice(0, 40)})`) : read.claim;
    });
  }

  /** The 14-digit keys of a list of IMEIs. */
  imeis(column: string): string[] {
    return this.list(column).map(text => {
      const read = readImei(text);
      return 'fault' in read ? refuse(column, `${read.fault} (${text.slice(0, 40)})`) : read.key;
    });
  }

  /**
   * The validity of what the row states: `from` included, `to` excluded, a bare date its first moment, in the
   * zone of the row's `zone` cell or UTC.
   */
  span(): { readonly fromMs?: number; readonly toMs?: number } {
    const fromMs = this.moment('from');
    const toMs = this.moment('to');
    if (fromMs !== undefined && toMs !== undefined && fromMs >= toMs) return refuse('to', 'not after from');
    return { ...(fromMs === undefined ? {} : { fromMs }), ...(toMs === undefined ? {} : { toMs }) };
  }

  private moment(column: string): number | undefined {
    const text = this.get(column);
    if (text === undefined) return undefined;
    const zone = this.get('zone') ?? 'UTC';
    if (!isZone(zone)) return refuse('zone', `unknown (${zone.slice(0, 40)})`);
    return (
      timeReader(['iso'], zone)(text)?.ms ??
      refuse(column, 'no time (wanted like 2026-03-01 or 2026-03-01T08:00+08:00)')
    );
  }

  /** Further columns as attributes, under names of ours. */
  attributes(columns: Readonly<Record<string, string>>): Record<string, string> {
    const found: Record<string, string> = {};
    for (const [attribute, column] of Object.entries(columns)) {
      const value = this.get(column);
      if (value !== undefined) found[attribute] = value.slice(0, 500);
    }
    return found;
  }
}
