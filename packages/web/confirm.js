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

/**
 * Asks why before something that others will read the reason of. Escape and the second button mean no.
 *
 * @param {string} question
 * @param {string} label of the field
 * @param {string} yes label of the button that goes ahead
 * @param {Node | null} [shown] what there is to see before answering
 * @returns {Promise<string | null>} the reason, which is not empty
 */
export function askWhy(question, label, yes, shown = null) {
  const field = /** @type {HTMLTextAreaElement} */ (make('textarea', { rows: '3', required: true, maxlength: '1000', oninput: () => field.setCustomValidity('') }));
  const goAhead = (/** @type {Event} */ event) => {
    event.preventDefault();
    field.setCustomValidity(field.value.trim() === '' ? label : '');
    if (field.reportValidity()) dialog.close('yes');
  };
  const dialog = /** @type {HTMLDialogElement} */ (
    make(
      'dialog',
      { 'aria-labelledby': 'question' },
      make(
        'form',
        { onsubmit: goAhead },
        make('p', { id: 'question', text: question }),
        shown,
        make('label', {}, label, field),
        make('p', { class: 'buttons' }, make('button', { type: 'button', class: 'second', onclick: () => dialog.close('no'), text: say('confirm.no') }), make('button', { type: 'submit', text: yes })),
      ),
    )
  );
  document.body.append(dialog);
  dialog.showModal();
  return new Promise(resolve =>
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(dialog.returnValue === 'yes' ? field.value.trim() : null);
    }),
  );
}
