import type { Words } from './words-en.ts';

export const zh: Words = {
  title: 'Thingward 导览',
  intro:
    '服务器、数据库和一个模拟连接平台将作为独立进程在一个新文件夹中启动，结束时文件夹会被删除。下面的每个数字都是本次运行测得的；一旦有一句不成立，导览立即停止。',
  'not-so': '不成立：{what}',
  broken: '导览无法继续：{what}',
  stopped: '已停止。进程已结束，文件夹已删除。',
  done: '以上 {claims} 项陈述全部成立。导览用时 {seconds} 秒；文件夹 {folder} 已删除。',
  'done-not': '导览在 {seconds} 秒后失败；此前有 {claims} 项陈述成立。',
  usage: '用法：npm run tour -- [--lang en|zh]',

  start: '1  启动',
  'start.server': '服务器已在 {address} 应答，数据库为 {database}。',
  'start.durable': '已确认的提交在崩溃后仍在：数据库报告 fsync={fsync}，synchronous_commit={commit}。',
  'start.provider': '模拟连接平台（独立进程）已在 {address} 应答。',
  'start.key': '账本公钥已抄录在服务器之外：{key}',
  'start.tables': '{tables} 张表共 {rows} 行已登记（合同、卡、所属设备、已申报的换机窗口），没有一行被拒绝。',

  feed: '2  导入数据，并在中途断掉服务器',
  'feed.sample':
    '模拟器以种子 {seed} 写出 {cards} 张卡的 {records} 条用量记录，并知道真相：{planted} 起违规和 {innocent} 张看似可疑但无辜的卡。另混入两行损坏的数据。',
  'feed.part': '已送出 {all} 行中的 {lines} 行，随后在服务器等待其余数据时以信号 9 将其杀死。',
  'feed.killed': '进程因 {signal} 结束；此前已有 {received} 条记录按整块提交。',
  'feed.broken': '正在导入的命令如实报告，并以代码 {code} 结束：{said}',
  'feed.again': '服务器在同一文件夹上重新启动，并已应答。',
  'feed.kept': '已提交的内容没有丢失：中断的批次中有 {received} 条记录，不少于此前看到的 {committed} 条。',

  balance: '3  平账',
  'balance.resend': '同一文件再次完整送出。',
  'balance.batch': '批次 {id}：收到 {received} = 接受 {accepted} + 重复 {duplicate} + 隔离 {quarantined}',
  'balance.all': '两个批次共接受 {accepted} 条，恰为样本的 {records} 条记录，每条一次。',
  'balance.known': '第二批中有 {duplicate} 条被认出是第一批已带来的。',
  'balance.held': '隔离区中有 {quarantined} 条记录，恰为损坏的行，各有位置与原因：',
  'balance.one': '位置 {place}：{reason}',

  findings: '4  发现',
  'findings.all':
    '预置 {planted} 起违规，发现 {found} 起，二者完全相同；导入结束后 {seconds} 秒全部判定完毕。',
  'findings.first': '每一起都从其最初时刻（精确到毫秒）起被发现；尽管中途崩溃，没有一起重复。',
  'findings.silent':
    '{innocent} 张无辜的卡（已申报换机、固件升级、在允许地区漫游、用量大但低于上限）没有任何发现。',

  case: '5  从发现到案件与处置措施',
  'case.finding': '发现 {id}：{title}，{severity}，观测于 {observed}。',
  'case.open': '它成为案件 {id}，状态为{state}；时限“{clock}”{clockState}，到期 {due}。',
  'case.suggested': '规则建议措施 {measure}；此处没有策略自动下令，因此由人下令。',
  'case.before': '之前：该卡在平台上接入，结果为{outcome}。',
  'measure.states': '措施 {id}：{states}。平台确认：该卡{card}。',
  'measure.effective': '已生效还不是已核实：平台这样说，但尚未见到流量停止的证明。',
  'measure.after': '之后：该卡再次尝试，结果为{outcome}。',
  'measure.verified': '平台自己的接入记录被送回；措施{state}，依据为{by}：流量已停止。',
  'measure.clock': '案件的时限{state}。',
  'measure.once': '平台对该卡恰好执行了 {effects} 次变更。',

  proof: '6  外人可以核对什么',
  'proof.verified': '案件证据文件夹：{checks} 项检查，{failed} 项失败，以开始时抄录的公钥证实。',
  'proof.rejudged': '仅凭该文件夹离线重做判定：{findings} 条发现，输入与结果均相同。',
  'ledger.good': '整个账本已复制（{entries} 条账目）并核验通过：每条账目都通向已签名的根。',
  'ledger.altered': '在第二份副本中改动一条账目，编号 {index}：{before} 改为 {after}。',
  'ledger.refused': '核验器拒绝被改动的副本：{code}（{detail}）。',
  'ledger.forged': '细心的伪造者还改了旁边的散列值。核验器再次拒绝：{code}（{detail}）。',
  'ledger.still': '未改动的副本依然核验通过。',

  'outcome.accepted': '被接受',
  'outcome.refused': '被拒绝',
  'card.active': '处于启用状态',
  'card.suspended': '已被停机',
  'by.refused-attempt': '一次被拒绝的接入尝试',
  'by.quiet-feed': '数据流继续推进而无流量',
};
