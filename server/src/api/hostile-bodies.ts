import type { FastifyReply, FastifyRequest, RequestPayload } from 'fastify';
import { Refusal } from '../kernel/refusal.ts';
import type { DoorCode } from './wording/door.ts';

/** Levels within levels of a body; the deepest that is meant has seven. */
const MOST_LEVELS = 64;

/**
 * Refuses `value-unstorable` for a text, in address, query or body, that no database can hold (a NUL, half a character),
 * and `request-invalid` for a body nested so deep that what writes it down again would exhaust its stack. Goes over the
 * parts without recursion: a megabyte of brackets is half a million levels.
 */
export async function refuseHostileBody(request: FastifyRequest): Promise<void> {
  const waiting: { value: unknown; place: string; level: number }[] = [
    { value: request.params, place: 'params', level: 0 },
    { value: request.query, place: 'querystring', level: 0 },
    { value: isOpaque(request.body) ? null : request.body, place: 'body', level: 0 },
  ];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { value, place, level } = next;
    if (typeof value === 'string') {
      if (isUnstorable(value)) throw new Refusal<DoorCode>('value-unstorable', { detail: { at: place } });
    } else if (typeof value === 'object' && value !== null) {
      if (level >= MOST_LEVELS)
        throw new Refusal<DoorCode>('request-invalid', { detail: { at: place, mostLevels: MOST_LEVELS } });
      for (const [key, each] of Object.entries(value)) {
        if (isUnstorable(key)) throw new Refusal<DoorCode>('value-unstorable', { detail: { at: place } });
        if (each !== null && (typeof each === 'object' || typeof each === 'string'))
          waiting.push({ value: each, place: placeIn(place, key), level: level + 1 });
      }
    }
  }
}

function placeIn(place: string, key: string): string {
  return place.length > 100 ? place : `${place}/${key.slice(0, 40)}`;
}

function isUnstorable(text: string): boolean {
  return text.includes('\0') || !text.isWellFormed();
}

/** A stream, or bytes that their reader takes apart by itself. */
function isOpaque(body: unknown): boolean {
  if (ArrayBuffer.isView(body)) return true;
  return typeof (body as { readonly pipe?: unknown } | null | undefined)?.pipe === 'function';
}

/**
 * A `preParsing` hook that ends the connection of an ordinary request whose body has not come within `mostMs`: a body of
 * a mebibyte that comes octet by octet would hold its place for weeks. Uploads, which may take as long as they need,
 * are told by a limit above `ordinaryBytes`, and a body that came along with its head is waited for no more.
 */
export function endSlowBodies(ordinaryBytes: number, mostMs: number) {
  return (
    request: FastifyRequest,
    reply: FastifyReply,
    payload: RequestPayload,
    done: (fault: null, payload: RequestPayload) => void,
  ): void => {
    if (request.raw.complete || request.routeOptions.bodyLimit > ordinaryBytes) {
      done(null, payload);
      return;
    }
    const timer = setTimeout(() => request.raw.socket.destroy(), mostMs);
    const clear = (): void => clearTimeout(timer);
    payload.once('end', clear).once('close', clear).once('error', clear);
    reply.raw.once('close', clear);
    done(null, payload);
  };
}
