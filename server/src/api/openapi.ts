import swagger from '@fastify/swagger';
import type { App } from './app.ts';

/** Gathers the routes' schemas into an OpenAPI 3.1 document, served at /openapi.json. */
export async function mountOpenApi(app: App): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Thingward',
        description:
          'Supervision of IoT security: from an observation to a measure taken in time. Refusals are RFC 9457 problem documents; `accept-language` chooses English or Chinese. Instants are integer milliseconds since 1970-01-01T00:00:00Z; identifiers are strings.',
        version: '0.1.0',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      components: {
        securitySchemes: {
          token: {
            type: 'http',
            scheme: 'bearer',
            description: 'A session token from POST /api/v1/login, or an API key `tw_…`.',
          },
          cookie: { type: 'apiKey', in: 'cookie', name: 'thingward.session_token' },
        },
      },
      security: [{ token: [] }, { cookie: [] }],
    },
  });
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());
}
