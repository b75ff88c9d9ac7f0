import { get, speakFor } from './door.js';
import { make } from './dom.js';
import { nameOf, say } from './words.js';

/**
 * For one who has roles at several parties: which of them this page speaks for.
 *
 * @param {HTMLElement} place
 * @param {() => Promise<void>} entered
 */
export async function showParties(place, entered) {
  const { items = [] } = await get('/me/parties');
  const choose = (/** @type {number} */ partyId) => {
    speakFor(partyId);
    return entered();
  };
  place.replaceChildren(
    make(
      'section',
      { class: 'sheet narrow' },
      make('h1', { tabindex: '-1', text: say('party.choose') }),
      make('p', { class: 'muted', text: say('party.why') }),
      items.map((/** @type {any} */ party) =>
        make('p', {}, make('button', { type: 'button', class: 'second', onclick: () => choose(party.partyId), text: nameOf(party.name) || String(party.partyId) })),
      ),
    ),
  );
}
