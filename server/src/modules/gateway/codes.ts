/** Everything the gateway refuses with. */
export const GATEWAY_CODES = [
  'topics-refused',
  'gateway-port-refused',
  'gateway-tls-refused',
] as const satisfies readonly string[];
export type GatewayCode = (typeof GATEWAY_CODES)[number];
