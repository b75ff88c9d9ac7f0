import { make } from './dom.js';
import { millis, ownZone, span, timeOf } from './times.js';
import { nameOf, say, sayValue } from './words.js';

/** @param {any[]} clocks */
export function clocksOf(clocks) {
  if (clocks.length === 0) return make('p', { class: 'empty', text: say('case.no-clocks') });
  return make('ul', { class: 'clocks' }, clocks.map(clockOf));
}

/** @param {any} clock */
function clockOf(clock) {
  const zone = clock.zone ?? ownZone;
  const isRunning = clock.state === 'running';
  return make(
    'li',
    { class: `clock ${clock.state ?? ''}` },
    make('strong', { text: nameOf(clock.title) || clock.clockId }),
    isRunning ? make('span', { class: 'left', role: 'timer', 'data-due': millis(clock.dueAt) }) : make('span', { class: 'left', text: sayValue('clock', clock.state) }),
    make('span', { class: 'muted' }, say('case.due'), ' ', timeOf(clock.dueAt, zone), ` (${zone})`),
  );
}

/**
 * Counts the clocks in a place down, once a second, as long as the place is on the page.
 *
 * @param {HTMLElement} place
 */
export function runClocks(place) {
  const step = () => {
    for (const left of /** @type {NodeListOf<HTMLElement>} */ (place.querySelectorAll('[data-due]'))) {
      const leftMs = Number(left.dataset['due']) - Date.now();
      left.textContent = leftMs >= 0 ? say('case.left', { span: span(leftMs) }) : say('case.overdue', { span: span(-leftMs) });
      left.classList.toggle('late', leftMs < 0);
    }
  };
  new MutationObserver(step).observe(place, { childList: true });
  const beat = setInterval(() => {
    if (place.isConnected) step();
    else clearInterval(beat);
  }, 1000);
}
