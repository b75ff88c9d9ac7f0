import { headersNow } from './door.ts';

const PAUSE_MS = 2_000;

export interface Ears {
  changed(): void;
  live(isLive: boolean): void;
}

/**
 * Listens to what changes, over `/api/v1/events` (HTML, "Server-sent events"), and comes back by itself when the line
 * breaks, saying what it heard last. An announcement says only that something changed; whoever cares fetches it. Read by
 * fetch, for an EventSource cannot say for which party it listens. Returns how to stop.
 */
export function listen(ears: Ears): () => void {
  const stop = new AbortController();
  void listenUntil(stop.signal, ears);
  return () => stop.abort();
}

async function listenUntil(signal: AbortSignal, ears: Ears): Promise<void> {
  let lastId = '';
  while (!signal.aborted) {
    try {
      const headers: Record<string, string> = { ...headersNow(), accept: 'text/event-stream' };
      if (lastId !== '') headers['last-event-id'] = lastId;
      const response = await fetch('/api/v1/events', {
        ...{ headers, signal, cache: 'no-store', credentials: 'same-origin' },
      });
      if (response.ok && response.body !== null) {
        ears.live(true);
        for await (const event of eventsIn(response.body)) {
          lastId = event.id || lastId;
          if (event.name !== 'listening') ears.changed();
        }
      }
    } catch {
      // The line broke or was never there; what follows is the same.
    }
    if (signal.aborted) return;
    ears.live(false);
    await new Promise(resolve => setTimeout(resolve, PAUSE_MS));
  }
}

async function* eventsIn(body: ReadableStream<Uint8Array>) {
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let text = '';
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    text += decoder.decode(part.value, { stream: true });
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const fields = fieldsOf(block);
      if (fields.has('data')) yield { id: fields.get('id') ?? '', name: fields.get('event') ?? '' };
    }
  }
}

function fieldsOf(block: string): Map<string, string> {
  return new Map(
    block.split('\n').map(line => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon), line.slice(colon + 1).trimStart()];
    }),
  );
}
