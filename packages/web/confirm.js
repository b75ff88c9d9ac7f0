import { make } from './dom.js';
import { say } from './words.js';

/**
 * Asks before something that reaches the outside world. Escape and the second button mean no.
 *
 * @param {string} question
 * @param {string} yes label of the button that goes ahead
 * @returns {Promise<boolean>}
 */
export function confirm(question, yes) {
  const dialog = /** @type {HTMLDialogElement} */ (
    make(
      'dialog',
      { 'aria-labelledby': 'question' },
      make('p', { id: 'question', text: question }),
      make('p', { class: 'buttons' }, make('button', { type: 'button', class: 'second', onclick: () => dialog.close('no'), text: say('confirm.no') }), make('button', { type: 'button', onclick: () => dialog.close('yes'), text: yes })),
    )
  );
  document.body.append(dialog);
  dialog.showModal();
  return new Promise(resolve =>
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(dialog.returnValue === 'yes');
    }),
  );
}
