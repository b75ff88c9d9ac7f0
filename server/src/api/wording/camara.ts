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
};
