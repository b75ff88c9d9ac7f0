import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Dialect } from '../spine/module-route.ts';
import type { RecordDoors } from '../spine/registry/recorded.ts';
import { problemOf } from './problems.ts';
import { recordRefusedRequest } from './refused-requests.ts';

/** Carries the header of a dialect back; what lacks its pattern is not repeated. */
export function echo(
  { echo: { header, pattern } }: Dialect,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const value = request.headers[header];
  if (typeof value === 'string' && value !== '' && pattern.test(value)) reply.header(header, value);
}

/** The error handler of a route that speaks a dialect: the same refusals, recorded the same, in another form. */
export function faultsIn(dialect: Dialect, doors: RecordDoors) {
  return async (thrown: unknown, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    // What cannot be put on record is told as that failure.
    const told = await recordRefusedRequest(doors, thrown, request).then(
      () => thrown,
      (failed: unknown) => failed,
    );
    const problem = problemOf(told, 'en', request.id);
    if (problem.status >= 500) request.log.error({ err: told, requestId: request.id }, 'request failed');
    if (problem.status === 401) reply.header('www-authenticate', 'Bearer realm="thingward"');
    echo(dialect, request, reply);
    const { status, body } = dialect.fault(problem);
    return reply.code(status).type('application/json; charset=utf-8').send(JSON.stringify(body));
  };
}
