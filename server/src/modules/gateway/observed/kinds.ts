import { ownCheckFormat } from '../../../spine/own-checks.ts';
import type { KindSchema } from '../../../spine/rules/kind-schema.ts';

/**
 * A message that a device sent, and what became of its connections. `iccid` and `imei` are the card and the modem that
 * the message itself says it was sent through, by their digits as they came.
 */
export const TELEMETRY = 'device-telemetry';
export const CONNECTION = 'device-connection';

export const telemetry: KindSchema = {
  kind: TELEMETRY,
  fields: {
    ...{ topic: 'string', transport: 'string', qos: 'int', sizeBytes: 'int', isWill: 'bool' },
    ...{ text: 'string', payloadSha256: 'string', iccid: 'string', imei: 'string' },
  },
  counters: [],
};

export const connection: KindSchema = {
  kind: CONNECTION,
  fields: {
    ...{ event: 'string', reason: 'string', transport: 'string', tls: 'string', address: 'string' },
    ...{ topic: 'string', certificate: 'string' },
  },
  counters: [],
  states: ['event'],
};

export const telemetryFormat = ownCheckFormat(TELEMETRY);
export const connectionFormat = ownCheckFormat(CONNECTION);
