import type { Wording } from './wording.ts';

const by = (status: number, en: readonly [string, string], zh: readonly [string, string]): Wording => ({
  status,
  en,
  zh,
});

const ASSESS = ['Assess anew: nothing else opens the gate.', '请重新评估；别无他法。'] as const;
const VERIFY = ['Have the identity verified first.', '请先完成身份核验。'] as const;

/** Source management of cards: the gate before sale and what lies before it. */
export const cardSourceWording: Readonly<Record<string, Wording>> = {
  'isolation-refused': by(
    409,
    [
      'The gate decides by what is there now, not by a picture of before.',
      'Ask again in a transaction of its own.',
    ],
    ['放行判断须依据当前数据，而非旧快照。', '请在独立事务中重试。'],
  ),
  'rules-missing': by(
    503,
    [
      'No lists, moves, limits or weights are in force: the gate stays shut.',
      'Put a catalogue in force under content/catalogues/card-source.',
    ],
    [
      '当前没有生效的清单、变更规则、限额或权重，不予放行。',
      '请在 content/catalogues/card-source 中提供生效的目录。',
    ],
  ),
  'card-of-another-party': by(
    403,
    ['This card is not of that party.', 'Act for the party whose card it is.'],
    ['该卡不属于该单位。', '请以卡所属单位的身份操作。'],
  ),
  'batch-of-another-party': by(
    403,
    ['This batch is not of that party.', 'Take the card in under a batch of its own party.'],
    ['该批次不属于该单位。', '请在本单位的批次下入库。'],
  ),
  'move-not-allowed': by(
    409,
    [
      'No card goes that way from where it is.',
      'See GET /api/v1/card-catalogues/card-life for the moves there are.',
    ],
    ['当前状态不允许该变更。', '允许的变更见 GET /api/v1/card-catalogues/card-life。'],
  ),
  'card-not-in-use': by(
    409,
    [
      'The card’s life does not allow it to be in use: a measure cannot be lifted into it.',
      'Move the card first, through the gate; a terminated card never comes back.',
    ],
    [
      '该卡当前的生命周期状态不允许使用，不能借解除措施恢复。',
      '请先办理相应的状态变更（须通过放行判断）；已销户的卡不可恢复。',
    ],
  ),
  'holder-missing': by(
    409,
    ['No holder is named.', 'Name who the card is for.'],
    ['未指定使用人。', '请指定该卡的使用人。'],
  ),
  'holder-of-another-party': by(
    409,
    ['The holder is not one of the card’s party.', 'Register the holder where the card is.'],
    ['该使用人不属于卡所属单位。', '请在卡所属单位登记使用人。'],
  ),
  'identity-unverified': by(
    409,
    ['The holder’s identity is not verified.', VERIFY[0]],
    ['使用人身份未核验。', VERIFY[1]],
  ),
  'identity-expired': by(
    409,
    ['The holder’s identity was verified, and that has run out.', VERIFY[0]],
    ['使用人身份核验已过期。', VERIFY[1]],
  ),
  'assessment-missing': by(
    409,
    ['The holder’s risk was never assessed.', ASSESS[0]],
    ['使用人未经风险评估。', ASSESS[1]],
  ),
  'assessment-failed': by(
    409,
    ['The holder’s risk assessment failed.', ASSESS[0]],
    ['使用人风险评估未通过。', ASSESS[1]],
  ),
  'assessment-expired': by(
    409,
    ['The holder’s risk assessment has run out.', ASSESS[0]],
    ['使用人风险评估已过期。', ASSESS[1]],
  ),
  'assessment-by-itself': by(
    409,
    ['Nobody assesses themselves.', 'The assessment is for a party above to make.'],
    ['不得自行评估。', '须由上级单位评估。'],
  ),
  'seller-missing': by(
    409,
    ['No seller is named.', 'A party that sells names itself.'],
    ['未指定销售方。', '销售方须注明自身。'],
  ),
  'seller-of-another-party': by(
    409,
    ['This seller may not sell this card.', 'Name the seller that the card’s party knows.'],
    ['该销售方无权销售此卡。', '请指定卡所属单位登记的销售方。'],
  ),
  'seller-identity-unverified': by(
    409,
    ['The seller’s identity is not verified.', VERIFY[0]],
    ['销售方身份未核验。', VERIFY[1]],
  ),
  'seller-identity-expired': by(
    409,
    ['The seller’s identity was verified, and that has run out.', VERIFY[0]],
    ['销售方身份核验已过期。', VERIFY[1]],
  ),
  'seller-assessment-missing': by(
    409,
    ['The seller’s risk was never assessed.', ASSESS[0]],
    ['销售方未经风险评估。', ASSESS[1]],
  ),
  'seller-assessment-failed': by(
    409,
    ['The seller’s risk assessment failed.', ASSESS[0]],
    ['销售方风险评估未通过。', ASSESS[1]],
  ),
  'seller-assessment-expired': by(
    409,
    ['The seller’s risk assessment has run out.', ASSESS[0]],
    ['销售方风险评估已过期。', ASSESS[1]],
  ),
  'seller-assessment-by-itself': by(
    409,
    ['The seller assessed itself.', 'The assessment is for a party above to make.'],
    ['销售方不得自行评估。', '须由上级单位评估。'],
  ),
  'card-assessment-failed': by(
    409,
    ['The card’s own risk assessment failed.', ASSESS[0]],
    ['该卡风险评估未通过。', ASSESS[1]],
  ),
  'channel-missing': by(
    409,
    ['The sales channel is not stated.', 'State by which channel the card is sold.'],
    ['未注明销售渠道。', '请注明销售渠道。'],
  ),
  'channel-unknown': by(
    409,
    ['There is no such sales channel.', 'See GET /api/v1/card-catalogues/card-lists.'],
    ['没有该销售渠道。', '见 GET /api/v1/card-catalogues/card-lists。'],
  ),
  'channel-forbidden': by(
    409,
    ['Cards are not sold by this channel.', 'Sell by a channel that is allowed.'],
    ['该渠道禁止销售物联网卡。', '请使用允许的渠道。'],
  ),
  'classification-missing': by(
    409,
    ['The card lacks its industry class, scenario or device type.', 'Classify it first.'],
    ['该卡缺少行业分类、使用场景或设备类型。', '请先分类。'],
  ),
  'classification-unknown': by(
    409,
    [
      'The industry class, scenario or device type is on no list in force.',
      'See GET /api/v1/card-catalogues/card-lists.',
    ],
    ['行业分类、使用场景或设备类型不在生效清单中。', '见 GET /api/v1/card-catalogues/card-lists。'],
  ),
  'test-term-missing': by(
    409,
    ['A test has an end, and none further off than the limit.', 'Say how many days the test lasts.'],
    ['测试须有期限且不得超过限额。', '请注明测试天数。'],
  ),
  'natural-person-needed': by(
    409,
    [
      'So much traffic to open destinations needs a verified natural person.',
      'Verify the actual user, or lower the allowance.',
    ],
    ['该非定向流量须由已核验的自然人使用。', '请核验实际使用人，或降低流量。'],
  ),
  'cards-per-identity': by(
    409,
    ['This identity holds as many such cards as one may.', 'Lower the allowance, or end another card.'],
    ['该身份名下此类卡已达上限。', '请降低流量或注销其他卡。'],
  ),
  'card-source-unknown': by(
    404,
    [
      'There is no such {kind} among what you may see, or more than one.',
      'Check the name, and the party you act for.',
    ],
    ['在您可见范围内没有该 {kind}，或不止一个。', '请核对名称以及当前所代表的单位。'],
  ),
  'source-exists': by(
    409,
    ['There is such a {kind} already.', 'Use the one there is, or another name.'],
    ['已有该 {kind}。', '请使用已有的，或另取名称。'],
  ),
  'source-number-faulty': by(
    422,
    ['A number cannot be read: {kind}, {fault}.', 'Send it as text, as it is printed.'],
    ['号码无法读取：{kind}，{fault}。', '请按印刷内容以文本提交。'],
  ),
  'batch-over-ordered': by(
    409,
    [
      '{ordered} cards were ordered and {there} are there; {more} more are too many.',
      'Take the rest in under the batch they belong to.',
    ],
    ['订购 {ordered} 张，已入库 {there} 张，再入 {more} 张超出数量。', '请将其余卡计入所属批次。'],
  ),
  'profile-not-allowed': by(
    409,
    ['A profile does not go from {from} to {to} ({why}).', 'Look at where it is, and on which chip.'],
    ['配置文件不能从 {from} 变为 {to}（{why}）。', '请核对其当前状态与所在芯片。'],
  ),
  'risk-inputs-faulty': by(
    422,
    [
      'The assessment lacks or misstates: {inputs}.',
      'See GET /api/v1/card-catalogues/card-risk for what is asked.',
    ],
    ['评估内容缺失或有误：{inputs}。', '所需内容见 GET /api/v1/card-catalogues/card-risk。'],
  ),
};
