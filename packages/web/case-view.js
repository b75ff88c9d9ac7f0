import { clocksOf, runClocks } from './clocks.js';
import { download, get, post } from './door.js';
import { drawWhenChanged, factsOf, make } from './dom.js';
import { findingsTable } from './findings-view.js';
import { measuresOf } from './measures-part.js';
import { waitingOf } from './proposals-part.js';
import { timeOf } from './times.js';
import { nameOf, say, sayValue } from './words.js';

/** @type {import('./app.js').View} */
export function showCase(room, id) {
  const path = `/cases/${encodeURIComponent(id)}`;
  const part = (/** @type {string} */ name) => make('section', { class: `sheet ${name}`, 'aria-labelledby': `part-${name}` });
  const [head, clocks, measures, findings, line] = [part('head'), part('clocks'), part('measures'), part('findings'), part('line')];
  const work = make('section', { class: 'sheet work', 'aria-labelledby': 'part-work' }, ...workOf(room, path));
  room.place.append(
    make('h1', { tabindex: '-1', text: say('case.number', { id }) }),
    make('div', { class: 'columns' }, make('div', {}, head, measures, findings), make('div', {}, clocks, work, line)),
  );
  runClocks(clocks);
  return async () => {
    const found = await get(path);
    const proposals = await waitingOf(found);
    drawWhenChanged(head, { ...found, acts: 0, clocks: 0, findings: 0, measures: 0 }, () => headOf(room, found, path));
    drawWhenChanged(clocks, found.clocks ?? [], () => [title('clocks'), clocksOf(found.clocks ?? [])]);
    drawWhenChanged(measures, [found.measures ?? [], found.suggests, found.state, proposals], () => [title('measures'), ...measuresOf(room, found, proposals)]);
    drawWhenChanged(findings, found.findings ?? [], () => [title('findings'), ...evidenceOf(found.findings ?? [])]);
    drawWhenChanged(line, found.acts ?? [], () => [title('line'), lineOf(found.acts ?? [])]);
    work.hidden = found.state === 'closed';
  };
}

/** @param {string} name */
function title(name) {
  return make('h2', { id: `part-${name}`, text: say(`case.${name}`) });
}

/** @param {import('./app.js').Room} room @param {any} found @param {string} path */
function headOf(room, found, path) {
  return [
    title('head'),
    factsOf([
      [say('column.rule'), nameOf(found.title) || found.ruleId],
      [say('column.subject'), make('code', { text: `${found.subject?.kind ?? ''} ${found.subject?.reference ?? ''}`.trim() })],
      [say('column.severity'), make('span', { class: `chip ${found.severity ?? ''}`, text: sayValue('severity', found.severity) })],
      [say('column.state'), sayValue('state', found.state)],
      [say('column.owner'), found.ownerLabel ?? found.ownerId ?? say('cases.no-owner')],
      [say('column.opened'), timeOf(found.openedAt)],
      [say('column.closed'), timeOf(found.closedAt)],
      [say('column.reason'), found.closeReason],
    ]),
    make('p', {}, make('button', { type: 'button', class: 'second', onclick: () => room.attempt(() => download(`${path}/evidence`, `case-${found.id}-evidence.json`), say('case.done')), text: say('case.download') })),
    make('p', { class: 'muted' }, say('case.check'), ' ', make('code', { text: `thingward evidence ${found.id} --out FOLDER` })),
  ];
}

/** @param {any[]} findings */
function evidenceOf(findings) {
  if (findings.length === 0) return [make('p', { class: 'empty', text: say('case.no-findings') })];
  return [
    findingsTable(findings, false),
    ...findings.map(finding =>
      make(
        'details',
        { id: `evidence-${finding.id}` },
        make('summary', {}, say('case.evidence'), ' ', timeOf(finding.observedAt)),
        factsOf([
          [say('column.finding'), make('code', { text: finding.id })],
          [say('column.rule'), make('code', { text: `${finding.ruleId ?? ''} ${finding.ruleVersion ?? ''}`.trim() })],
        ]),
        treeOf(finding.evidence ?? {}),
      ),
    ),
  ];
}

/**
 * Any JSON value as nested name-value lists.
 *
 * @param {unknown} value
 * @param {string} [name] of the value; `…Ms` is a moment in milliseconds
 * @returns {Node}
 */
function treeOf(value, name = '') {
  if (name.endsWith('Ms') && typeof value === 'number' && value > 100_000_000_000) return timeOf(value) ?? document.createTextNode('');
  if (typeof value !== 'object' || value === null) return make('code', { text: typeof value === 'string' ? value : JSON.stringify(value) });
  const entries = Array.isArray(value) ? value.map((item, i) => /** @type {const} */ ([String(i + 1), item])) : Object.entries(value);
  if (entries.length === 0) return make('span', { class: 'muted', text: '–' });
  return make('dl', { class: 'tree' }, entries.map(([name, inner]) => make('div', {}, make('dt', { text: name }), make('dd', {}, treeOf(inner, name)))));
}

/** @param {any[]} acts */
function lineOf(acts) {
  if (acts.length === 0) return make('p', { class: 'empty', text: say('case.no-acts') });
  return make('ol', { class: 'line' }, acts.map(actOf));
}

/** What happened in a few words; all that was written of it lies folded beneath. @param {any} act */
function actOf(act) {
  const detail = act.detail ?? {};
  const isFolded = typeof detail.text !== 'string' && Object.keys(detail).length > 0;
  return make(
    'li',
    {},
    make('div', {}, make('strong', { text: sayValue('act', act.kind) }), summaryOf(act.kind ?? '', detail, nameOf(act.about))),
    make('div', { class: 'muted' }, timeOf(act.at), ' ', act.actor ?? ''),
    typeof detail.text === 'string' && make('p', { class: 'note', text: detail.text }),
    isFolded && make('details', { id: `act-${act.id}` }, make('summary', { text: say('case.more') }), treeOf(detail)),
  );
}

/** @param {string} kind @param {any} detail @param {string} about what people call the thing it is about */
function summaryOf(kind, detail, about) {
  if (kind === 'measure-moved') return ` · ${sayValue('step', detail.to)}`;
  if (kind.startsWith('measure') || kind.startsWith('lift')) return detail.kind ? ` · ${about || sayValue('measure', detail.kind)}` : '';
  if (about || detail.clock) return ` · ${about || detail.clock}`;
  if (kind === 'assigned') return ` · ${detail.owner ?? ''}`;
  if (kind === 'closed') return ` · ${detail.reason ?? ''}`;
  return detail.severity ? ` · ${sayValue('severity', detail.severity)}` : '';
}

/** @param {import('./app.js').Room} room @param {string} path */
function workOf(room, path) {
  /** @param {string} name @param {string} deed @param {string} label */
  const form = (name, deed, label, rank = '') => {
    const input = /** @type {HTMLTextAreaElement} */ (make('textarea', { name, rows: '2', required: true, maxlength: '4000' }));
    const element = make('form', {}, make('label', {}, make('span', { text: say(`field.${name}`) }), input), make('button', { type: 'submit', class: rank, text: label }));
    element.addEventListener('submit', async event => {
      event.preventDefault();
      await room.attempt(() => post(`${path}/${deed}`, { [name]: input.value }), say('case.done'), () => {
        input.value = '';
      });
    });
    return element;
  };
  return [title('work'), form('text', 'notes', say('case.add-note')), form('reason', 'close', say('case.close'), 'second')];
}
