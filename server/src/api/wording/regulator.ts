import type { Wording } from './wording.ts';

/** The export to a supervising authority. */
export const regulatorWording: Readonly<Record<string, Wording>> = {
  'export-period-invalid': {
    status: 422,
    en: [
      'An export is of a period that is over, of at most 366 days.',
      'Give a beginning and a later end that has passed.',
    ],
    zh: ['导出的时段必须已经结束，且不超过 366 天。', '请给出起始时间，以及晚于它且已过去的结束时间。'],
  },
  'export-set-unknown': {
    status: 422,
    en: ['The table of elements has no such data set.', 'See content/catalogues/regulator-export.'],
    zh: ['要素表中没有此数据集。', '请查看 content/catalogues/regulator-export。'],
  },
  'export-zone-unknown': {
    status: 422,
    en: ['There is no time zone of this name.', 'Give one like Asia/Shanghai.'],
    zh: ['没有此名称的时区。', '请给出如 Asia/Shanghai 的时区名。'],
  },
};
