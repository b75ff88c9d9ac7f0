import { askWhy } from './confirm.js';
import { post } from './door.js';
import { make, tableOf } from './dom.js';
import { say, sayValue } from './words.js';

/** Rows of a preview that are shown; all are counted. */
const MOST_SHOWN = 50;

/**
 * A button that orders a measure for every card of a case at once (C-43): first what it would come to for each, then,
 * with a reason, the order itself.
 *
 * @param {import('./app.js').Room} room
 * @param {any} found the case
 * @param {string} kind of the measure
 */
export function batchButton(room, found, kind) {
  const wish = { kind, of: { case: found.id } };
  const order = async () => {
    /** @type {any} */
    let preview = null;
    const looking = async () => {
      preview = await post('/measure-batches/preview', wish);
    };
    await room.attempt(looking, () => say('batch.looked', { n: preview.members }));
    if (preview === null || preview.members < 2) return;
    const question = say('batch.sure', { kind: sayValue('measure', kind), n: preview.members });
    const why = await askWhy(question, say('batch.why'), say('batch.order'), previewOf(preview));
    if (why === null) return;
    /** @type {any} */
    let batch = null;
    const ordering = async () => {
      batch = await post('/measure-batches', { ...wish, why });
    };
    await room.attempt(ordering, () => say('batch.ordered', { id: batch.id }));
  };
  return make('p', {}, make('button', { type: 'button', class: 'second', onclick: order, text: say('batch.all') }));
}

/** @param {any} preview */
function previewOf(preview) {
  const counts = Object.entries(preview.counts).map(([outcome, n]) => `${sayValue('outcome', outcome)}: ${n}`);
  const rows = /** @type {any[]} */ (preview.items.slice(0, MOST_SHOWN));
  const columns = [
    { heading: say('column.subject'), cell: (/** @type {any} */ row) => row.subject?.reference ?? row.given },
    { heading: say('batch.outcome'), cell: (/** @type {any} */ row) => sayValue('outcome', row.outcome) },
    { heading: say('column.reason'), cell: (/** @type {any} */ row) => row.reason },
  ];
  return make(
    'div',
    {},
    make('p', { text: counts.join(', ') }),
    tableOf(columns, rows, say('batch.preview')),
    preview.items.length > MOST_SHOWN && make('p', { class: 'muted', text: say('batch.first', { n: MOST_SHOWN, all: preview.items.length }) }),
  );
}
