import type { Contribution } from '../../spine/contribution.ts';
import { openGateway } from './adapters/live.ts';
import { GATEWAY_CODES } from './codes.ts';
import { connection, connectionFormat, telemetry, telemetryFormat } from './observed/kinds.ts';
import { gatewayRoutes } from './routes.ts';

/** The room by which devices come in: MQTT and HTTPS over mutual TLS. */
export function gateway(): Contribution {
  return {
    module: 'gateway',
    kinds: [],
    formats: [telemetryFormat, connectionFormat],
    observationKinds: [telemetry, connection],
    boundAt: () => ({}),
    boundEdges: [],
    boundBasis: [],
    boundSchema: {},
    measures: [],
    adapters: {},
    trafficOf: () => 'neither',
    imports: [],
    routes: gatewayRoutes,
    open: openGateway,
    codes: GATEWAY_CODES,
  };
}
