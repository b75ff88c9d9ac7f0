import { describe, expect, it } from 'vitest';
import { effort } from '../prove.ts';
import { RULE_TARGETS } from './rule-targets.ts';
import { tryInputs } from './try-inputs.ts';
import { WORKBOOK_TARGETS } from './workbook-targets.ts';

const INPUTS = effort(500, 100_000);

describe('what people write to decide over cards', () => {
  it.each(RULE_TARGETS.map(({ name }) => name))(
    '%s is taken or refused with the place of every fault, in bounded time and memory',
    async name => {
      expect((await tryInputs(name, INPUTS)).broken).toBeNull();
    },
  );
});

describe('what strangers hand over or name', () => {
  it.each(WORKBOOK_TARGETS.map(({ name }) => name))(
    '%s opens nothing it must not, in bounded time and memory',
    async name => {
      expect((await tryInputs(name, INPUTS)).broken).toBeNull();
    },
  );
});
