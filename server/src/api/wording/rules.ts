import type { ArmCode } from '../../spine/findings/armed/armed-rules.ts';
import type { BackTestCode } from '../../spine/findings/back-tests/back-tests.ts';
import type { WordingOf } from './wording.ts';

export const rulesWording: WordingOf<ArmCode | BackTestCode | 'rule-unknown'> = {
  'rule-unknown': {
    status: 404,
    en: ['There is no such rule.', 'See GET /api/v1/rules for those there are.'],
    zh: ['规则不存在。', '可用规则见 GET /api/v1/rules。'],
  },
  'rule-refused': {
    status: 422,
    en: ['The rule is not sound as it is written.', 'Mend what `faults` names, each at its line and column.'],
    zh: ['该规则按现有内容有误。', '请按 faults 所列的行列位置逐项修正。'],
  },
  'rule-not-back-tested': {
    status: 409,
    en: [
      'Version {version} of this rule has not been back-tested.',
      'Run `thingward rules backtest {rule}` (with the file, if it is one of yours) over a span that holds records, for everybody; arm it when that has finished.',
    ],
    zh: [
      '该规则的 {version} 版本尚未回测。',
      '请先用 thingward rules backtest {rule}（自有规则请给出文件）对有记录的时段和全部对象回测，完成后再启用。',
    ],
  },
  'back-test-not-found': {
    status: 404,
    en: [
      'There is no back-test {id} of this rule.',
      'See the list of its back-tests; they are seen at the root party.',
    ],
    zh: ['该规则没有编号为 {id} 的回测。', '请查看该规则的回测列表；仅根主体可见。'],
  },
  'back-test-ended': {
    status: 409,
    en: ['The back-test has ended: it is {state}.', 'There is nothing to cancel; ask for another if needed.'],
    zh: ['该回测已结束，状态为 {state}。', '无需取消；如有需要请重新发起。'],
  },
  'back-test-span-invalid': {
    status: 422,
    en: [
      'The span must end after it begins, and be no longer than ten years.',
      'Correct `fromMs` and `toMs`; the end itself is left out.',
    ],
    zh: ['时段的结束必须晚于开始，且不超过十年。', '请改正 fromMs 与 toMs；结束时刻本身不计入。'],
  },
  'back-test-too-many': {
    status: 429,
    en: [
      '{most} back-tests wait or run already.',
      'Wait until one has ended, or cancel one that is not needed.',
    ],
    zh: ['已有 {most} 个回测在等待或运行。', '请等待其中一个结束，或取消不需要的回测。'],
  },
  'back-test-class-unknown': {
    status: 422,
    en: ['No subject is of the class {class}.', 'Correct the class, or leave it out to test over everybody.'],
    zh: ['没有类别为 {class} 的对象。', '请改正类别；不填写则对全部对象回测。'],
  },
  'back-test-subject-unknown': {
    status: 422,
    en: [
      'No subject is registered as {reference} ({count} in all are unknown).',
      'Correct the references, or leave them out to test over everybody.',
    ],
    zh: ['没有登记为 {reference} 的对象（共 {count} 个未知）。', '请改正编号；不填写则对全部对象回测。'],
  },
};
