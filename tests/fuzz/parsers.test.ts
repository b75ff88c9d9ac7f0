import { describe, expect, it } from 'vitest';
import { effort } from '../prove.ts';
import { FORMAT_TARGETS } from './format-targets.ts';
import { RULE_TARGETS } from './rule-targets.ts';
import { TARGETS } from './targets.ts';
import { tryInputs } from './try-inputs.ts';
import { WORKBOOK_TARGETS } from './workbook-targets.ts';

const INPUTS = effort(500, 100_000);
const elsewhere = [...FORMAT_TARGETS, ...RULE_TARGETS, ...WORKBOOK_TARGETS];
const others = TARGETS.filter(each => !elsewhere.includes(each));

describe('a parser of text from outside', () => {
  it.each(others.map(({ name }) => name))(
    '%s takes hostile input or refuses it, in bounded time and memory, and keeps its promises',
    async name => {
      expect((await tryInputs(name, INPUTS)).broken).toBeNull();
    },
  );
});
