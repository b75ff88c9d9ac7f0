import type { Wording } from './wording.ts';

/** Where devices come in. */
export const gatewayWording: Readonly<Record<string, Wording>> = {
  'topics-refused': {
    status: 422,
    en: [
      'A pattern of topics cannot be used: {pattern} ({what}).',
      'Use levels separated by /, + for one whole level, # as the last; {device}, {product} and {serial} stand for the device.',
    ],
    zh: [
      '主题模式不可用：{pattern}（{what}）。',
      '请用 / 分隔层级，+ 表示一整层，# 只能在末尾；{device}、{product}、{serial} 代表设备自身。',
    ],
  },
  'gateway-port-refused': {
    status: 500,
    en: [
      'The gateway cannot listen on {host} port {port}.',
      'Give a free port of this machine in THINGWARD_GATEWAY_MQTT_PORT or THINGWARD_GATEWAY_HTTPS_PORT (0 takes any), and an address of it in THINGWARD_GATEWAY_HOST.',
    ],
    zh: [
      '设备网关无法监听 {host} 的端口 {port}。',
      '请用 THINGWARD_GATEWAY_MQTT_PORT 或 THINGWARD_GATEWAY_HTTPS_PORT 指定本机空闲端口（0 表示任意），用 THINGWARD_GATEWAY_HOST 指定本机地址。',
    ],
  },
  'gateway-tls-refused': {
    status: 500,
    en: [
      'The certificate or key of the gateway cannot be used.',
      'Put a certificate in PEM at THINGWARD_GATEWAY_CERT, what chains it after it, and its own key at THINGWARD_GATEWAY_KEY.',
    ],
    zh: [
      '设备网关的证书或私钥不可用。',
      '请在 THINGWARD_GATEWAY_CERT 处放置 PEM 证书（其后附证书链），在 THINGWARD_GATEWAY_KEY 处放置对应私钥。',
    ],
  },
};
