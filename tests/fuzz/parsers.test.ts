import { describe, expect, it } from 'vitest';
import { effort } from '../prove.ts';
import { FORMAT_TARGETS } from './format-targets.ts';
import { RULE_TARGETS } from './rule-targets.ts';
import { TARGETS } from './targets.ts';
import { tryInputs } from './try-inputs.ts';

const INPUTS = effort(500, 100_000);
const others = TARGETS.filter(each => !FORMAT_TARGETS.includes(each) && !RULE_TARGETS.includes(each));

describe('a parser of text from outside', () => {
  it.each(others.map(({ name }) => name))(
    '%s takes hostile input or refuses it, in bounded time and memory, and keeps its promises',
    async name => {
      expect((await tryInputs(name, INPUTS)).broken).toBeNull();
    },
  );
});
