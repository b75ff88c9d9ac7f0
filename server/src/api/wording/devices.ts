import { enrolmentWording } from './enrolment.ts';
import type { Wording } from './wording.ts';

const unknown = (en: string, zh: string): Wording => ({
  status: 404,
  en: [`There is no such ${en}.`, 'Check the name or number, and the party you act for.'],
  zh: [`${zh}不存在。`, '请核对名称或编号以及当前所代表的单位。'],
});

/** Devices, their certificates and the authorities that issue them. */
export const devicesWording: Readonly<Record<string, Wording>> = {
  'device-unknown': unknown('device', '设备'),
  'authority-unknown': unknown('certificate authority', '证书签发机构'),
  'certificate-unknown': unknown('certificate', '证书'),
  'crl-unknown': unknown('list of revoked certificates', '证书吊销列表'),
  'profile-unknown': unknown('profile of certificates', '证书规格'),
  'fleet-unknown': unknown('fleet of devices', '设备群'),
  'audit-result-unknown': unknown('audit result', '审计结果'),
  ...enrolmentWording,
  'device-name-refused': {
    status: 422,
    en: [
      'Product or serial number cannot stand in an identity.',
      'Use letters, digits, dot, hyphen and underscore: up to 24 for the product, 39 for the serial number.',
    ],
    zh: [
      '产品名或序列号不能用作身份标识。',
      '请只用字母、数字、点、连字符和下划线：产品名至多 24 位，序列号至多 39 位。',
    ],
  },
  'authority-exists': {
    status: 409,
    en: ['There is an authority of this name.', 'Use that one, or choose another name.'],
    zh: ['已有同名的签发机构。', '请使用原有机构或另选名称。'],
  },
  'authority-not-installed': {
    status: 409,
    en: [
      'The authority does not issue: its certificate is not installed or has ended, or it was retired.',
      'Have its request signed by the root and install the certificate, or choose another authority.',
    ],
    zh: [
      '该机构未在签发：其证书尚未安装或已到期，或已停用。',
      '请由根机构签署其申请并安装证书，或另选机构。',
    ],
  },
  'authority-installed': {
    status: 409,
    en: ['The authority has another certificate already.', 'Make a new authority for a new certificate.'],
    zh: ['该机构已装有另一张证书。', '请为新证书新建机构。'],
  },
  'authority-certificate-refused': {
    status: 422,
    en: [
      'The certificate cannot be this authority’s: {what}.',
      'Have the request signed anew, and give every certificate above it, the root included.',
    ],
    zh: ['该证书不能作为此机构的证书：{what}。', '请重新签署申请，并提供其上各级证书，包括根证书。'],
  },
  'authority-keys-lost': {
    status: 503,
    en: [
      'The file that opens the keys of authorities is gone or is another one.',
      'Put the file that THINGWARD_AUTHORITY_KEYS names back from its backup; nothing is signed until then.',
    ],
    zh: [
      '用于打开签发机构密钥的文件缺失或不符。',
      '请从备份恢复 THINGWARD_AUTHORITY_KEYS 指定的文件；在此之前不作任何签名。',
    ],
  },
  'key-store-unknown': {
    status: 422,
    en: [
      'There is no key store {store} here; there are: {known}.',
      'Choose one of them, or set up a PKCS#11 token.',
    ],
    zh: ['此处没有密钥存储 {store}；现有：{known}。', '请选择其一，或配置 PKCS#11 令牌。'],
  },
  'key-store-failed': {
    status: 503,
    en: [
      'The store of keys failed: {said}.',
      'See that the token is there and its PIN is right, then try again.',
    ],
    zh: ['密钥存储出错：{said}。', '请确认令牌在位且 PIN 正确，然后重试。'],
  },
  'key-refused': {
    status: 422,
    en: ['The key is none that may be used here: {what}.', 'Make a key of a kind that the profile names.'],
    zh: ['不接受该密钥：{what}。', '请使用规格所列种类的密钥。'],
  },
  'key-of-another-device': {
    status: 409,
    en: [
      'Another device has a certificate for this key.',
      'Each device makes a key of its own; look whether one was cloned.',
    ],
    zh: ['另一设备已有该密钥的证书。', '每台设备须自行生成密钥；请核查是否有设备被克隆。'],
  },
  'key-revoked': {
    status: 409,
    en: ['This key was given up as compromised.', 'Make a new key on the device.'],
    zh: ['该密钥已因泄露而废止。', '请在设备上生成新密钥。'],
  },
  'signature-algorithm-refused': {
    status: 422,
    en: [
      'What it is signed with is not accepted: {algorithm}.',
      'Sign with SHA-256 or longer, or with Ed25519.',
    ],
    zh: ['不接受其签名算法：{algorithm}。', '请使用 SHA-256 或更强的算法，或 Ed25519。'],
  },
  'request-unreadable': {
    status: 422,
    en: [
      'The request cannot be read as PKCS#10: {what}.',
      'Send it as PEM, as `openssl req -new` writes it.',
    ],
    zh: ['无法按 PKCS#10 读取该申请：{what}。', '请以 PEM 发送，如 `openssl req -new` 所生成。'],
  },
  'request-not-signed': {
    status: 422,
    en: ['Who sent the request does not hold its key.', 'Sign the request with the key it is for.'],
    zh: ['申请的发送方不持有其中的密钥。', '请用该密钥签署申请。'],
  },
  'request-of-another': {
    status: 422,
    en: ['The request names another device.', 'Leave the common name out, or write the device’s own.'],
    zh: ['申请中写的是另一设备。', '请省略通用名，或写明本设备。'],
  },
  'certificate-revoked': {
    status: 409,
    en: ['The certificate is revoked for good.', 'Issue a new one for a new key.'],
    zh: ['该证书已被永久吊销。', '请为新密钥签发新证书。'],
  },
  'certificate-not-held': {
    status: 409,
    en: ['The certificate is not suspended.', 'See its state.'],
    zh: ['该证书未被暂停。', '请查看其状态。'],
  },
  'revocation-unknown': {
    status: 404,
    en: ['There is no such revocation of many.', 'List them.'],
    zh: ['没有该批量吊销。', '请查看列表。'],
  },
  'revocation-empty': {
    status: 422,
    en: ['The selection meets no certificate that stands.', 'Name an authority, a product or certificates.'],
    zh: ['所选范围内没有有效证书。', '请指明签发机构、产品或证书。'],
  },
  'revocation-too-large': {
    status: 422,
    en: ['It would end more than {most} certificates at once.', 'Choose less, and ask several times.'],
    zh: ['一次将吊销超过 {most} 张证书。', '请缩小范围，分次提出。'],
  },
  'revocation-changed': {
    status: 409,
    en: ['The selection meets {found} certificates, not {expected}.', 'Look at the preview again.'],
    zh: ['所选范围有 {found} 张证书，而非 {expected} 张。', '请重新预览。'],
  },
  'revocation-decided': {
    status: 409,
    en: ['The revocation has ended or was withdrawn.', 'See its state.'],
    zh: ['该批量吊销已结束或已撤回。', '请查看其状态。'],
  },
  'revocation-by-the-asker': {
    status: 403,
    en: ['Nobody approves a revocation they asked for themselves.', 'Ask a second person.'],
    zh: ['不得批准自己提出的批量吊销。', '请由另一人批准。'],
  },
  'profiles-invalid': {
    status: 500,
    en: ['The catalogue of profiles cannot be read: {entry}, {field}.', 'Mend the file and start again.'],
    zh: ['证书规格目录无法读取：{entry}，{field}。', '请修正文件后重启。'],
  },
  'checks-invalid': {
    status: 500,
    en: ['The catalogue of audit checks cannot be read: {entry}, {field}.', 'Mend the file and start again.'],
    zh: ['审计项目录无法读取：{entry}，{field}。', '请修正文件后重启。'],
  },
  'root-refused': {
    status: 422,
    en: ['The root says no: {what} ({place}).', 'Mend that, and try again; nothing was signed.'],
    zh: ['根机构拒绝：{what}（{place}）。', '请修正后重试；未作任何签名。'],
  },
  'der-unreadable': {
    status: 422,
    en: [
      'The octets are no DER of what was expected: {what}, {place}.',
      'Send it as the program that made it wrote it.',
    ],
    zh: ['字节内容不是所需的 DER：{what}，{place}。', '请按生成程序的原样发送。'],
  },
};
