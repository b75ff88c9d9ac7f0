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
};
