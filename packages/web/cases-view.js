import { get } from './door.js';
import { drawWhenChanged, make, tableOf } from './dom.js';
import { timeOf } from './times.js';
import { nameOf, say, sayValue } from './words.js';

/** @type {import('./app.js').View} */
export function showCases({ place }) {
  const list = make('section', { class: 'sheet' });
  place.append(make('h1', { tabindex: '-1', text: say('nav.cases') }), list);
  return async () => {
    const { items = [] } = await get('/cases?limit=100');
    drawWhenChanged(list, items, () => [items.length === 0 ? make('p', { class: 'empty', text: say('cases.none') }) : casesTable(items)]);
  };
}

/** @param {any[]} cases */
function casesTable(cases) {
  return tableOf(
    [
      { heading: say('column.case'), cell: found => make('a', { href: `#/cases/${encodeURIComponent(found.id)}`, text: say('case.number', { id: found.id }) }) },
      { heading: say('column.severity'), cell: found => make('span', { class: `chip ${found.severity ?? ''}`, text: sayValue('severity', found.severity) }) },
      { heading: say('column.rule'), cell: found => nameOf(found.title) || found.ruleId },
      { heading: say('column.subject'), cell: found => make('code', { text: found.subject?.reference ?? '' }) },
      { heading: say('column.state'), cell: found => sayValue('state', found.state) },
      { heading: say('column.owner'), cell: found => found.ownerLabel ?? found.ownerId ?? say('cases.no-owner') },
      { heading: say('column.opened'), cell: found => timeOf(found.openedAt) },
      { heading: say('column.due'), cell: found => timeOf(found.nextDueAt) },
    ],
    cases,
    say('nav.cases'),
  );
}
