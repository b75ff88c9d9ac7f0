/** What the program says to people, in English and Chinese. */
export const HELP = `thingward-witness key     --state DIR --name NAME
thingward-witness serve   --state DIR --name NAME --log VKEY [--log VKEY] [--listen 127.0.0.1:8480]
thingward-witness monitor --state DIR --url URL --log VKEY [--policy FILE] [--witness URL] [--watch act=ACT,object=…]
                          [--every 60] [--stale 86400] [--whole] [--once]

  key      makes the witness's key at first and shows its verifier key  首次生成见证密钥，并显示验证密钥
  serve    cosigns checkpoints of the logs whose keys are given  为给定日志的检查点联署
  monitor  follows a log and raises alarms; exit code 3 when one stands  跟踪日志并报警；有警报时退出码为 3

  --state    folder that must never be restored from a backup  状态目录，切勿用备份恢复
  --name     the witness's name, a URL without scheme; it belongs to the key for good  见证方名称（不带协议的网址），与密钥永久绑定
  --log      verifier key of a log; twice while it changes its key  日志的验证密钥；换钥期间可给两个
  --url      where the log lies, e.g. https://supervise.example.org/ledger  日志地址
  --policy   a tlog-policy file: witnesses and the quorum every checkpoint must have  见证策略文件
  --witness  address of a witness to compare with; several may be given  用于比对的见证方地址，可多个
  --watch    entries to be told of: act, actor, object, party, at; * at the end  需要告知的条目
  --every    seconds between two looks  两次检查之间的秒数
  --whole    derive the whole log anew at every look, so that entries changed afterwards show  每次都重新推导整个日志
  --stale    seconds without anything new before that is an alarm  多少秒没有新内容即报警
`;

const WORDS: Readonly<Record<string, string>> = {
  'key-unreadable': 'The key cannot be read. 无法读取密钥。',
  'key-exposed':
    'Others may read the key: chmod 600, and consider it lost. 他人可读密钥：请 chmod 600，并视为已泄露。',
  'key-named-otherwise':
    'The key belongs to another name; a new name needs a new state folder. 密钥属于另一名称；新名称需要新的状态目录。',
  'key-name-malformed': 'That is no name for a witness. 见证方名称不合规。',
  'state-busy': 'Another process uses the state folder. 状态目录正被另一进程使用。',
  'state-damaged':
    'What was remembered cannot be believed. Do not delete it: find out why. 状态已损坏，请勿删除，先查明原因。',
  'state-of-another-log': 'The state folder follows another log. 状态目录属于另一日志。',
  'words-unknown':
    'Something is missing or wrong on the command line; see --help. 命令行参数缺失或有误，见 --help。',
};

export function wordsOf(code: string): string {
  return WORDS[code] ?? 'It does not verify. 验证不通过。';
}
