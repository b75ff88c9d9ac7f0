import type { Wording } from './wording.ts';

/** CAMARA IoT SIM Fraud Prevention. The English titles are the messages of its answers; some the contract prescribes. */
export const camaraWording: Readonly<Record<string, Wording>> = {
  'camara-argument': {
    status: 400,
    en: ['An argument is wrong: {said}.', 'Mend the request as the contract of the interface has it.'],
    zh: ['参数有误：{said}。', '请按接口规范修改请求。'],
  },
  'camara-identifier-missing': {
    status: 422,
    en: ['The device cannot be identified.', 'Name it by its phone number.'],
    zh: ['无法识别设备。', '请填写设备号码。'],
  },
  'camara-identifier-unsupported': {
    status: 422,
    en: ['The identifier provided is not supported.', 'Name the device by its phone number.'],
    zh: ['不支持该标识类型。', '请使用设备号码。'],
  },
  'camara-identifier-unknown': {
    status: 404,
    en: ['No device has this identifier.', 'Check the number, and the party of the key.'],
    zh: ['没有对应该标识的设备。', '请核对号码以及密钥所属单位。'],
  },
  'camara-identifier-mismatch': {
    status: 422,
    en: ['Provided identifiers are not consistent.', 'Name one device, by identifiers of its own.'],
    zh: ['所填标识指向不同设备。', '请填写同一设备的标识。'],
  },
  'camara-identifier-unnecessary': {
    status: 422,
    en: ['The device is already identified by the access token.', 'Leave device out of the request.'],
    zh: ['访问令牌已标识该设备。', '请勿在请求中再填写 device。'],
  },
  'camara-imei-unbound-already': {
    status: 422,
    en: ['The current device imei has been unbound.', 'There is nothing to end.'],
    zh: ['该设备的 IMEI 已解绑。', '无需再次解绑。'],
  },
  'camara-area-lifted-already': {
    status: 422,
    en: ['The current device area limit has been unbound.', 'There is nothing to lift.'],
    zh: ['该设备的区域限制已解除。', '无需再次解除。'],
  },
  'camara-quota-exceeded': {
    status: 429,
    en: ['More was asked than one consumer may in a minute.', 'Ask again in a minute.'],
    zh: ['一分钟内的请求数超过限额。', '请一分钟后重试。'],
  },
  'camara-version-unknown': {
    status: 404,
    en: ['There is no such version of the interface.', 'Use v0.1, v0.1rc1 or vwip.'],
    zh: ['没有该接口版本。', '请使用 v0.1、v0.1rc1 或 vwip。'],
  },
  'camara-protocol': {
    status: 400,
    en: ['The protocol is not supported: {said}.', 'Use HTTP.'],
    zh: ['不支持该协议：{said}。', '请使用 HTTP。'],
  },
  'camara-sink': {
    status: 400,
    en: ['The sink is no address that may be reached: {said}.', 'Name an https address that is public.'],
    zh: ['接收地址不可达：{said}。', '请填写公网 https 地址。'],
  },
  'camara-credential': {
    status: 400,
    en: ['The credential of the sink cannot be used: {said}.', 'Use an access token with its end.'],
    zh: ['接收端凭据不可用：{said}。', '请使用带到期时间的访问令牌。'],
  },
  'camara-token': {
    status: 400,
    en: ['The token of the sink cannot be used: {said}.', 'Use a bearer token.'],
    zh: ['接收端令牌不可用：{said}。', '请使用 bearer 令牌。'],
  },
  'camara-out-of-range': {
    status: 400,
    en: ['A number is out of range: {said}.', 'Use one from 1 to 1,000,000.'],
    zh: ['数值超出范围：{said}。', '请使用 1 至 1,000,000。'],
  },
  'camara-subscription-unknown': {
    status: 404,
    en: ['There is no such subscription.', 'Look it up in the list of subscriptions.'],
    zh: ['没有该订阅。', '请在订阅列表中核对。'],
  },
  'camara-subscriptions-too-many': {
    status: 429,
    en: ['The party has as many subscriptions as it may have.', 'End one that is not needed.'],
    zh: ['该单位的订阅数已达上限。', '请先结束不再需要的订阅。'],
  },
  'camara-callback-unknown': {
    status: 404,
    en: ['Nothing is awaited at this address.', 'Post to the sink of a subscription.'],
    zh: ['该地址不接收通知。', '请发送到订阅所填的接收地址。'],
  },
  'camara-callback-unproven': {
    status: 401,
    en: ['The event does not bear the token of its sink.', 'Send the access token of the subscription.'],
    zh: ['通知未携带接收端的令牌。', '请携带订阅中的访问令牌。'],
  },
  'camara-callback-gone': {
    status: 410,
    en: ['Access to the target resource is no longer available.', 'Send nothing more to this sink.'],
    zh: ['目标资源已不可用。', '请勿再向该地址发送。'],
  },
  'camara-watch-unknown': {
    status: 404,
    en: ['There is no such watch that has not ended.', 'Look it up in the list of watches.'],
    zh: ['没有该监听，或已终止。', '请在监听列表中核对。'],
  },
  'camara-watch-provider': {
    status: 422,
    en: [
      'The provider does not speak CAMARA.',
      'Name one with the adapter camara, camara-key or camara-token.',
    ],
    zh: ['该提供方不支持 CAMARA 接口。', '请选择适配器为 camara、camara-key 或 camara-token 的提供方。'],
  },
  'camara-watch-card': {
    status: 422,
    en: ['The party has no such card with a number.', 'Import the card with its number (msisdn).'],
    zh: ['本方没有该卡，或该卡没有号码。', '请导入该卡及其号码（msisdn）。'],
  },
  'camara-watch-until': {
    status: 400,
    en: ['The end of a watch lies in the past.', 'Name a moment to come.'],
    zh: ['监听截止时间已过。', '请填写将来的时间。'],
  },
  'camara-watch-nowhere': {
    status: 409,
    en: [
      'Operators cannot reach this installation.',
      'Set THINGWARD_PUBLIC_URL to a public https address; see the page on CAMARA.',
    ],
    zh: ['运营方无法访问本系统。', '请将 THINGWARD_PUBLIC_URL 设为公网 https 地址，参见 CAMARA 说明。'],
  },
  'camara-watches-too-many': {
    status: 409,
    en: ['The party has as many watches as it may have.', 'End one that is not needed.'],
    zh: ['本方的监听数已达上限。', '请先终止不再需要的监听。'],
  },
};
