import { Refusal } from '../../kernel/refusal.ts';
import { partiesSeenBy } from '../../spine/registry/people/parties.ts';
import { type Actor, type App, type Doors, need } from '../app.ts';
import type { EventHub, Numbered } from '../events.ts';
import { actorOfRequest } from '../identify.ts';
import type { DoorCode } from '../wording/door.ts';

const HEARTBEAT_MS = 15_000;
/** A listener that has not taken this much is dropped; it comes back with Last-Event-ID and misses nothing. */
const MOST_WAITING_BYTES = 256 << 10;

/**
 * Server-sent events (HTML, "Server-sent events"): announcements only, of the actor's party and those below.
 * With each heartbeat it is looked up again whether the listener may still listen and what it may see, so a
 * session that was ended hears at most one heartbeat more.
 */
export function eventsRoutes(hub: EventHub, heartbeatMs = HEARTBEAT_MS): (app: App, doors: Doors) => void {
  return (app, doors) => {
    app.get('/api/v1/events', { schema: { tags: ['events'] } }, async (request, reply) => {
      const actor = need(request, 'events:read');
      let seen = await seenBy(doors, actor);
      const { raw } = reply;
      const write = (text: string): boolean => {
        if (raw.destroyed || raw.writableLength > MOST_WAITING_BYTES) return false;
        raw.write(text);
        return true;
      };
      const offer = (event: Numbered) => !seen.has(event.partyId) || write(told(event));
      const drop = () => raw.destroy();
      const stop = hub.listen({ offer, drop });
      if (stop === null) throw new Refusal<DoorCode>('too-many-listeners');
      reply.hijack();
      raw.writeHead(200, {
        ...(reply.getHeaders() as Record<string, string>),
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
      });
      catchUp(hub, lastIdOf(request.headers['last-event-id']), write, offer);
      const beat = setInterval(async () => {
        const now = await actorOfRequest(doors, request).catch(() => null);
        const mayListen = now?.partyId === actor.partyId && now.scopes.has('events:read');
        if (mayListen) seen = await seenBy(doors, actor).catch(() => seen);
        if (!mayListen || !write(': here\n\n')) raw.destroy();
      }, heartbeatMs);
      raw.once('close', () => {
        clearInterval(beat);
        stop();
      });
    });
    app.addHook('preClose', async () => hub.close());
  };
}

async function seenBy(doors: Doors, actor: Actor): Promise<ReadonlySet<number>> {
  return new Set(await partiesSeenBy(doors.database, actor.partyId));
}

/** What was missed since the last id the client saw; or that it must load everything anew. */
function catchUp(
  hub: EventHub,
  lastId: string | null,
  write: (text: string) => boolean,
  offer: (event: Numbered) => boolean,
): void {
  write(`retry: 2000\n\n`);
  const missed = lastId === null ? [] : hub.since(lastId);
  if (missed === null || lastId === null) {
    write(`id: ${hub.last()}\nevent: ${missed === null ? 'reload' : 'listening'}\ndata: {}\n\n`);
    return;
  }
  for (const event of missed) offer(event);
}

function told({ id, topic, object, partyId }: Numbered): string {
  return `id: ${id}\nevent: ${topic}\ndata: ${JSON.stringify({ topic, object, partyId })}\n\n`;
}

function lastIdOf(header: string | string[] | undefined): string | null {
  return typeof header === 'string' && header !== '' ? header.slice(0, 100) : null;
}
