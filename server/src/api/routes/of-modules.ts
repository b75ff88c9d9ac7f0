import { Refusal } from '../../kernel/refusal.ts';
import { Later, Octets } from '../../spine/module-route.ts';
import { type App, type Doors, need, needOfOne } from '../app.ts';
import { echo, faultsIn } from '../dialects.ts';
import { allWording } from '../wording/all.ts';
import type { DoorCode } from '../wording/door.ts';

/** Who asks at an open address. */
const NOBODY = { partyId: 0, label: 'unknown', userId: '' };

/**
 * What the modules' contributions declare, mounted below `/api/v1`. A code that a module can refuse with and that
 * has no wording would be told as a failure of ours: the door does not open with one.
 */
export function ofModulesRoutes(app: App, doors: Doors): void {
  const taken = doors.contributions.flatMap(({ routes = [] }) => routes.flatMap(({ takes }) => takes ?? []));
  for (const type of new Set(taken))
    app.addContentTypeParser(type, { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  for (const { module, routes = [], codes = [] } of doors.contributions) {
    const wordless = codes.filter(code => !allWording.has(code));
    if (wordless.length > 0) throw new Error(`${module}: no wording for ${wordless.join(', ')}`);
    for (const route of routes) {
      const { method, path, right, tag, params, query, body, status = 200, dialect } = route;
      app.route({
        method,
        url: route.isAtRoot === true ? path : `/api/v1${path}`,
        schema: {
          tags: [tag],
          // TypeBox cannot describe a parameter named `*`.
          ...(path.endsWith('*') ? {} : { params }),
          querystring: query,
          ...(body === undefined ? {} : { body }),
          ...(right === null ? { security: [] } : {}),
        },
        ...(dialect === undefined ? {} : { errorHandler: faultsIn(dialect, doors) }),
        handler: async (request, reply) => {
          if (dialect !== undefined) echo(dialect, request, reply);
          const ask = route.takesKeysOfOne === true ? needOfOne : need;
          const actor = right === null ? NOBODY : ask(request, right);
          const { database, clock, log, desk, rootKeys, intake } = doors;
          const hand = {
            database,
            clock,
            log,
            desk,
            rootKeys,
            intake,
            peer: request.ip,
            header: (name: string) => {
              const value = request.headers[name];
              return typeof value === 'string' ? value : null;
            },
            actor: {
              ...{ partyId: actor.partyId, label: actor.label, userId: actor.userId },
              ...('ofOne' in actor && actor.ofOne !== undefined
                ? { onlySubject: actor.ofOne.subjectId }
                : {}),
            },
            announce: (topic: string, object: string) => {
              doors.events.announce({ topic, object, partyId: actor.partyId });
              doors.wake();
            },
          };
          if (route.takes !== undefined && !Buffer.isBuffer(request.body))
            throw new Refusal<DoorCode>('media-type-unknown');
          const answer = await route.answer(hand, {
            params: request.params,
            query: request.query,
            body: request.body,
          });
          if (answer instanceof Later) return reply.code(202).send(answer.told);
          if (answer instanceof Octets)
            return reply
              .code(status)
              .headers(answer.headers)
              .type(answer.type)
              .send(Buffer.from(answer.bytes));
          return reply.code(answer === undefined ? 204 : status).send(answer);
        },
      });
    }
  }
}
