import { describe, expect, it } from 'vitest';
import { effort } from '../prove.ts';
import { SEEDS } from './format-seeds.ts';
import { FORMAT_TARGETS } from './format-targets.ts';
import { tryInputs } from './try-inputs.ts';

const INPUTS = effort(500, 100_000);

describe('a record format', () => {
  it('has sound samples here to make hostile ones of', () => {
    expect(FORMAT_TARGETS.map(({ name }) => name).filter(name => !SEEDS.has(name))).toEqual([]);
  });

  it.each(FORMAT_TARGETS.map(({ name }) => name))(
    '%s reads hostile files whole or refuses them, in bounded memory, and loses no record',
    async name => {
      expect((await tryInputs(name, INPUTS)).broken).toBeNull();
    },
  );
});
