import type { Wording } from './wording.ts';

/** What keeps a device from its certificate, as the steps of an enrolment tell it. */
export const enrolmentWording: Readonly<Record<string, Wording>> = {
  'fleet-exists': {
    status: 409,
    en: ['There is a fleet of this name.', 'Use that one, or choose another name.'],
    zh: ['已有同名的设备群。', '请使用原有设备群或另选名称。'],
  },
  'fleet-closed': {
    status: 409,
    en: ['The fleet is closed: nothing is fetched through it.', 'Open another fleet.'],
    zh: ['该设备群已关闭，不再发放证书。', '请另开设备群。'],
  },
  'client-unknown': {
    status: 401,
    en: [
      'Nobody here issued the certificate that was shown, or none was shown.',
      'Enrol with the secret the device is expected with; renew with its own certificate.',
    ],
    zh: ['所出示的证书并非此处签发，或未出示证书。', '请用该设备的预登记密码申领；续期须出示其自身证书。'],
  },
  'client-not-yet-valid': {
    status: 403,
    en: [
      'The certificate that was shown is not valid yet: {from}.',
      'See whether the clock of the server is right.',
    ],
    zh: ['所出示的证书尚未生效：{from}。', '请核对服务器时钟。'],
  },
  'client-expired': {
    status: 403,
    en: [
      'The certificate that was shown ended: {until}.',
      'Renew with the same key within the grace of the fleet, or expect the device anew.',
    ],
    zh: ['所出示的证书已到期：{until}。', '请在宽限期内用同一密钥续期，或重新预登记该设备。'],
  },
  'client-suspended': {
    status: 403,
    en: ['The certificate that was shown is suspended.', 'End the suspension if it was meant to be short.'],
    zh: ['所出示的证书已暂停。', '如属短期暂停，请解除。'],
  },
  'client-revoked': {
    status: 403,
    en: ['The certificate that was shown is revoked.', 'Expect the device anew if it is to come back.'],
    zh: ['所出示的证书已吊销。', '如需恢复该设备，请重新预登记。'],
  },
  'client-of-another-fleet': {
    status: 403,
    en: ['The device is none of this fleet’s product.', 'Let it ask at the address of its own fleet.'],
    zh: ['该设备不属于此设备群的产品。', '请改用其所属设备群的地址。'],
  },
  'secret-wrong': {
    status: 401,
    en: [
      'No such device is expected, or its secret is another.',
      'Expect the device and give it its new secret.',
    ],
    zh: ['没有预登记该设备，或密码不符。', '请预登记该设备并写入新密码。'],
  },
  'secret-ended': {
    status: 401,
    en: ['The secret ended: {until}.', 'Expect the device anew.'],
    zh: ['密码已过期：{until}。', '请重新预登记该设备。'],
  },
  'secret-spent': {
    status: 401,
    en: [
      'The secret was used: the device was seen with its certificate, or that was suspended or revoked.',
      'Let it renew with that certificate, or expect it anew.',
    ],
    zh: ['密码已用过：该设备已使用所领证书，或该证书已暂停或吊销。', '请用该证书续期，或重新预登记。'],
  },
  'too-many-keys': {
    status: 403,
    en: [
      'The device asked for {most} keys and was seen with none.',
      'Find out why answers do not reach it, then expect it anew.',
    ],
    zh: ['该设备已用 {most} 个密钥申领而均未启用。', '请查明应答未送达的原因，然后重新预登记。'],
  },
  'claim-ended': {
    status: 403,
    en: ['The claim certificate ended: {until}.', 'Make another claim for the devices that are left.'],
    zh: ['申领凭证已到期：{until}。', '请为剩余设备另制凭证。'],
  },
  'claim-spent': {
    status: 403,
    en: [
      'The device has a certificate of its own already; a claim gives the first one alone.',
      'Let it renew with that certificate, or expect it with a secret of its own. If it is new, somebody took its name: look at its enrolments.',
    ],
    zh: [
      '该设备已有自己的证书；申领凭证只用于首次领证。',
      '请用该证书续期，或以单独密码重新预登记。若为新设备，则其名称已被冒用，请查看领证经过。',
    ],
  },
  'claim-used-up': {
    status: 403,
    en: [
      'The claim was good for {most} devices, and so many came.',
      'Look whether all were yours, then make another.',
    ],
    zh: ['该凭证限 {most} 台设备，名额已满。', '请核对是否均为本单位设备，再另制凭证。'],
  },
  'claim-too-fast': {
    status: 503,
    en: [
      'More than {most} new devices came by this claim within an hour.',
      'Let them come later; look whether all are yours.',
    ],
    zh: ['一小时内凭此凭证前来的新设备超过 {most} 台。', '请稍后再试，并核对是否均为本单位设备。'],
  },
  'claim-renews-nothing': {
    status: 403,
    en: ['A claim certificate renews nothing.', 'Renew with the device’s own certificate.'],
    zh: ['申领凭证不能用于续期。', '请用设备自身证书续期。'],
  },
  'approval-unknown': {
    status: 404,
    en: ['There is no such request for approval.', 'Check the name or number, and the party you act for.'],
    zh: ['待批申请不存在。', '请核对名称或编号以及当前所代表的单位。'],
  },
  'approval-decided': {
    status: 409,
    en: [
      'It was decided otherwise.',
      'A decision stands for 30 days; revoke the certificate if one was issued.',
    ],
    zh: ['该申请已有不同的决定。', '决定在 30 天内有效；如已签发证书，请予吊销。'],
  },
  'approval-waited-for': {
    status: 409,
    en: ['A person has to approve this first.', 'Approve it, or let the device come back later.'],
    zh: ['须先经人员批准。', '请予批准，或让设备稍后再来。'],
  },
  'approval-declined': {
    status: 403,
    en: ['A person declined this.', 'See who, when and why; a decision stands for 30 days.'],
    zh: ['该申请已被拒绝。', '请查看拒绝人、时间与原因；决定在 30 天内有效。'],
  },
  'subject-changed': {
    status: 403,
    en: [
      'The request has another subject than the device: {wanted} is wanted.',
      'Ask for the subject of the certificate that is renewed.',
    ],
    zh: ['申请中的主体与设备不符，应为 {wanted}。', '请使用原证书的主体。'],
  },
  'names-changed': {
    status: 403,
    en: [
      'The request has other alternative names than the device: {wanted} is wanted.',
      'Leave them out, or ask for those of the certificate that is renewed.',
    ],
    zh: ['申请中的备用名称与设备不符，应为 {wanted}。', '请省略备用名称，或使用原证书的名称。'],
  },
  'channel-of-another': {
    status: 403,
    en: [
      'The request was made for another connection.',
      'Make the request anew for each connection, or leave the challenge password out.',
    ],
    zh: ['该申请是为另一连接生成的。', '请为每次连接重新生成申请，或省略 challengePassword。'],
  },
  'keys-not-made-here': {
    status: 403,
    en: [
      'This fleet makes no keys for devices.',
      'Make the key on the device, or open a fleet that makes keys.',
    ],
    zh: ['该设备群不为设备生成密钥。', '请在设备上生成密钥，或另开可代为生成密钥的设备群。'],
  },
  'body-no-base64': {
    status: 400,
    en: ['The body is no base64.', 'Send the request as base64 of its DER, without lines around it.'],
    zh: ['请求体不是 base64。', '请发送申请 DER 的 base64，不带首尾标记行。'],
  },
};
