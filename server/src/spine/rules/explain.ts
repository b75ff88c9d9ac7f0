import { MOST_SERIES } from './counters.ts';
import type { OperatorName, Rule, Said, Severity, StateDeclaration, Strength } from './rule.ts';

/** A rule in words: what it keeps, when it fires, what keeps it silent, what it stands on. */
export interface Explanation {
  readonly title: Said;
  readonly lines: readonly Said[];
}

const operatorWords: Record<OperatorName, (of: StateDeclaration) => Said> = {
  count: ({ written }) => ({
    en: `the number of records in ${written['window']}`,
    zh: `${written['window']} 内的记录数`,
  }),
  sum: ({ written }) => ({
    en: `the sum of ${written['of']} in ${written['window']}`,
    zh: `${written['window']} 内 ${written['of']} 之和`,
  }),
  distinct: ({ written }) => ({
    en: `how many different ${written['of']} there were in ${written['window']} (at most ${written['cap'] ?? 16})`,
    zh: `${written['window']} 内不同的 ${written['of']} 的个数（至多 ${written['cap'] ?? 16}）`,
  }),
  change: ({ written }) => ({
    en: `whether ${written['of']} changed since the record before, no older than ${written['lookBack']}, and how often in ${written['window']}`,
    zh: `${written['of']} 与 ${written['lookBack']} 内前一条记录相比是否变化，以及 ${written['window']} 内的变化次数`,
  }),
  rate: ({ written }) => ({
    en: `${written['of'] ?? 'records'} per ${written['per']}, over ${written['window']}`,
    zh: `${written['window']} 内每 ${written['per']} 的${written['of'] === undefined ? '记录数' : ` ${written['of']}`}`,
  }),
  absence: ({ written }) => ({
    en: `whether nothing was heard for ${written['window']}`,
    zh: `是否已静默 ${written['window']}`,
  }),
  overlap: ({ written }) => ({
    en: `with how many other ${written['of']} the use overlaps, among those of the last ${written['lookBack']}`,
    zh: `与最近 ${written['lookBack']} 内多少个其他 ${written['of']} 的使用时间重叠`,
  }),
  travel: ({ written }) => ({
    en: `how far and how fast it moved since the place before, no older than ${written['lookBack']}`,
    zh: `自 ${written['lookBack']} 内前一位置以来的移动距离与速度`,
  }),
};

const severityWords: Record<Severity, Said> = {
  low: { en: 'low', zh: '低' },
  medium: { en: 'medium', zh: '中' },
  high: { en: 'high', zh: '高' },
  critical: { en: 'critical', zh: '严重' },
};
const strengthWords: Record<Strength, Said> = {
  low: { en: 'low', zh: '弱' },
  medium: { en: 'medium', zh: '中' },
  high: { en: 'high', zh: '强' },
};

/** Explains a rule line by line, in both languages. */
export function explainRule(rule: Rule): Explanation {
  const lines: Said[] = [
    {
      en: `Rule ${rule.id}, version ${rule.version}, ${rule.status}.`,
      zh: `规则 ${rule.id}，版本 ${rule.version}，${statusZh[rule.status]}。`,
    },
    {
      en: `It reads ${rule.reads} and keeps its state for each ${rule.key}; days and months are those of ${rule.zone}.`,
      zh: `读取 ${rule.reads}，按 ${rule.key} 分别保存状态；日和月以 ${rule.zone} 为准。`,
    },
    ...rule.state.map(explainState),
  ];
  if (rule.given !== null)
    lines.push({ en: `It has something to say where: ${rule.given.text}`, zh: `适用于：${rule.given.text}` });
  lines.push(
    { en: `It fires where: ${rule.where.text}`, zh: `触发条件：${rule.where.text}` },
    rearmWords(rule),
    ...rule.guards.map(guard => ({
      en: `Silent when ${guard.title.en}: ${guard.whenText}`,
      zh: `以下情况不触发——${guard.title.zh}：${guard.whenText}`,
    })),
    {
      en: `Severity ${severityWords[rule.severity].en}; evidence ${strengthWords[rule.evidence.strength].en}, refuted by: ${rule.evidence.refutedBy.en}`,
      zh: `严重程度：${severityWords[rule.severity].zh}；证据强度：${strengthWords[rule.evidence.strength].zh}，可由以下事实推翻：${rule.evidence.refutedBy.zh}`,
    },
    ...rule.basis.map(({ source, clause }) => ({
      en: `Basis: ${source}${clause === undefined ? '' : `, ${clause}`}`,
      zh: `依据：${source}${clause === undefined ? '' : `，${clause}`}`,
    })),
  );
  if (rule.suggests !== null)
    lines.push({ en: `Suggests: ${rule.suggests}`, zh: `建议措施：${rule.suggests}` });
  lines.push(boundWords(rule));
  return { title: rule.title, lines };
}

const statusZh = { draft: '草稿', trial: '试用', shipped: '正式' } as const;

function explainState(declaration: StateDeclaration): Said {
  const words = operatorWords[declaration.operatorName](declaration);
  const when = declaration.when?.text;
  return {
    en: `state.${declaration.name} is ${words.en}${when === undefined ? '' : `, of records where ${when}`}.`,
    zh: `state.${declaration.name}：${words.zh}${when === undefined ? '' : `（仅限 ${when} 的记录）`}。`,
  };
}

function rearmWords(rule: Rule): Said {
  if (rule.rearm === null)
    return { en: 'Every record that meets it is a finding.', zh: '每条满足条件的记录都是一项发现。' };
  const isDay = rule.rearm.text === 'day';
  return {
    en: `A condition that stays true is one finding for each ${rule.rearm.text}; once it is false it can be found again.`,
    zh: `持续满足的条件每${isDay ? '日' : '月'}只计一项发现；条件不再满足后可再次触发。`,
  };
}

/** How far back judging again must look, and how much one key can hold. */
function boundWords(rule: Rule): Said {
  const days = Math.ceil(rule.reachMs / 86_400_000);
  const entries = rule.state.reduce((sum, { operator }) => sum + operator.mostEntries, 0);
  const series = rule.usesCounters ? MOST_SERIES : 0;
  return {
    en: `Judging again looks back ${days} days; a key holds at most ${entries} values and ${series} counters.`,
    zh: `重新判定需回看 ${days} 天；每个键至多保存 ${entries} 个值和 ${series} 个计数序列。`,
  };
}
