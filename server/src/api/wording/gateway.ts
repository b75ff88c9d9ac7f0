import type { Wording } from './wording.ts';

/** Where devices come in. */
export const gatewayWording: Readonly<Record<string, Wording>> = {
  'topics-refused': {
    status: 422,
    en: [
      'A pattern of topics cannot be used: {pattern} ({what}).',
      'Use levels separated by /, + for one whole level, # as the last; {device}, {product} and {serial} stand for the device.',
    ],
    zh: [
      '主题模式不可用：{pattern}（{what}）。',
      '请用 / 分隔层级，+ 表示一整层，# 只能在末尾；{device}、{product}、{serial} 代表设备自身。',
    ],
  },
};
