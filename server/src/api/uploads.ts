import { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';

/** The stream of an upload; one that came without a body is empty. */
export function uploadOf(request: FastifyRequest): Readable {
  return (request.body as Readable | null | undefined) ?? Readable.from([]);
}

/**
 * For `onError` of a route that takes a stream: what the client still sends of a refused upload passes by unread.
 * Left in the socket it would hold up whatever comes next on the same connection, for ever.
 */
export async function passUploadBy(request: FastifyRequest): Promise<void> {
  const body = request.body as Readable | null | undefined;
  if (body === null || body === undefined || typeof body.resume !== 'function' || body.readableEnded) return;
  // A reader that gave up halfway leaves its listener behind, and with one a stream does not flow.
  body.removeAllListeners('readable');
  body.unpipe();
  body.resume();
}
