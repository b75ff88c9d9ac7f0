import type { Tx } from '../../kernel/database/transaction.ts';
import { Refusal } from '../../kernel/refusal.ts';
import type { BackTest, BackTestAsked, BackTestCode } from '../findings/back-tests/back-test.ts';
import { askBackTest } from '../findings/back-tests/back-tests.ts';
import { countChosen, unknownReferences } from '../registry/chosen/store.ts';
import type { RuleWorld } from '../rules/read-rule.ts';

/** Puts a back-test in line, of subjects that exist. Refuses what `askBackTest` does, `back-test-subject-unknown` and `back-test-class-unknown`. */
export async function askBackTestOf(
  tx: Tx,
  asked: Omit<BackTestAsked, 'version'>,
  world: RuleWorld,
): Promise<BackTest> {
  const unknown = await unknownReferences(tx, asked.chosen.references ?? []);
  if (unknown.length > 0)
    throw new Refusal<BackTestCode>('back-test-subject-unknown', {
      subject: `rule/${asked.ruleId}`,
      detail: { count: unknown.length, reference: unknown.slice(0, 5).join(', ') },
    });
  const className = asked.chosen.class;
  if (className !== undefined && (await countChosen(tx, { class: className })) === 0)
    throw new Refusal<BackTestCode>('back-test-class-unknown', {
      subject: `rule/${asked.ruleId}`,
      detail: { class: className },
    });
  return askBackTest(tx, asked, world);
}
