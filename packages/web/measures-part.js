import { batchButton } from './batch-part.js';
import { confirm } from './confirm.js';
import { get, post } from './door.js';
import { factsOf, make } from './dom.js';
import { proposalOf, proposeInstead } from './proposals-part.js';
import { timeOf } from './times.js';
import { nameOf, say, sayValue } from './words.js';

/** The way a measure goes when all goes well. */
const WAY = ['decided', 'ordered', 'accepted', 'effective', 'verified'];
const LIFTING = ['lift-ordered', 'lift-accepted', 'lifted'];
/** States out of which a measure can be lifted. */
const LIFTABLE = ['accepted', 'effective', 'verified', 'closed', 'overdue'];
/** States after which the same kind can be ordered once more. */
const OVER = ['failed', 'lifted', 'closed'];

/**
 * The measures of a case, each with its steps and a button to lift it, and buttons to order the suggested one, for its card or for all.
 *
 * @param {import('./app.js').Room} room
 * @param {any} found
 * @param {any[]} proposals those of the case that wait
 */
export function measuresOf(room, found, proposals) {
  const measures = /** @type {any[]} */ (found.measures ?? []);
  const kind = typeof found.suggests === 'string' ? found.suggests : found.suggests?.kind;
  const isTaken = measures.some(measure => measure.kind === kind && !OVER.includes(measure.state));
  const canOrder = kind && !isTaken && found.state !== 'closed';
  return [
    ...measures.map(measure => measureOf(room, measure)),
    measures.length === 0 && make('p', { class: 'empty', text: say(kind ? 'measures.none' : 'measures.none-suggested') }),
    ...proposals.map(each => proposalOf(room, each)),
    canOrder && orderButton(room, found, kind),
    // The case's own measure may be under way while the others have none.
    kind && found.state !== 'closed' && batchButton(room, found, kind),
  ];
}

/** @param {import('./app.js').Room} room @param {any} found @param {string} kind */
function orderButton(room, found, kind) {
  const name = sayValue('measure', kind);
  const order = async () => {
    const isSure = await confirm(say('measures.order-sure', { kind: name, subject: found.subject?.reference ?? '' }), say('measures.order', { kind: name }));
    if (!isSure) return;
    let done = say('measures.ordered');
    const ordering = () =>
      post(`/cases/${encodeURIComponent(found.id)}/measures`, { kind }).catch(async fault => {
        await proposeInstead(found, kind, name, fault);
        done = say('proposals.made');
      });
    await room.attempt(ordering, () => done);
  };
  return make('p', {}, make('button', { type: 'button', onclick: order, text: say('measures.order', { kind: name }) }));
}

/** @param {import('./app.js').Room} room @param {any} measure */
function measureOf(room, measure) {
  const name = nameOf(measure.title) || sayValue('measure', measure.kind);
  const lift = async () => {
    const isSure = await confirm(say('measures.lift-sure', { kind: name }), say('measures.lift'));
    if (isSure) await room.attempt(() => post(`/measures/${encodeURIComponent(measure.id)}/lift`), say('measures.lifting'));
  };
  const steps = make('div', {}, stepsOf(measure.steps, measure.state));
  if (measure.steps === undefined) {
    // A case may bring its measures without their steps; they are fetched one by one then.
    void get(`/measures/${encodeURIComponent(measure.id)}`).then(
      whole => steps.replaceChildren(stepsOf(whole.steps, whole.state)),
      () => undefined,
    );
  }
  return make(
    'article',
    { class: 'measure' },
    make('h3', {}, `${name} `, make('span', { class: `chip ${measure.state}`, text: sayValue('step', measure.state) })),
    steps,
    factsOf([
      [say('column.provider'), measure.provider ?? measure.providerId],
      [say('column.due'), timeOf(measure.dueAt)],
      [say('column.decided-by'), measure.decidedBy],
    ]),
    LIFTABLE.includes(measure.state) && make('p', {}, make('button', { type: 'button', class: 'second', onclick: lift, text: say('measures.lift') })),
  );
}

/**
 * Steps taken with their moment, and those still to come.
 *
 * @param {any[] | undefined} taken
 * @param {string} state
 */
function stepsOf(taken = [], state) {
  const way = LIFTING.includes(state) ? LIFTING : WAY;
  const reached = new Set(taken.map(step => step.to));
  const isOver = OVER.includes(state);
  const toCome = isOver ? [] : way.filter(to => !reached.has(to) && way.indexOf(to) > way.indexOf(state));
  return make(
    'ol',
    { class: 'steps' },
    taken.map(step => make('li', { class: step.to === state ? 'now' : 'done' }, make('span', { text: sayValue('step', step.to) }), timeOf(step.at))),
    toCome.map(to => make('li', { class: 'to-come' }, make('span', { text: sayValue('step', to) }), make('span', { class: 'muted', text: say('measures.to-come') }))),
  );
}
