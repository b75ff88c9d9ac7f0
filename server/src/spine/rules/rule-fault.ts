import type { Said } from './rule.ts';

/** Where in the rule's text, from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** Why a rule is refused: what is wrong, where, and what mends it, for people. */
export interface RuleFault extends Place {
  readonly code: RuleFaultCode;
  /** Path of the part, e.g. `state.used.window`; empty for the whole. */
  readonly path: string;
  readonly message: Said;
  readonly mend: Said;
}

type Words = readonly [messageEn: string, messageZh: string, mendEn: string, mendZh: string];

/** `{0}` stands for what the fault names. */
const words = {
  'too-large': [
    'The rule is larger than {0} bytes.',
    '规则超过 {0} 字节。',
    'Split the rule or shorten its examples.',
    '请拆分规则或精简示例。',
  ],
  'not-yaml': [
    'This is no YAML: {0}',
    '不是有效的 YAML：{0}',
    'Correct the syntax at this place.',
    '请改正此处的语法。',
  ],
  'alias-or-tag': [
    'Anchors, aliases, merge keys and tags are not allowed ({0}).',
    '不允许使用锚点、别名、合并键或标签（{0}）。',
    'Write the value out.',
    '请直接写出该值。',
  ],
  'too-deep': [
    'The rule is nested deeper than {0} levels.',
    '规则嵌套超过 {0} 层。',
    'Flatten it.',
    '请减少嵌套。',
  ],
  'not-a-value': [
    '{0} is no text, whole number, truth value, list or map.',
    '{0} 不是文本、整数、布尔值、列表或映射。',
    'Write a whole number, or quote it as text.',
    '请写成整数，或加引号作为文本。',
  ],
  'unknown-part': [
    'A rule has no part called {0} here.',
    '规则此处没有名为 {0} 的部分。',
    'Remove it or correct its name.',
    '请删除或更正名称。',
  ],
  'missing-part': ['The part {0} is missing.', '缺少 {0} 部分。', 'Add it.', '请补上。'],
  'wrong-shape': ['This must be {0}.', '此处必须是 {0}。', 'Write it in that form.', '请按该形式书写。'],
  'not-a-choice': [
    'This must be one of: {0}.',
    '此处必须是以下之一：{0}。',
    'Choose one of them.',
    '请选择其中之一。',
  ],
  'too-many': [
    'There are more than {0} here.',
    '此处超过 {0} 项。',
    'Leave some out or split the rule.',
    '请减少或拆分规则。',
  ],
  'bad-name': [
    '{0} is no name for this part.',
    '{0} 不能作为此部分的名称。',
    'Begin with a small letter; then letters, digits and, where names have them, hyphens.',
    '请以小写字母开头，其后为字母、数字或允许的连字符。',
  ],
  'not-the-file-name': [
    'The id is not the name of the file, {0}.',
    'id 与文件名 {0} 不一致。',
    'Make them the same.',
    '请使二者一致。',
  ],
  'unknown-kind': [
    'No module brings observations of the kind {0}.',
    '没有模块提供 {0} 类观测。',
    'Read a kind that is listed by `rules kinds`.',
    '请使用已列出的观测类别。',
  ],
  'unknown-zone': [
    '{0} is no time zone.',
    '{0} 不是时区。',
    'Write an IANA name such as Asia/Shanghai.',
    '请写 IANA 名称，例如 Asia/Shanghai。',
  ],
  'unknown-measure': [
    'No module brings a measure called {0}.',
    '没有模块提供名为 {0} 的措施。',
    'Suggest a measure that exists, or none.',
    '请建议已有的措施，或不建议。',
  ],
  'unknown-field': [
    'Observations of this kind have no field {0}.',
    '此类观测没有字段 {0}。',
    'Use a field of the kind.',
    '请使用该类别的字段。',
  ],
  'bad-expression': ['The expression cannot be used: {0}', '表达式无法使用：{0}', '{1}', '{1}'],
  'wrong-type': [
    'The expression is of type {0}.',
    '表达式的类型是 {0}。',
    'Write one of type {1}.',
    '请写类型为 {1} 的表达式。',
  ],
  'bad-window': [
    '{0} is no window this operator can keep.',
    '{0} 不是此算子可用的窗口。',
    'Write day, month, or a length such as 10m, 24h or 30d, at most 120 panes of a minute, an hour or a day.',
    '请写 day、month，或 10m、24h、30d 之类的长度，至多 120 格。',
  ],
  'bad-duration': [
    '{0} is no length of time this operator can look back.',
    '{0} 不是此算子可用的回看时长。',
    'Write a length such as 10m, 24h or 30d, at most {1} days.',
    '请写 10m、24h、30d 之类的时长，至多 {1} 天。',
  ],
  'bad-time': [
    '{0} is no moment.',
    '{0} 不是时刻。',
    'Write it like 2026-03-01T08:00:00+08:00, with its zone.',
    '请写成 2026-03-01T08:00:00+08:00，并带时区。',
  ],
  'name-taken': ['Two states write {0}.', '两个状态都写入 {0}。', 'Rename one of them.', '请改名其一。'],
  'two-absences': [
    'A rule can watch one silence only.',
    '一条规则只能监视一个静默。',
    'Make two rules of it.',
    '请拆成两条规则。',
  ],
  'absence-of-field-key': [
    'A rule keyed by {0} cannot watch a silence.',
    '按 {0} 归集的规则不能监视静默。',
    'Key the rule by the subject, or measure something else.',
    '请按监管对象归集，或改用其他算子。',
  ],
  'counter-of-field-key': [
    'A rule keyed by {1} cannot read the running total {0}: only a part of the counter lies under the key.',
    '按 {1} 归集的规则不能读取累计量 {0}：该键下只有计数的一部分。',
    'Key the rule by the subject.',
    '请按监管对象归集。',
  ],
  'subject-of-observation': [
    'This rule is keyed by the subject: an example has one, {0} is another.',
    '该规则按监管对象归集：每个示例只有一个对象，不能另写 {0}。',
    'Name the subject once, above the observations.',
    '请在观测之上只写一次对象。',
  ],
  'guard-without-example': [
    'No silent example names the guard {0}.',
    '没有静默示例指明守护条件 {0}。',
    'Add a silent example with `guard: {0}` that would fire without it.',
    '请添加带有 `guard: {0}` 的静默示例，去掉该守护便会触发。',
  ],
  'unknown-guard': [
    'The rule has no guard {0}.',
    '规则没有守护条件 {0}。',
    'Name a guard of the rule.',
    '请写出规则中已有的守护条件。',
  ],
  'example-silent': [
    'The example should fire and stayed silent ({0}).',
    '该示例应触发却保持静默（{0}）。',
    'Correct the rule or the example.',
    '请改正规则或示例。',
  ],
  'example-fires': [
    'The example should be silent and fired on observation {0}.',
    '该示例应静默却在第 {0} 条观测上触发。',
    'Correct the rule or the example.',
    '请改正规则或示例。',
  ],
  'example-elsewhere': [
    'The example fired on observations {0}, not on those expected.',
    '该示例在第 {0} 条观测上触发，与预期不符。',
    'Correct `expect`, the rule or the example.',
    '请改正 `expect`、规则或示例。',
  ],
  'guard-not-alone': [
    'The example is not kept silent by the guard {0} alone.',
    '该示例并非仅因守护条件 {0} 而静默。',
    'Make the example one that would fire without this guard.',
    '请使该示例在去掉此守护时会触发。',
  ],
  'example-error': [
    'The rule could not be evaluated on this example, at {0}.',
    '规则在此示例的 {0} 处无法求值。',
    'Test with has() before reading what may be absent.',
    '读取可能缺失的值之前请用 has() 判断。',
  ],
} as const satisfies Record<string, Words>;

export type RuleFaultCode = keyof typeof words;

/** A fault with its wording; `said` fills `{0}` and `{1}`. */
export function ruleFault(
  code: RuleFaultCode,
  path: string,
  place: Place,
  ...said: readonly (string | number)[]
): RuleFault {
  const [messageEn, messageZh, mendEn, mendZh] = words[code];
  const fill = (text: string): string =>
    text.replaceAll(/\{(\d)\}/g, (_, i: string) => String(said[Number(i)] ?? ''));
  return {
    code,
    path,
    line: place.line,
    column: place.column,
    message: { en: fill(messageEn), zh: fill(messageZh) },
    mend: { en: fill(mendEn), zh: fill(mendZh) },
  };
}
