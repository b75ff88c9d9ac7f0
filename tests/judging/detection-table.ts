import type { Score, Tally } from '@thingward/simulator';
import type { SeedProof } from './detection-proof.ts';

/** A table of what was planted, found and alarmed, by the name of a tally, over every seed. */
export function tableOf(
  heading: string,
  proofs: readonly SeedProof[],
  of: (score: Score) => readonly Tally[],
): string[] {
  const tallies = Map.groupBy(
    proofs.flatMap(({ score }) => of(score)),
    ({ name }) => name,
  );
  const rows = [...tallies].map(([name, each]) => {
    const planted = sum(each.map(tally => tally.planted));
    const found = sum(each.map(tally => tally.detected));
    const hours = each.flatMap(tally => (tally.hours === null ? [] : [tally.hours]));
    const medians = hours.map(({ median }) => median).sort((a, b) => a - b);
    const middle = medians[(medians.length - 1) >> 1];
    return [
      name,
      String(planted),
      String(found),
      planted === 0 ? '-' : (found / planted).toFixed(4),
      String(sum(each.map(tally => tally.falseAlarms))),
      middle === undefined ? '-' : middle.toFixed(1),
      hours.length === 0 ? '-' : Math.max(...hours.map(({ worst }) => worst)).toFixed(1),
    ];
  });
  const all = [
    [heading, 'planted', 'found', 'share', 'false alarms', 'median h', 'worst h'],
    ...rows.sort(byName),
  ];
  const widths = all[0]?.map((_, i) => Math.max(...all.map(row => row[i]?.length ?? 0))) ?? [];
  return all.map(row =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  '),
  );
}

const sum = (of: readonly number[]): number => of.reduce((total, each) => total + each, 0);
const byName = ([a = '']: readonly string[], [b = '']: readonly string[]): number => (a < b ? -1 : 1);
