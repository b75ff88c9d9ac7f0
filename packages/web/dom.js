/**
 * The only way this page makes elements. Text goes in as text, never as markup, so that what a record, a
 * rule or a person wrote stays text whatever it holds.
 *
 * @typedef {Node | string | number | null | undefined | false} Child
 */

/**
 * @param {string} tag
 * @param {Record<string, unknown>} [attributes] `on…` are listeners, `text` the text; false, null and undefined are left out.
 * @param {...(Child | Child[])} children
 * @returns {HTMLElement}
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name === 'text') element.textContent = String(value);
    else if (name.startsWith('on')) element.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  for (const child of children.flat()) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : String(child));
  }
  return element;
}

/**
 * A table that becomes a list of cards on a narrow screen: each cell carries its heading.
 *
 * @template Row
 * @param {{ heading: string, cell: (row: Row) => Child, isNumber?: boolean }[]} columns
 * @param {readonly Row[]} rows
 * @param {string} caption said to screen readers
 */
export function tableOf(columns, rows, caption) {
  return make(
    'div',
    { class: 'scroll', role: 'region', 'aria-label': caption, tabindex: '0' },
    make(
      'table',
      {},
      make('caption', { class: 'unseen', text: caption }),
      make('thead', {}, make('tr', {}, columns.map(column => make('th', { scope: 'col', class: column.isNumber && 'number', text: column.heading })))),
      make(
        'tbody',
        {},
        rows.map(row =>
          make('tr', {}, columns.map(column => make('td', { 'data-heading': column.heading, class: column.isNumber && 'number' }, make('span', {}, column.cell(row))))),
        ),
      ),
    ),
  );
}

/**
 * Name and value pairs.
 *
 * @param {readonly (readonly [string, Child])[]} rows rows without a value are left out
 */
export function factsOf(rows) {
  return make(
    'dl',
    { class: 'facts' },
    rows
      .filter(([, value]) => value !== null && value !== undefined && value !== '' && value !== false)
      .map(([name, value]) => make('div', {}, make('dt', { text: name }), make('dd', {}, value))),
  );
}

/**
 * A part of a view that is drawn again only when what it shows has changed, so that focus, and what is being
 * typed elsewhere, stay as they are.
 *
 * @param {HTMLElement} place
 * @param {unknown} shown
 * @param {() => Child[]} build
 */
export function drawWhenChanged(place, shown, build) {
  const now = JSON.stringify(shown) ?? '';
  if (place.dataset['shown'] === now) return;
  place.dataset['shown'] = now;
  const open = [...place.querySelectorAll('details[open]')].map(details => details.id);
  place.replaceChildren(...build().filter(child => child !== null && child !== undefined && child !== false).map(child => (child instanceof Node ? child : String(child))));
  for (const id of open) if (id !== '') place.querySelector(`#${CSS.escape(id)}`)?.setAttribute('open', '');
}
