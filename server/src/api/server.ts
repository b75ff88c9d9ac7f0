import { TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox';
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify';
import { passingId } from '../kernel/ids.ts';
import { Refusal } from '../kernel/refusal.ts';
import { TLS_RULES, type TlsPair } from '../kernel/tls-files.ts';
import type { App, Doors, RouteFile } from './app.ts';
import { answerListsAsCsv } from './csv-lists.ts';
import { answerFrameworkFault } from './framework-faults.ts';
import { endSlowBodies, refuseHostileBody } from './hostile-bodies.ts';
import { identify } from './identify.ts';
import { maskForRole } from './masked-identifiers.ts';
import { mountOpenApi } from './openapi.ts';
import { answerProblem } from './problems.ts';
import { recordRefusedRequest } from './refused-requests.ts';
import { guardOrigin, writeSecurityHeaders } from './security.ts';
import { BODY_MS } from './server-limits.ts';
import { ShortWays } from './short-ways.ts';
import type { DoorCode } from './wording/door.ts';

/** Largest body of an ordinary request. Uploads are streams of any size on addresses of their own. */
const BODY_LIMIT_BYTES = 1 << 20;

export interface ApiSettings {
  /** Origins whose pages may write with a cookie, `https://supervise.example.org`; the request's own host always may. */
  readonly origins: readonly string[];
  /** Addresses of reverse proxies whose x-forwarded-for is believed; empty: the socket's address counts. */
  readonly trustedProxies: readonly string[];
  /** With it the door speaks TLS by itself. */
  readonly tls?: TlsPair | undefined;
}

/**
 * The HTTP door with its routes mounted, not yet listening. Every answer to a refusal is an RFC 9457
 * problem document; requests are logged by route pattern, never by address line, so no identifier reaches
 * the log.
 */
export async function buildApi(
  doors: Doors,
  routes: readonly RouteFile[],
  settings: ApiSettings = { origins: [], trustedProxies: [] },
): Promise<App> {
  const app = Fastify({
    loggerInstance: doors.log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: passingId,
    // Whatever is logged of a request names it by itself.
    childLoggerFactory: logger => logger,
    bodyLimit: BODY_LIMIT_BYTES,
    frameworkErrors: answerFrameworkFault,
    trustProxy: settings.trustedProxies.length === 0 ? false : [...settings.trustedProxies],
    forceCloseConnections: true,
    ...(settings.tls === undefined
      ? {}
      : { https: { cert: settings.tls.cert, key: settings.tls.key, ...TLS_RULES } }),
    routerOptions: { maxParamLength: 300 },
  });
  app.setValidatorCompiler(TypeBoxValidatorCompiler);
  app.setErrorHandler(async (thrown, request, reply) => {
    // What cannot be put on record is told as that failure.
    const told = await recordRefusedRequest(doors, thrown, request).then(
      () => thrown,
      (failed: unknown) => failed,
    );
    return answerProblem(told, request, reply);
  });
  app.setNotFoundHandler(() => {
    throw new Refusal<DoorCode>('no-such-route');
  });
  app.removeContentTypeParser('text/plain');
  // CloudEvents 1.0.2 in structured mode: JSON under a name of its own.
  const json = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser('application/cloudevents+json', { parseAs: 'string' }, json);
  app.decorateRequest('actor', null);
  app.decorateRequest('noActor', null);
  app.addHook('onRequest', writeSecurityHeaders);
  app.addHook('onRequest', identify(doors));
  app.addHook('onRequest', guardOrigin(settings.origins));
  app.addHook('preParsing', endSlowBodies(BODY_LIMIT_BYTES, BODY_MS));
  app.addHook('preValidation', refuseHostileBody);
  app.addHook('onSend', answerListsAsCsv(app as App));
  app.addHook('preSerialization', maskForRole);
  app.decorate('shortWays', new ShortWays(app as App, settings.trustedProxies.length > 0));
  app.addHook('onResponse', tellAnswered);
  app.shortWays.hear(({ tookMs, ...told }) =>
    doors.log.info({ ...told, tookMs: Math.round(tookMs) }, 'request'),
  );
  await mountOpenApi(app);
  await app.register(async scope => {
    for (const mount of routes) mount(scope as App, doors);
  });
  return app;
}

function tellAnswered(
  this: FastifyInstance,
  request: FastifyRequest,
  reply: FastifyReply,
  done: () => void,
): void {
  this.shortWays.tell({
    requestId: request.id,
    method: request.method,
    route: request.routeOptions.url ?? 'none',
    status: reply.statusCode,
    tookMs: reply.elapsedTime,
    actor: request.actor?.label ?? null,
  });
  done();
}
