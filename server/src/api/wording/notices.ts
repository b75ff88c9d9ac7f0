import type { NoticeCode } from '../../spine/notices/notice.ts';
import type { WordingOf } from './wording.ts';

export const noticesWording: WordingOf<NoticeCode> = {
  'subscriber-unknown': {
    status: 404,
    en: ['There is no such subscriber, or it has ended.', 'Ask for the list again.'],
    zh: ['该订阅方不存在或已结束。', '请重新查询列表。'],
  },
  'subscriber-address-refused': {
    status: 422,
    en: [
      'Notices cannot go to this address: {why}.',
      'Give a public https address without a password; the operator may allow networks by setting.',
    ],
    zh: ['通知不能发往该地址：{why}。', '请提供不含密码的公开 https 地址；运维人员可通过设置放行内部网段。'],
  },
  'subscribers-too-many': {
    status: 409,
    en: ['A party has at most {most} subscribers.', 'End one first.'],
    zh: ['每个单位最多 {most} 个订阅方。', '请先结束一个。'],
  },
};
