import type { Wording } from './wording.ts';

/** Contracts, openings, bindings and swap windows. The door does not open while a code of theirs is missing here. */
export const contractsWording: Readonly<Record<string, Wording>> = {
  'contract-unknown': {
    status: 404,
    en: ['There is no such contract.', 'Check the number, and the party you act for.'],
    zh: ['合同不存在。', '请核对编号以及当前所代表的单位。'],
  },
  'contract-exists': {
    status: 409,
    en: ['The party has a contract of this reference.', 'Change that one, or choose another reference.'],
    zh: ['该单位已有此编号的合同。', '请修改原合同或另选编号。'],
  },
  'contract-not-a-draft': {
    status: 409,
    en: ['This contract is no draft any more.', 'Amend it instead.'],
    zh: ['该合同已不是草稿。', '请改用合同变更。'],
  },
  'contract-not-signed': {
    status: 409,
    en: ['This contract is not in force: it was not signed, or has ended.', 'Sign it, or use another.'],
    zh: ['该合同未生效：尚未签署或已终止。', '请先签署，或使用其他合同。'],
  },
  'contract-not-signable': {
    status: 422,
    en: [
      'The contract cannot be signed: {faults}.',
      'State what is missing. Real-name duty and penalties must be stated, and the channel must be one that is allowed.',
    ],
    zh: ['合同不能签署：{faults}。', '请补全条款：须写明实名责任与违约处罚，且销售渠道须为允许的渠道。'],
  },
  'contract-not-storable': {
    status: 422,
    en: ['What the contract says cannot be registered: {why}.', 'Shorten it, or correct the text.'],
    zh: ['合同内容无法登记：{why}。', '请缩短或更正文本。'],
  },
  'contract-end-invalid': {
    status: 422,
    en: ['A contract ends within its term, with a reason.', 'Give a reason, and a moment inside the term.'],
    zh: ['合同须在期限内终止并说明原因。', '请给出原因以及期限内的时间。'],
  },
  'amendment-below-openings': {
    status: 409,
    en: [
      'Opening {opening} is in force and would not be allowed by the new clauses.',
      'Revoke it first, or amend the contract otherwise.',
    ],
    zh: ['第 {opening} 号开通正在生效，新条款不允许。', '请先撤销该开通，或另行变更合同。'],
  },
  'amendment-untimely': {
    status: 422,
    en: [
      'The amendment begins before the last one, outside the term, or changes when the contract begins.',
      'Choose a later moment within the term, and leave its beginning.',
    ],
    zh: [
      '变更早于上次变更、超出合同期限，或改动了合同起始时间。',
      '请选择期限内更晚的时间，且不改动起始时间。',
    ],
  },
  'opening-unknown': {
    status: 404,
    en: ['There is no such opening.', 'Check the number, and the party you act for.'],
    zh: ['开通申请不存在。', '请核对编号以及当前所代表的单位。'],
  },
  'opening-decided': {
    status: 409,
    en: ['This opening has been decided already.', 'Ask for a new one.'],
    zh: ['该开通申请已有结论。', '请重新申请。'],
  },
  'opening-not-approved': {
    status: 409,
    en: ['This opening is not in force.', 'There is nothing to revoke.'],
    zh: ['该开通未在生效。', '无可撤销。'],
  },
  'opening-by-the-asker': {
    status: 403,
    en: ['Nobody decides on an opening they asked for themselves.', 'Ask a second person.'],
    zh: ['不得审批自己提出的开通申请。', '请由另一人审批。'],
  },
  'opening-beyond-contract': {
    status: 422,
    en: ['The contract does not let this be opened: {what}, {why}.', 'Amend the contract first.'],
    zh: ['合同不允许开通该项：{what}，{why}。', '请先变更合同。'],
  },
  'opening-outlives-contract': {
    status: 422,
    en: ['The opening would outlive the contract.', 'Choose an end within the term.'],
    zh: ['开通期限超出合同期限。', '请选择合同期限内的截止时间。'],
  },
  'opening-term-invalid': {
    status: 422,
    en: [
      'An opening needs a reason, and an end that is still to come and not too far.',
      'Say why, and until when.',
    ],
    zh: ['开通须有理由，且截止时间应在将来并不过长。', '请说明理由和截止时间。'],
  },
  'opening-card-elsewhere': {
    status: 422,
    en: ['The card does not stand under this contract.', 'Name a card of the contract.'],
    zh: ['该卡不在此合同之下。', '请指定该合同下的卡。'],
  },
  'card-unknown': {
    status: 404,
    en: ['There is no such card.', 'Check the ICCID, and the party you act for.'],
    zh: ['卡不存在。', '请核对 ICCID 以及当前所代表的单位。'],
  },
  'moment-unreadable': {
    status: 422,
    en: ['This is no moment with its zone.', 'Write it like 2026-03-01T08:00:00+08:00.'],
    zh: ['时间格式有误或缺少时区。', '请按 2026-03-01T08:00:00+08:00 的形式填写。'],
  },
  'binding-needs-swap-window': {
    status: 409,
    en: ['The card is bound to another device.', 'Declare the change of device before it happens.'],
    zh: ['该卡已绑定其他设备。', '请在更换设备之前申报换机窗口。'],
  },
  'binding-device-missing': {
    status: 422,
    en: ['This is no IMEI.', 'Give 14 to 16 digits.'],
    zh: ['IMEI 无效。', '请填写 14 至 16 位数字。'],
  },
  'binding-device-unseen': {
    status: 409,
    en: ['The card was not seen in any device yet.', 'Bind it when it was used, or state the IMEI.'],
    zh: ['该卡尚未在任何设备中出现。', '请在使用之后绑定，或直接填写 IMEI。'],
  },
  'card-not-bound': {
    status: 409,
    en: ['The card is bound to no device.', 'There is nothing to end.'],
    zh: ['该卡未绑定设备。', '无需解绑。'],
  },
  'area-not-stated': {
    status: 409,
    en: ['Neither the card nor its contract states an area.', 'State a circle in its restrictions first.'],
    zh: ['该卡及其合同均未规定区域。', '请先在限制条件中填写圆形区域。'],
  },
  'area-not-limited': {
    status: 409,
    en: ['The card is held to no area.', 'There is nothing to lift.'],
    zh: ['该卡没有区域限制。', '无需解除。'],
  },
  'swap-window-invalid': {
    status: 422,
    en: [
      'A change of device names the new device, a reason, and a window that ends after it begins and is not too long.',
      'Correct what is wrong.',
    ],
    zh: ['换机申报须写明新设备、原因，且窗口结束晚于开始、不过长。', '请更正后重新提交。'],
  },
  'swap-window-in-the-past': {
    status: 422,
    en: ['A change of device is declared before it happens.', 'Choose a window that is still to come.'],
    zh: ['换机须在发生之前申报。', '请选择尚未开始的窗口。'],
  },
  'reseller-unknown': {
    status: 404,
    en: ['There is no such reseller.', 'Check the number, and the party you act for.'],
    zh: ['代理商不存在。', '请核对编号以及当前所代表的单位。'],
  },
  'reseller-exists': {
    status: 409,
    en: ['The party has a reseller of this reference.', 'Use that one, or choose another reference.'],
    zh: ['该单位已有此编号的代理商。', '请使用原有代理商或另选编号。'],
  },
  'reseller-agreement-incomplete': {
    status: 422,
    en: [
      'The agreement does not say who verifies holders, or what a breach costs.',
      'Name both clauses of the agreement.',
    ],
    zh: ['代理协议未写明实名责任或违约责任。', '请填写协议中的这两项条款。'],
  },
  'return-without-proof': {
    status: 422,
    en: [
      'A return of real-name data says to whom it went, and proves it.',
      'Give the home operator and the SHA-256 of its receipt.',
    ],
    zh: ['实名数据报送须写明接收方并附凭证。', '请填写归属运营商及其回执的 SHA-256。'],
  },
  'return-empty': {
    status: 422,
    en: ['The return tells of no card and no stock.', 'Give rows, or the stock that is held.'],
    zh: ['报送内容为空。', '请填写卡明细或库存数量。'],
  },
};
