import type { ArmCode } from '../../spine/findings/armed/armed-rules.ts';
import type { WordingOf } from './wording.ts';

export const rulesWording: WordingOf<ArmCode | 'rule-unknown'> = {
  'rule-unknown': {
    status: 404,
    en: ['There is no such rule.', 'See GET /api/v1/rules for those there are.'],
    zh: ['规则不存在。', '可用规则见 GET /api/v1/rules。'],
  },
  'rule-refused': {
    status: 422,
    en: [
      'The rule cannot be armed as it is written.',
      'Mend what `facts` names; `rules check` tells the place.',
    ],
    zh: ['该规则按现有内容无法启用。', '请按 facts 所列修正；可用 rules check 查看位置。'],
  },
  'rule-key-unsupported': {
    status: 422,
    en: ['This server does not judge by the key of this rule yet.', 'Key the rule by its subject.'],
    zh: ['本服务器尚不支持按该规则的键判定。', '请以监管对象作为规则的键。'],
  },
};
