import type { WordingOf } from './wording.ts';

/** Codes of the room of personal data; that none lacks its wording is seen to where its addresses are mounted. */
export const privacyWording: WordingOf<string> = {
  'vault-keys-lost': {
    status: 503,
    en: [
      'The file of the vault’s root keys is gone: nothing of a person can be shown or kept.',
      'Put back the file vault.keys from its own backup; no other key opens what is sealed.',
    ],
    zh: [
      '保险库根密钥文件缺失：个人信息既不能显示也不能保存。',
      '请从其单独备份恢复 vault.keys 文件；其他密钥无法打开已封存的数据。',
    ],
  },
  'vault-key-lost': {
    status: 503,
    en: [
      'Root key {root} of the vault is missing: nothing of a person can be shown or kept.',
      'Put back the file vault.keys that holds it; no other key opens what is sealed.',
    ],
    zh: [
      '缺少保险库根密钥 {root}：个人信息既不能显示也不能保存。',
      '请恢复包含该密钥的 vault.keys 文件；其他密钥无法打开已封存的数据。',
    ],
  },
  'vault-key-wrong': {
    status: 503,
    en: [
      'Root key {root} in the file is not the one this database was sealed under: nothing is shown or kept.',
      'Put back the file vault.keys that belongs to this database.',
    ],
    zh: [
      '文件中的根密钥 {root} 与本数据库封存时所用的不符：不显示也不保存任何数据。',
      '请恢复属于本数据库的 vault.keys 文件。',
    ],
  },
  'vault-root-in-use': {
    status: 409,
    en: [
      'Root key {root} is in use: {keys} keys are wrapped under it, or it is the newest.',
      'Wait until the keys are wrapped anew, or add a root key first.',
    ],
    zh: [
      '根密钥 {root} 仍在使用：有 {keys} 个密钥由其封装，或它是最新的根密钥。',
      '请等待密钥重新封装完成，或先添加新的根密钥。',
    ],
  },
  'vault-root-unknown': {
    status: 404,
    en: ['There is no root key {root} in use.', 'Look at the list of root keys.'],
    zh: ['没有在用的根密钥 {root}。', '请查看根密钥列表。'],
  },
  'root-keys-unreadable': {
    status: 503,
    en: [
      'The file of the vault’s root keys cannot be read.',
      'Tell the operator: the file is damaged or not accessible to the server.',
    ],
    zh: ['无法读取保险库根密钥文件。', '请联系运维人员：文件损坏或服务器无权访问。'],
  },
  'root-keys-exposed': {
    status: 503,
    en: [
      'Others than its owner may read the file of the vault’s root keys ({mode}).',
      'Tell the operator to allow its owner alone ({wanted}), and to renew the root key.',
    ],
    zh: [
      '保险库根密钥文件可被其他用户读取（{mode}）。',
      '请联系运维人员仅限所有者访问（{wanted}），并更换根密钥。',
    ],
  },
  'root-key-missing': {
    status: 503,
    en: ['The file of root keys lacks number {number}.', 'Put back the file vault.keys that holds it.'],
    zh: ['根密钥文件缺少编号 {number}。', '请恢复包含该密钥的 vault.keys 文件。'],
  },
  'sealed-unopened': {
    status: 500,
    en: [
      'A sealed value does not open: it was changed, moved, or sealed under another key.',
      'Nothing is shown. Tell the operator: this is an alarm, and the request is on record.',
    ],
    zh: [
      '封存的数据无法打开：已被更改、移动，或由其他密钥封存。',
      '不显示任何内容。请联系运维人员：此为告警，请求已记录。',
    ],
  },
  'person-unknown': {
    status: 404,
    en: ['There is no such person.', 'Check the handle, and the party you act for.'],
    zh: ['没有该人员登记。', '请核对编号以及当前所代表的单位。'],
  },
  'person-known': {
    status: 409,
    en: ['This identity is registered as {person}.', 'Use that registration.'],
    zh: ['该身份已登记为 {person}。', '请使用已有登记。'],
  },
  'person-shredded': {
    status: 410,
    en: [
      'This person’s record was ended and its keys destroyed.',
      'Nothing of it can be read any more; register the person anew if need be.',
    ],
    zh: ['该人员记录已终止，密钥已销毁。', '其内容不可再读取；如需要请重新登记。'],
  },
  'person-holds-cards': {
    status: 409,
    en: [
      'The person holds cards, and their registration is a duty while they do.',
      'End or hand over the cards first.',
    ],
    zh: ['该人员名下仍有物联网卡，在此期间登记为法定义务。', '请先终止或过户相关卡。'],
  },
  'document-unknown': {
    status: 404,
    en: ['The person has no such document.', 'Check its number in the list of the person’s documents.'],
    zh: ['该人员没有该证件登记。', '请在该人员的证件列表中核对编号。'],
  },
  'document-kind-wrong': {
    status: 422,
    en: ['A document of the kind {kind} does not identify a {person}.', 'Choose a kind that does.'],
    zh: ['证件类型 {kind} 不能证明该类主体（{person}）的身份。', '请选择适用的证件类型。'],
  },
  'document-number-invalid': {
    status: 422,
    en: [
      'This cannot be the number of a document of the kind {kind}: its form or check character is wrong.',
      'Compare it with the document.',
    ],
    zh: ['该号码不可能是 {kind} 类证件的号码：格式或校验位有误。', '请与证件核对。'],
  },
  'document-expired': {
    status: 422,
    en: ['The document has expired.', 'Verify with one that is in date.'],
    zh: ['证件已过期。', '请使用有效期内的证件核验。'],
  },
  'verification-term-invalid': {
    status: 422,
    en: [
      'A verification lasts into the future, not beyond its document, and at most {days} days.',
      'Give another end or none.',
    ],
    zh: ['核验有效期须在未来，不得超过证件有效期，且最长 {days} 天。', '请更改截止时间或不填写。'],
  },
  're-verification-running': {
    status: 409,
    en: ['The card is being verified again already.', 'Finish that one first.'],
    zh: ['该卡已在重新核验中。', '请先完成该次核验。'],
  },
  're-verification-unknown': {
    status: 404,
    en: ['There is no such verification.', 'Check its number, and the party you act for.'],
    zh: ['没有该重新核验记录。', '请核对编号以及当前所代表的单位。'],
  },
  're-verification-over': {
    status: 409,
    en: ['This verification is over: it is {state}.', 'Begin another one if need be.'],
    zh: ['该重新核验已结束：{state}。', '如需要请另行发起。'],
  },
  're-verification-clock-missing': {
    status: 409,
    en: [
      'No catalogue in force has a clock for verifying again.',
      'Put a clock that starts with re-verification-notice into a catalogue of clocks.',
    ],
    zh: [
      '没有生效的时限目录规定重新核验的时限。',
      '请在时限目录中加入以 re-verification-notice 开始的时限。',
    ],
  },
  'notice-unknown': {
    status: 404,
    en: ['There is no such notice.', 'Check its number or code.'],
    zh: ['没有该告知书。', '请核对编号或编码。'],
  },
  'notice-sent': {
    status: 409,
    en: ['This notice was sent already.', 'Look at how and when; nothing is sent twice.'],
    zh: ['该告知书已发送。', '请查看发送方式与时间，不会重复发送。'],
  },
  'measure-not-of-case': {
    status: 422,
    en: ['The measure does not belong to this case.', 'Choose one of the case.'],
    zh: ['该措施不属于此案件。', '请选择此案件的措施。'],
  },
  'code-invalid': {
    status: 404,
    en: ['This code opens nothing.', 'Check it letter by letter; it stands on the notice or receipt.'],
    zh: ['该编码无效。', '请逐字核对告知书或回执上的编码。'],
  },
  'appeal-running': {
    status: 409,
    en: ['An appeal in this case is being checked.', 'Its answer comes first.'],
    zh: ['该案件已有申诉正在核查。', '请等待答复。'],
  },
  'appeal-unknown': {
    status: 404,
    en: ['There is no such appeal.', 'Check its number, and the party you act for.'],
    zh: ['没有该申诉。', '请核对编号以及当前所代表的单位。'],
  },
  'appeal-answered': {
    status: 409,
    en: ['This appeal was answered.', 'Look at the answer.'],
    zh: ['该申诉已答复。', '请查看答复。'],
  },
  'appeal-own-decision': {
    status: 403,
    en: ['Who decided the measure does not answer the appeal against it.', 'Let another officer answer.'],
    zh: ['作出措施决定的人员不得答复对其的申诉。', '请由其他经办人答复。'],
  },
  'report-unknown': {
    status: 404,
    en: ['There is no such report.', 'Check its number, and the party you act for.'],
    zh: ['没有该报告。', '请核对编号以及当前所代表的单位。'],
  },
  'report-state-wrong': {
    status: 409,
    en: ['A report that is {state} cannot go that step.', 'Look at what was done with it.'],
    zh: ['处于 {state} 状态的报告不能进行该步骤。', '请查看其处理情况。'],
  },
  'informant-report-unknown': {
    status: 404,
    en: ['There is no such report.', 'Check its number or receipt code.'],
    zh: ['没有该举报。', '请核对编号或回执编码。'],
  },
  'informant-report-answered': {
    status: 409,
    en: ['This report was answered.', 'Look at the answer.'],
    zh: ['该举报已答复。', '请查看答复。'],
  },
  'too-many-reports': {
    status: 429,
    en: ['Too many came from here within the hour.', 'Wait {retryAfterS} seconds.'],
    zh: ['一小时内提交次数过多。', '请等待 {retryAfterS} 秒。'],
  },
  'receiver-unknown': {
    status: 422,
    en: [
      'Nobody receives reports under that number.',
      'Leave it out: the report goes to who runs this installation.',
    ],
    zh: ['该编号没有对应的受理单位。', '不填写则由本系统运营单位受理。'],
  },
  'decision-missing': {
    status: 422,
    en: ['No credit entry without the decision that confirms it.', 'Attach the document of the decision.'],
    zh: ['没有认定决定文书不得记入信用记录。', '请附上决定文书。'],
  },
  'credit-entry-known': {
    status: 409,
    en: ['This decision is entered for the person already.', 'Look at the entry.'],
    zh: ['该决定已记入此人的信用记录。', '请查看已有记录。'],
  },
  'credit-entry-unknown': {
    status: 404,
    en: ['There is no such credit entry.', 'Check its number, and the party you act for.'],
    zh: ['没有该信用记录。', '请核对编号以及当前所代表的单位。'],
  },
  'credit-entry-over': {
    status: 409,
    en: ['This entry is {state}.', 'Nothing more is done with it.'],
    zh: ['该记录状态为 {state}。', '不再办理任何事项。'],
  },
  'credit-not-repairable': {
    status: 409,
    en: [
      'The entry can be repaired from {from} on, when duties are done and a public pledge is made.',
      'Wait until then, and attach what shows both.',
    ],
    zh: ['该记录自 {from} 起，在履行义务并公开承诺后方可修复。', '请届时提交证明材料。'],
  },
  'credit-appeal-state-wrong': {
    status: 409,
    en: ['There is no appeal to answer, or one is being checked.', 'Look at the entry.'],
    zh: ['没有待答复的申诉，或已有申诉正在核查。', '请查看该记录。'],
  },
  'file-digest-differs': {
    status: 422,
    en: ['The attached document is damaged or no base64.', 'Attach it again.'],
    zh: ['所附文书损坏或不是 base64 编码。', '请重新附上。'],
  },
  'verification-missing': {
    status: 409,
    en: [
      'The person has no verification from after this was asked for.',
      'Verify the identity first, then count it here.',
    ],
    zh: ['该人员没有在发起之后完成的核验。', '请先完成身份核验，再在此确认。'],
  },
  'decision-date-ahead': {
    status: 422,
    en: ['The date of the decision is still to come.', 'Compare it with the document.'],
    zh: ['决定日期尚未到来。', '请与文书核对。'],
  },
};
