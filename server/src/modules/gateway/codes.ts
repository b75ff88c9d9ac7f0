/** Everything the gateway refuses with. */
export const GATEWAY_CODES = ['topics-refused'] as const satisfies readonly string[];
export type GatewayCode = (typeof GATEWAY_CODES)[number];
