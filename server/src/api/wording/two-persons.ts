import type { TwoPersonsCode } from '../../spine/measures/measure.ts';
import type { WordingOf } from './wording.ts';

export const twoPersonsWording: WordingOf<TwoPersonsCode> = {
  'measure-needs-two-persons': {
    status: 409,
    en: [
      'The device is critical: {kind} is decided by two persons.',
      'Propose it for another person to approve, or order a lesser measure: {lesser}.',
    ],
    zh: ['该设备为关键设备：{kind} 须由两人决定。', '请提交建议由另一人批准，或下达较轻的措施：{lesser}。'],
  },
  'proposal-not-found': {
    status: 404,
    en: ['There is no such proposal.', 'Check the number, and the party you act for.'],
    zh: ['该建议不存在。', '请核对编号以及当前所代表的单位。'],
  },
  'proposal-needless': {
    status: 409,
    en: ['This measure needs no second person, or is in force already.', 'Look at the case; order it.'],
    zh: ['该措施无需第二人批准，或已在执行。', '请查看案件；可直接下达。'],
  },
  'proposal-needs-person': {
    status: 403,
    en: ['Only a person who signed in may do this, no key.', 'Sign in and do it yourself.'],
    zh: ['此操作只能由登录人员本人进行，不能使用密钥。', '请登录后亲自操作。'],
  },
  'proposal-needs-supervisor': {
    status: 403,
    en: [
      'One of the two persons must be a supervisor or an administrator.',
      'Ask a supervisor of the party, or of one above it, to approve.',
    ],
    zh: ['两人中须有一名主管或管理员。', '请由该单位或其上级单位的主管批准。'],
  },
  'proposal-decided': {
    status: 409,
    en: ['The proposal is decided.', 'Look at the case; propose again if it is still needed.'],
    zh: ['该建议已有决定。', '请查看案件；如仍需要请重新提交建议。'],
  },
  'proposal-expired': {
    status: 409,
    en: ['Nobody approved the proposal in time.', 'Propose it again if it is still needed.'],
    zh: ['该建议未在期限内获得批准。', '如仍需要请重新提交建议。'],
  },
  'proposal-from-later': {
    status: 409,
    en: ['The proposal is later than the server’s clock.', 'Set the clock right, then approve.'],
    zh: ['该建议的时间晚于服务器时钟。', '请校正时钟后再批准。'],
  },
  'proposal-by-the-same': {
    status: 409,
    en: ['You said yes to this proposal already.', 'Another person approves it.'],
    zh: ['您已同意该建议。', '须由另一人批准。'],
  },
  'proposal-not-yours': {
    status: 409,
    en: ['Only whoever proposed takes a proposal back.', 'Refuse it instead.'],
    zh: ['只有提出人可以撤回建议。', '请改为拒绝。'],
  },
  'mark-needs-another': {
    status: 409,
    en: ['You asked to take the mark off already.', 'Another person confirms it.'],
    zh: ['您已申请取消关键标记。', '须由另一人确认。'],
  },
  'mark-needless': {
    status: 409,
    en: ['The mark stands that way already.', 'Look at the marks of the subject.'],
    zh: ['标记状态已是如此。', '请查看该对象的标记。'],
  },
};
