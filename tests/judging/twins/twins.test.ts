import { describe, expect, it } from 'vitest';
import { effort } from '../../prove.ts';
import { compareCases } from './compare.ts';
import { outputsOf } from './object-side.ts';

describe('every operator beside its twin in DuckDB over Parquet', () => {
  it('shows the same for every generated record, window and zone', async () => {
    const cases = effort(40, 640);
    const comparison = await compareCases(1, cases);
    const total = Object.values(comparison.values).reduce((sum, values) => sum + values, 0);
    console.log(
      `twins: ${total} values of ${comparison.records} records in ${cases} cases: ${JSON.stringify(comparison.values)}`,
    );
    expect(comparison.faults).toEqual([]);
    expect(total).toBeGreaterThanOrEqual(effort(5_000, 100_000));
    // Two operators that never show anything would agree about nothing.
    for (const operator of ['count', 'sum', 'distinct', 'change', 'rate', 'absence', 'overlap', 'travel'])
      for (const output of outputsOf(operator))
        expect(comparison.lively[`${operator}.${output}`] ?? 0, `${operator}.${output}`).toBeGreaterThan(
          effort(2, 100),
        );
    expect(comparison.values['silence']).toBeGreaterThan(effort(20, 400));
  });
});
