import type { WordingOf } from './wording.ts';

export const radiusWording: WordingOf<
  | 'radius-client-refused'
  | 'radius-client-taken'
  | 'radius-client-unknown'
  | 'card-suspended'
  | 'card-not-known'
> = {
  'radius-client-refused': {
    status: 422,
    en: ['The RADIUS client cannot be used: {faults}.', 'Mend it and send it again.'],
    zh: ['RADIUS 客户端不可用：{faults}。', '请修正后重新提交。'],
  },
  'radius-client-taken': {
    status: 409,
    en: [
      'There is a RADIUS client with this address or this name.',
      'End that one first, or choose another name.',
    ],
    zh: ['已有使用该地址或该名称的 RADIUS 客户端。', '请先停用原客户端，或另选名称。'],
  },
  'radius-client-unknown': {
    status: 404,
    en: ['There is no such RADIUS client, or it has ended.', 'Ask for the list again.'],
    zh: ['该 RADIUS 客户端不存在或已停用。', '请重新查询列表。'],
  },
  'card-suspended': {
    status: 403,
    en: [
      'The card is suspended and is not let in.',
      'Look at its case; lifting the measure lets it in again.',
    ],
    zh: ['该卡已停用，不予接入。', '请查看其案件；解除处置后即可恢复接入。'],
  },
  'card-not-known': {
    status: 403,
    en: [
      'No registered card goes by these attributes.',
      'Register the card, or have unknown cards accepted by unknown=accept.',
    ],
    zh: ['没有登记的卡与这些属性相符。', '请先登记该卡，或以 unknown=accept 允许未知卡接入。'],
  },
};
