import type { FastifyReply, FastifyRequest } from 'fastify';
import { answerProblem } from './problems.ts';
import { writeSecurityHeaders } from './security.ts';

/**
 * Fastify's `frameworkErrors`: an address that cannot be decoded, or holds a part that is too long, meets no route and
 * no hook. It is answered like any other refusal, and its text goes into no answer and no log.
 */
export function answerFrameworkFault(fault: Error, request: FastifyRequest, reply: FastifyReply): void {
  writeSecurityHeaders(request, reply, () => void answerProblem(fault, request, reply));
}
