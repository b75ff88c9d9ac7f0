import type { Use } from './model.ts';
import type { Reading } from './month-totals.ts';
import { withLuhn } from './numbers.ts';
import { line, type Told, type UsageFile } from './usage-file.ts';
import { dayInChina, isCounted, kilobytes, textInChina, totalOf } from './usage-own.ts';

/** What is left of each package is told beside what was used of it. */
const PACKAGE_KB = '1048576';
/** Cards of this class are settled by their packages, as those of NB-IoT are; all others by the month's total. */
const BY_PACKAGE = 'public-service';

/**
 * What China Mobile's OneLink answers of a card (ecV5: `sim-data-usage`, `sim-data-margin`, `sim-imei`), with the question
 * and its time beside it: thousands of bytes since the month began, and, where the card was in use, its device.
 *
 * No network, no place, no length and no messages are told, and nothing of a flow.
 */
export function oneLinkAnswers({ atMs, use, total, isOfUse }: Reading): readonly string[] {
  const { card } = use;
  const told = (result: object): string => {
    const answer = { status: '0', message: 'ok', result: [result] };
    return line({ asked: { iccid: card.iccid }, at: textInChina(atMs), answer });
  };
  const volume = told(
    card.profile.id === BY_PACKAGE ? margin(total.bytes) : { dataAmount: kilobytes(total.bytes) },
  );
  if (!isOfUse || use.imeisv === '') return [volume];
  return [volume, told({ imei: withLuhn(use.imeisv.slice(0, 14)) })];
}

/** Two packages, the first of which took a third. */
function margin(bytes: number) {
  const first = Math.floor(bytes / 3);
  const of = (used: number) => ({ useAmount: kilobytes(used), totalAmount: PACKAGE_KB });
  return { accmMarginList: [of(first), of(bytes - first)] };
}

/** Names of columns in GB18030: number, date, volume, messages, voice, state. */
const HEADER = Buffer.from(
  'bac5c2eb2c49434349442cc8d5c6da2cc1f7c1bf284b42292cb6ccd0c528ccf5292cd3efd2f428c3eb292cbfa8d7b4ccac0a',
  'hex',
);
/** "Normal", as a state. */
const STATE = Buffer.from('d5fdb3a30a', 'hex');

/** How such a table is read by the format `generic-csv`. */
export const DAY_MAPPING = {
  encoding: 'gb18030',
  columns: {
    msisdn: '号码',
    iccid: 'ICCID',
    date: '日期',
    bytesTotal: '流量(KB)',
    smsCount: '短信(条)',
    voiceSeconds: '语音(秒)',
    event: '卡状态',
  },
  time: ['YYYYMMDD'],
} as const;

/** Whether the table of the day after counts the use. */
export const isOfDay = isCounted;

/**
 * The table of the day after, as OneLink's portal gives it: a row for each card and day on which it was in use, in
 * GB18030, with the volume of the day alone. All else that is known of those uses is for other sources to tell.
 */
export class DayTable implements UsageFile {
  #row: { readonly use: Use; readonly date: string; bytes: number } | null = null;

  head(): Buffer {
    return HEADER;
  }

  record(use: Use): Told {
    const date = dayInChina(use.atMs).replaceAll('-', '');
    if (this.#row?.use.card.index === use.card.index && this.#row.date === date) {
      this.#row.bytes += totalOf(use);
      return [];
    }
    const finished = this.tail();
    this.#row = { use, date, bytes: totalOf(use) };
    return finished;
  }

  tail(): readonly Buffer[] {
    if (this.#row === null) return [];
    const { use, date, bytes } = this.#row;
    const { card } = use;
    return [
      Buffer.concat([Buffer.from(`${card.msisdn},${card.iccid},${date},${kilobytes(bytes)},,,`), STATE]),
    ];
  }
}
