import { headersNow } from './door.js';

const PAUSE_MS = 2_000;

/**
 * Listens to what changes, over `/api/v1/events` (HTML, "Server-sent events"), and comes back by itself when
 * the line breaks, saying what it heard last. An announcement says only that something changed; whoever cares
 * fetches it. Read by fetch, for an EventSource cannot say for which party it listens.
 *
 * @param {{ changed: () => void, live: (isLive: boolean) => void }} ears
 * @returns {() => void} how to stop
 */
export function listen(ears) {
  const stop = new AbortController();
  void listenUntil(stop.signal, ears);
  return () => stop.abort();
}

/**
 * @param {AbortSignal} signal
 * @param {{ changed: () => void, live: (isLive: boolean) => void }} ears
 */
async function listenUntil(signal, ears) {
  let lastId = '';
  while (!signal.aborted) {
    try {
      const headers = { ...headersNow(), accept: 'text/event-stream', ...(lastId === '' ? {} : { 'last-event-id': lastId }) };
      const response = await fetch('/api/v1/events', { headers, signal, cache: 'no-store', credentials: 'same-origin' });
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

/** @param {ReadableStream<Uint8Array>} body */
async function* eventsIn(body) {
  const reader = body.pipeThrough(/** @type {any} */ (new TextDecoderStream())).getReader();
  let text = '';
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    text += part.value;
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const fields = Object.fromEntries(block.split('\n').map(line => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trimStart()]));
      if (fields['data'] !== undefined) yield { id: fields['id'] ?? '', name: fields['event'] ?? '' };
    }
  }
}
