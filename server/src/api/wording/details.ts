import { Locale } from 'typebox/system';
import { faultInChinese, wordInChinese } from './faults-in-chinese.ts';

type Language = 'en' | 'zh';

interface Said {
  readonly en: string;
  readonly zh: string;
}

/** What is wrong with a request that no schema was asked about, by the stable codes of the HTTP library: where, and what. */
const UNREAD: Readonly<Record<string, Said & { readonly at: string }>> = {
  FST_ERR_CTP_INVALID_JSON_BODY: { at: 'body', en: 'is no JSON', zh: '不是有效的 JSON' },
  FST_ERR_CTP_EMPTY_JSON_BODY: { at: 'body', en: 'is empty, and said to be JSON', zh: '为空，但标明为 JSON' },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: {
    ...{ at: 'headers/content-length', en: 'is not how long the body is', zh: '与正文的实际长度不符' },
  },
  FST_ERR_BAD_URL: { at: 'url', en: 'cannot be decoded', zh: '无法解码' },
  FST_ERR_MAX_PARAM_LENGTH: { at: 'url', en: 'has a part that is too long', zh: '其中一段过长' },
};

export interface Fault {
  readonly at: string;
  readonly message: string;
}

/** The fault of a request that could not be read. */
export function unreadFault(code: string | undefined, language: Language): Fault {
  const found = Object.hasOwn(UNREAD, code ?? '') ? UNREAD[code ?? ''] : undefined;
  const { at, ...said } = found ?? { at: 'request', en: 'cannot be read', zh: '无法读取' };
  return { at, message: said[language] };
}

/** The fault of a body nested deeper than anybody means. */
export function nestedFault(at: string, mostLevels: number, language: Language): Fault {
  const said = { en: `has more than ${mostLevels} levels`, zh: `嵌套超过 ${mostLevels} 层` };
  return { at, message: said[language] };
}

/** A fault that the schema found, as the library words it in either language. */
export function schemaFault(
  fault: { readonly keyword: string; readonly message?: string | undefined },
  language: Language,
): string {
  const english = fault.message ?? fault.keyword;
  return language === 'en'
    ? english
    : Locale.zh_Hans(fault as Parameters<typeof Locale.zh_Hans>[0]) || english;
}

/** Places and reasons as those who refuse name them in English, and how a Chinese sentence has them. */
const IN_CHINESE: readonly (readonly [RegExp, string])[] = [
  [/^line (\d+)$/, '第 $1 行'],
  [/^row (\d+)$/, '第 $1 行'],
  [/^binary or UTF-16, not CSV in UTF-8$/, '二进制或 UTF-16 内容，不是 UTF-8 的 CSV'],
  [/^a workbook that cannot be read: (.*)$/, '工作簿无法读取：$1'],
  [/^characters that no list has$/, '含有清单中不应出现的字符'],
  [/^larger than (\d+) MiB$/, '大于 $1 MiB'],
  [/^CSV_MAX_RECORD_SIZE$/, '一行过长'],
  [/^CSV_QUOTE_NOT_CLOSED$/, '引号没有闭合'],
  [/^(?:CSV_)?INVALID_OPENING_QUOTE$/, '单元格中间出现引号'],
  [/^CSV_INVALID_CLOSING_QUOTE$/, '闭合引号之后还有内容'],
];

const WORKBOOKS: Readonly<Record<string, string>> = {
  'it grows beyond a gibibyte': '展开后超过 1 GiB',
  'it is cut off': '文件不完整',
  'it is encrypted': '已加密',
  'it is empty': '内容为空',
  'it is encrypted or no workbook': '已加密，或不是工作簿',
  'it is older than Excel 97': '早于 Excel 97 格式',
  'it has no visible sheet': '没有可见的工作表',
  'it has too many sheets': '工作表过多',
  'it has too many texts': '文本过多',
  'its texts are too long': '文本过长',
  'its texts are cut off': '文本不完整',
  'its rows are out of order': '行的顺序错乱',
  'its cells are out of order': '单元格的顺序错乱',
  'its sheet is not in it': '缺少工作表内容',
  'a text is cut off': '文本不完整',
  'a cell is cut off': '单元格不完整',
  'a part of it is not there': '缺少部分内容',
};

/** A fact of a refusal as a sentence of the language has it; facts themselves stay as they are, for programs. */
export function factIn(language: Language, fact: string | number | boolean, name = ''): string {
  const text = String(fact);
  if (language === 'en') return text;
  const word = wordInChinese(name, text);
  if (word !== null) return word;
  for (const [pattern, chinese] of IN_CHINESE) {
    const found = pattern.exec(text);
    if (found === null) continue;
    return chinese.replace('$1', () => WORKBOOKS[found[1] ?? ''] ?? found[1] ?? '');
  }
  return faultsIn(text);
}

/** Faults told at once are parted by semicolons; a text in which none is known stays as it is. */
function faultsIn(text: string): string {
  const faults = text.split('; ');
  const told = faults.map(faultInChinese);
  if (told.every(each => each === null)) return text;
  return faults.map((fault, i) => told[i] ?? fault).join('；');
}
