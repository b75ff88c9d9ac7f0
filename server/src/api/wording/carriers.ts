import type { WordingOf } from './wording.ts';

export const carriersWording: WordingOf<
  | 'provider-unreachable'
  | 'provider-answer-unreadable'
  | 'provider-busy'
  | 'provider-sign-in-refused'
  | 'provider-card-unknown'
> = {
  'provider-unreachable': {
    status: 502,
    en: [
      'The provider gave no answer.',
      'Check its address, the network and the networks the server may reach.',
    ],
    zh: ['运营方没有应答。', '请检查其地址、网络以及服务器允许访问的网络范围。'],
  },
  'provider-answer-unreadable': {
    status: 502,
    en: [
      'The provider’s answer is not what its published contract says.',
      'Check the address; the server’s log names the part.',
    ],
    zh: ['运营方的应答不符合其公开的接口约定。', '请检查地址；服务器日志中有具体字段。'],
  },
  'provider-busy': {
    status: 503,
    en: ['The provider asked to be left alone for {seconds} s.', 'Ask again after that.'],
    zh: ['运营方要求 {seconds} 秒内不再访问。', '请在此之后重试。'],
  },
  'provider-sign-in-refused': {
    status: 409,
    en: [
      'The provider does not accept what is kept to sign in with.',
      'Set it anew; it is tried again after five minutes.',
    ],
    zh: ['运营方不接受已保存的登录凭据。', '请重新设置；五分钟后会再次尝试。'],
  },
  'provider-card-unknown': {
    status: 404,
    en: [
      'The account at the provider has no such card.',
      'Check the ICCID and which account the card belongs to.',
    ],
    zh: ['该运营方账户中没有此卡。', '请核对 ICCID 以及该卡所属账户。'],
  },
};
