import type { BatchCode } from '../../spine/measures/batches/batch.ts';
import type { WordingOf } from './wording.ts';

export const measureBatchesWording: WordingOf<BatchCode> = {
  'measure-batch-not-found': {
    status: 404,
    en: ['There is no such batch of orders.', 'Check the number, and the party you act for.'],
    zh: ['该批量措施不存在。', '请核对编号以及当前所代表的单位。'],
  },
  'measure-batch-empty': {
    status: 422,
    en: ['The batch has no members.', 'Name at least one card.'],
    zh: ['该批量措施没有卡。', '请至少指定一张卡。'],
  },
  'measure-batch-too-large': {
    status: 422,
    en: ['The batch has {count} members; {most} are the most.', 'Split it into several batches.'],
    zh: ['该批量措施有 {count} 张卡，最多 {most} 张。', '请分成多个批量下达。'],
  },
  'measure-batch-key-reused': {
    status: 409,
    en: ['Another batch was ordered under this key.', 'Take another key for another batch.'],
    zh: ['该键已用于另一批量措施。', '不同的批量请使用不同的键。'],
  },
  'measure-batch-over': {
    status: 409,
    en: ['The batch has ended; nothing of it is left to cancel.', 'Order a lifting of its measures instead.'],
    zh: ['该批量措施已结束，无可取消。', '如需撤销，请批量下达解除。'],
  },
  'measure-batch-not-effective': {
    status: 409,
    en: [
      '{count} cards of the batch are not yet in the state that was ordered, or never came to it.',
      'Look at them by their result; retry what failed, or close those cases one by one.',
    ],
    zh: [
      '该批量中有 {count} 张卡尚未达到或未能达到所下达的状态。',
      '请按结果查看；失败的可重试，或逐个关闭其案件。',
    ],
  },
  'measure-batch-nothing-failed': {
    status: 409,
    en: ['Nothing in this batch failed or was refused.', 'Look at its cards; order others as a batch anew.'],
    zh: ['该批量中没有失败或被拒绝的卡。', '请查看各卡结果；其他卡请另行批量下达。'],
  },
  'measure-list-unreadable': {
    status: 422,
    en: [
      'The list of cards cannot be read at {place}: {reason}.',
      'Give a text with a card on each line, a CSV table, or a workbook (.xlsx, .xls). Nothing was ordered.',
    ],
    zh: [
      '卡清单在{place}处无法读取：{reason}。',
      '请提供每行一张卡的文本、CSV 表或工作簿（.xlsx、.xls）。未下达任何措施。',
    ],
  },
  'measure-list-column': {
    status: 422,
    en: ['The table has no column {column}.', 'Name one of its first row, or its number from 1.'],
    zh: ['表中没有列 {column}。', '请填写首行中的列名，或从 1 起的列号。'],
  },
};
