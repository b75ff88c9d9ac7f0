import type { CaseCode } from '../../spine/cases/case.ts';
import type { MeasureCode } from '../../spine/measures/measure.ts';
import type { WordingOf } from './wording.ts';

export const casesWording: WordingOf<CaseCode | MeasureCode | 'finding-not-found'> = {
  'finding-not-found': {
    status: 404,
    en: ['There is no such finding.', 'Check its id, and the party you act for.'],
    zh: ['发现不存在。', '请核对编号以及当前所代表的单位。'],
  },
  'case-not-found': {
    status: 404,
    en: ['There is no such case.', 'Check the number, and the party you act for.'],
    zh: ['案件不存在。', '请核对编号以及当前所代表的单位。'],
  },
  'case-closed': {
    status: 409,
    en: [
      'This case is closed.',
      'Add a note if something has to be recorded; a new finding opens a new case.',
    ],
    zh: ['案件已关闭。', '如需记录请添加备注；新的发现会另立案件。'],
  },
  'case-reason-missing': {
    status: 422,
    en: ['A case is closed with a reason.', 'Say why nothing remains to be done.'],
    zh: ['关闭案件须说明理由。', '请说明为何已无需处理。'],
  },
  'case-owner-unknown': {
    status: 422,
    en: [
      'That person has no role at the party of the case.',
      'Give them a role first, or choose somebody else.',
    ],
    zh: ['该人员在案件所属单位没有角色。', '请先授予角色，或另选人员。'],
  },
  'measure-not-found': {
    status: 404,
    en: ['There is no such measure.', 'Check the number, and the party you act for.'],
    zh: ['措施不存在。', '请核对编号以及当前所代表的单位。'],
  },
  'measure-kind-unknown': {
    status: 422,
    en: ['This server knows no measure {kind}.', 'Choose one that the rule suggests.'],
    zh: ['服务器没有名为 {kind} 的措施。', '请选择规则建议的措施。'],
  },
  'measure-terms-invalid': {
    status: 422,
    en: ['The measure {kind} does not take that value for {term}.', 'Leave it out for the default.'],
    zh: ['措施 {kind} 的参数 {term} 不接受该值。', '不填写则使用默认值。'],
  },
  'measure-not-liftable': {
    status: 409,
    en: ['A measure that is {state} cannot be lifted.', 'Wait until the provider has taken the order.'],
    zh: ['处于 {state} 状态的措施不能解除。', '请等待运营方受理指令。'],
  },
  'measure-final': {
    status: 409,
    en: ['What was ended for good cannot be brought back.', 'Issue the holder another card.'],
    zh: ['已销卡，无法恢复。', '请为用户另发新卡。'],
  },
  'ladder-not-stood-on': {
    status: 404,
    en: ['The case stands on no ladder of measures.', 'Order a measure of your own choice.'],
    zh: ['该案件未对应任何处置阶梯。', '请自行选择并下达措施。'],
  },
  'ladder-rung-not-proposed': {
    status: 409,
    en: [
      'No rung is proposed: the one the case stands on is {happened}.',
      'Look at the ladder of the case; go on to the next rung where this one was not enough.',
    ],
    zh: [
      '当前没有待执行的阶梯措施：所处一级为 {happened}。',
      '请查看案件的处置阶梯；如该级措施不足，请进入下一级。',
    ],
  },
  'ladder-task-is-shown': {
    status: 409,
    en: [
      'Nobody says that this task is done: it is done with {event}.',
      'Hand over the notice, pass the re-verification or send the report; the rung is done with it.',
    ],
    zh: [
      '该任务不能由人工声明完成：须由 {event} 证明。',
      '请送达告知、通过重新核验或报送报告，该级随之完成。',
    ],
  },
  'measure-still-moving': {
    status: 409,
    en: [
      'A measure of this case is still under way: it is {state}.',
      'Wait until it is verified or lifted, then close the case.',
    ],
    zh: ['该案件有措施仍在进行中：{state}。', '请等待其核实或解除后再关闭案件。'],
  },
  'provider-missing': {
    status: 409,
    en: ['The party has no provider to order from.', 'Register one first.'],
    zh: ['该主体尚无可下达指令的运营方。', '请先登记运营方。'],
  },
  'provider-unknown': {
    status: 422,
    en: ['The party of the case has no such provider.', 'Choose one of its own.'],
    zh: ['案件所属主体没有该运营方。', '请选择其自有的运营方。'],
  },
  'provider-settings-invalid': {
    status: 422,
    en: ['The setting {setting} of the provider cannot be used.', 'Correct it and send it again.'],
    zh: ['运营方设置 {setting} 不可用。', '请更正后重新提交。'],
  },
  'provider-credentials-missing': {
    status: 409,
    en: [
      'Nothing to sign in with at this provider is kept for its present address.',
      'Set it with thingward providers secrets NUMBER FILE.',
    ],
    zh: ['未保存用于该运营方当前地址的登录凭据。', '请用 thingward providers secrets 编号 文件 设置。'],
  },
  'provider-tells-nothing': {
    status: 409,
    en: ['This provider’s interface has no answer to that.', 'Ask the provider by another way.'],
    zh: ['该运营方接口不提供此项查询。', '请通过其他途径向运营方查询。'],
  },
};
