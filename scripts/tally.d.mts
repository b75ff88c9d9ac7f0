export interface Totals {
  passed: number;
  failed: number;
  skipped: string[];
}
export function tally(totals: Totals, file: string, status: number): void;
export function failedFiles(file: string, most: number): Map<string, string[]>;
export function tallyBut(totals: Totals, file: string, but: ReadonlyMap<string, string[]>): void;
