import type { Wording } from './wording.ts';

/** Looks at personal data. */
export const looksWording: Readonly<Record<string, Wording>> = {
  'look-case-foreign': {
    status: 403,
    en: [
      'This case is not one of the party that keeps the person’s data.',
      'Name the case for which you need to look.',
    ],
    zh: ['该案件不属于保存此人数据的单位。', '请填写确需查看所依据的案件。'],
  },
  'look-case-of-another': {
    status: 403,
    en: [
      'This case is not about the person: no card of theirs stood in it when it was opened.',
      'Name the case of a card that the person held then.',
    ],
    zh: ['该案件与此人无关：立案时此人并非案涉号卡的持有人。', '请填写此人当时所持号卡的案件。'],
  },
  'look-limit-reached': {
    status: 429,
    en: [
      'You have looked at as many persons today as one reader may: {most}.',
      'An alarm was raised. Go on tomorrow, or let another officer look.',
    ],
    zh: ['您今天查看的人员数量已达上限：{most}。', '已触发告警。请明日继续，或由其他经办人查看。'],
  },
  'nothing-to-look-at': {
    status: 404,
    en: ['Nothing of that kind is kept of the person.', 'Look at the names of what is kept.'],
    zh: ['没有保存该人员的此类数据。', '请查看已保存数据的名称。'],
  },
};
