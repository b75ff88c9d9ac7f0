import type { SealCode } from '../../kernel/seal/refusals.ts';
import type { LedgerCode } from '../../spine/ledger/refusals.ts';
import type { WordingOf } from './wording.ts';

const TO_OPERATOR = 'Tell the operator of this server; the operating manual says what to do.';
const TO_OPERATOR_ZH = '请通知服务器运维人员，处理办法见运维手册。';

export const ledgerWording: WordingOf<LedgerCode | SealCode> = {
  'ledger-entry-too-large': {
    status: 422,
    en: [
      'The act says more than a ledger entry holds ({mostBytes} bytes).',
      'Say it shorter; nothing was done.',
    ],
    zh: ['该操作的内容超出账本条目上限（{mostBytes} 字节）。', '请精简内容；操作未执行。'],
  },
  'ledger-act-malformed': {
    status: 500,
    en: ['The act cannot be recorded, so it was not done.', TO_OPERATOR],
    zh: ['该操作无法记录，因此未执行。', TO_OPERATOR_ZH],
  },
  'ledger-identifier-in-clear': {
    status: 422,
    en: [
      'The act would write an identifier in clear into the ledger, so it was not done.',
      'Leave out card, device and person numbers where the ledger would show them.',
    ],
    zh: ['该操作会将标识号明文写入账本，因此未执行。', '请勿在账本可见处填写卡号、设备号或个人号码。'],
  },
  'ledger-behind': {
    status: 503,
    en: ['The database holds less than the ledger has published; nothing is signed.', TO_OPERATOR],
    zh: ['数据库内容少于账本已公布的内容，已停止签名。', TO_OPERATOR_ZH],
  },
  'ledger-not-behind': {
    status: 409,
    en: ['The ledger can be signed on as it is; no other log has to follow it.', 'Nothing is to be done.'],
    zh: ['账本可照常继续签名，无需由新的账本接续。', '无需任何操作。'],
  },
  'ledger-forked': {
    status: 503,
    en: ['The database holds another history than the ledger has published; nothing is signed.', TO_OPERATOR],
    zh: ['数据库历史与账本已公布的历史不一致，已停止签名。', TO_OPERATOR_ZH],
  },
  'ledger-damaged': {
    status: 503,
    en: ['Rows of the ledger do not lead to what was signed.', TO_OPERATOR],
    zh: ['账本数据与已签名内容不符。', TO_OPERATOR_ZH],
  },
  'ledger-key-differs': {
    status: 503,
    en: ['The ledger was signed with another key than the one in use.', TO_OPERATOR],
    zh: ['账本的签名密钥与当前密钥不同。', TO_OPERATOR_ZH],
  },
  'seal-key-unreadable': {
    status: 503,
    en: ['The key file of the ledger cannot be read.', TO_OPERATOR],
    zh: ['无法读取账本密钥文件。', TO_OPERATOR_ZH],
  },
  'seal-key-exposed': {
    status: 503,
    en: [
      'Others than its owner may read the key file of the ledger.',
      'Set its mode to 600, and consider a new key.',
    ],
    zh: ['账本密钥文件可被其他用户读取。', '请将文件权限设为 600，并考虑更换密钥。'],
  },
  'seal-key-not-ed25519': {
    status: 503,
    en: ['The key file of the ledger holds no Ed25519 key.', TO_OPERATOR],
    zh: ['账本密钥文件中不是 Ed25519 密钥。', TO_OPERATOR_ZH],
  },
  'seal-salt-of-another': {
    status: 409,
    en: ['What the act commits to belongs to another party.', 'Check the number, and the party you act for.'],
    zh: ['该操作所涉内容属于其他单位。', '请核对编号以及当前所代表的单位。'],
  },
};
