import { expect, it } from 'vitest';
import { ArrayCorridor } from './array-corridor.ts';
import { makeFleet } from './fleet.ts';
import { shippedIds, shippedRule } from './world.ts';

const THROWS = 'data-burst';
const rules = shippedIds.map(shippedRule);

function run(breaks: boolean): ArrayCorridor {
  const fleet = makeFleet(3);
  const corridor = new ArrayCorridor(rules);
  if (breaks)
    for (const { operator } of corridor.judge.arrayOf(THROWS)?.layout.moved ?? [])
      operator.move = () => {
        throw new RangeError('planted');
      };
  corridor.accept({ facts: fleet.facts });
  corridor.accept({ records: [...fleet.records].sort((a, b) => a.observedAtMs - b.observedAtMs) });
  return corridor;
}

it('a rule that throws on every record costs the others no finding and is counted for each record', () => {
  const [sound, broken] = [run(false), run(true)];
  const others = (corridor: ArrayCorridor): string[] =>
    [...corridor.findings.values()]
      .filter(({ verdict }) => verdict.ruleId !== THROWS)
      .map(({ verdict }) => verdict.findingId)
      .sort();
  expect(others(broken)).toEqual(others(sound));
  expect(others(sound).length).toBeGreaterThan(100);
  const tally = broken.judge.arrayOf(THROWS)?.tally;
  expect(sound.judge.arrayOf(THROWS)?.tally.errors).toEqual(new Map());
  expect(tally?.judged).toBeGreaterThan(1_000);
  expect(tally?.errors).toEqual(new Map([['judging: RangeError', tally?.judged]]));
  for (const id of shippedIds)
    if (id !== THROWS)
      expect([id, broken.judge.arrayOf(id)?.tally]).toEqual([id, sound.judge.arrayOf(id)?.tally]);
});
