type Fault = readonly [english: RegExp, chinese: string];

/** Names of settings are kept as they are written, for that is where the mend goes. */
const OF_SOURCES: readonly Fault[] = [
  [
    /^name: lower-case letters, digits and hyphens, 1 to 63 of them$/,
    'name：1 至 63 个小写字母、数字或连字符',
  ],
  [/^(unit|counter): one of (.+)$/, '$1：须为 $2 之一'],
  [/^direction: as-standard or swapped$/, 'direction：须为 as-standard 或 swapped'],
  [/^zone: "(.*)" is no IANA zone such as Asia\/Shanghai$/, 'zone：“$1”不是 IANA 时区，例如 Asia/Shanghai'],
  [
    /^lateWindowMs: a whole number of milliseconds up to 400 days$/,
    'lateWindowMs：须为不超过 400 天的整数毫秒',
  ],
  [/^(?:[^:"]*: )?(unit|counter) must be (.+?)(?: for these records)?\.$/, '$1：须为 $2'],
  [/^zone "(.*)" is not known\.$/, 'zone：“$1”无法识别'],
  [/^format: kept by the installation itself$/, 'format：该格式由本系统自用'],
  [
    /^source: a source of this party in the format freeradius-detail$/,
    'source：须为本方格式为 freeradius-detail 的数据源',
  ],
  [/^address: one IPv4 or IPv6 address$/, 'address：须为一个 IPv4 或 IPv6 地址'],
  [
    /^secretFile: the name of a file in the party's folder, no path$/,
    'secretFile：须为本方文件夹中的文件名，不含路径',
  ],
  [/^port: 1 to 65535$/, 'port：须为 1 至 65535'],
  [/^silenceMs: a minute to 400 days$/, 'silenceMs：须为一分钟至 400 天'],
];

const OF_MAPPINGS: readonly Fault[] = [
  [/^no JSON object$/, '不是 JSON 对象'],
  [/^unknown key "(.*)"$/, '无法识别的键“$1”'],
  [/^"columns" is no object of names$/, '"columns" 不是列名的对象'],
  [/^"ignored" is no list of names$/, '"ignored" 不是列名的列表'],
  [/^"encoding" is neither "utf-8" nor "gb18030"$/, '"encoding" 既不是 "utf-8" 也不是 "gb18030"'],
  [/^mapping must be an object with "columns"\.$/, 'mapping：须为含有 "columns" 的对象'],
  [/^mapping has an unknown key "(.*)"\.$/, 'mapping：无法识别的键“$1”'],
  [
    /^mapping names no column for iccid, imsi, eid or msisdn\.$/,
    'mapping：未指明 iccid、imsi、eid 或 msisdn 所在的列',
  ],
  [/^encoding must be "utf-8" or "gb18030"\.$/, 'encoding：须为 "utf-8" 或 "gb18030"'],
  [
    /^delimiter must be a comma, semicolon, tab or \(in UTF-8\) bar\.$/,
    'delimiter：须为逗号、分号、制表符或（UTF-8 时）竖线',
  ],
  [/^headerRows must be 0 to 10\.$/, 'headerRows：须为 0 至 10'],
  [/^column of (\w+) must be a number from 1\.$/, '$1 的列：须为从 1 起的列号'],
  [/^column of (\w+) must be a name\.$/, '$1 的列：须为列名'],
  [/^column of (\w+) must be a name or a number from 1\.$/, '$1 的列：须为列名或从 1 起的列号'],
  [/^columns names an unknown field "(.*)"\.$/, 'columns：无法识别的字段“$1”'],
  [/^timeOfDay needs date\.$/, 'timeOfDay：须同时有 date'],
  [/^time and date exclude each other\.$/, 'time 与 date 不可同时使用'],
  [/^the time pattern "(.*)" has no YYYY, MM and DD\.$/, 'time：格式“$1”缺少 YYYY、MM 和 DD'],
  [/^service must be data, sms, voice or other\.$/, 'service：须为 data、sms、voice 或 other'],
  [/^services: "(.*)" must be data, sms, voice or other\.$/, 'services：“$1”须为 data、sms、voice 或 other'],
  [/^(\w+) means nothing to JSON$/, '$1：对 JSON 没有意义'],
  [/^leave it out\.$/, '请去掉'],
  [/^(\w+) must be a list of texts\.$/, '$1：须为文本列表'],
  [/^(\w+) must be a text\.$/, '$1：须为文本'],
];

/** Of a clause of a contract: the field, and what is wrong with it. */
const OF_CLAUSES: Readonly<Record<string, string>> = {
  missing: '未填写',
  'duty-not-stated': '未写明实名责任',
  'penalties-not-stated': '未写明违约处罚',
  forbidden: '不允许的渠道',
  unknown: '无法识别',
  'neither-mcc-nor-plmn': '既不是 MCC 也不是 PLMN',
  'neither-apn-nor-host': '既不是 apn: 也不是 host:',
  'not-eight-digits': '不是八位数字',
  'no-imei': '不是 IMEI',
  'pool-without-devices': '设备池中没有设备',
  'no-moment-with-zone': '不是带时区的时间',
  'not-after-from': '不晚于 from',
  'in-the-past': '已经过去',
  'term-too-long': '期限过长',
  'outside-the-term': '不在合同期限内',
  'test-too-long': '测试期过长',
};
const CLAUSE = /^(\w+): ([a-z-]+)$/;

/** One of several faults that a refusal tells at once, in Chinese; null for one nobody put there. */
export function faultInChinese(fault: string): string | null {
  for (const [english, chinese] of [...OF_SOURCES, ...OF_MAPPINGS]) {
    const found = english.exec(fault);
    if (found === null) continue;
    const [, first = '', second = ''] = found;
    return chinese.replace('$1', () => first).replace('$2', () => second.replaceAll('" or "', '" 或 "'));
  }
  const [, field, what = ''] = CLAUSE.exec(fault) ?? [];
  const said = Object.hasOwn(OF_CLAUSES, what) ? OF_CLAUSES[what] : undefined;
  return field === undefined || said === undefined ? null : `${field}：${said}`;
}

/** How something stands, as the refusals name it that tell a state. */
const STATES: Readonly<Record<string, string>> = {
  ...{ decided: '已决定', ordered: '已下达', accepted: '已受理', effective: '已生效', verified: '已核实' },
  ...{ closed: '已结束', failed: '未成功', overdue: '逾期', lifted: '已解除' },
  ...{ 'lift-ordered': '已下达解除', 'lift-accepted': '解除已受理' },
  ...{ running: '进行中', queued: '等待中', done: '已完成', cancelled: '已取消', lapsed: '逾期未办' },
  ...{
    passed: '已通过',
    'passed-late': '逾期通过',
    withdrawn: '已撤回',
    recorded: '已记入',
    repaired: '已修复',
  },
  ...{ written: '已起草未报送', sent: '已报送', acknowledged: '已受理', answered: '已答复' },
  ...{ available: '可用', reserved: '已预留', installed: '已安装', enabled: '已启用', disabled: '已停用' },
  ...{ deleted: '已删除' },
};
/** Measures and what is registered, by their kind. */
const KINDS: Readonly<Record<string, string>> = {
  ...{ 'suspend-card': '停卡', 'limit-card': '限速', 'terminate-card': '销卡' },
  ...{ 'bind-device': '在运营方绑定机卡', 'hold-area': '在运营方限定使用区域' },
  ...{ card: '卡', batch: '批次', 'card-batch': '卡批次', 'esim-pool': 'eSIM 配置池', profile: '配置文件' },
  ...{ 'number-block': '号段', supplier: '供应商', holder: '持卡人', seller: '销售方', contract: '合同' },
};
const WORDS_OF: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  ...{ state: STATES, happened: STATES, from: STATES, to: STATES, kind: KINDS, lesser: KINDS },
};

/** The Chinese word for a fact of a closed list, by the fact's name; null where there is none. */
export function wordInChinese(name: string, value: string): string | null {
  const words = Object.hasOwn(WORDS_OF, name) ? WORDS_OF[name] : undefined;
  return words !== undefined && Object.hasOwn(words, value) ? (words[value] ?? null) : null;
}
