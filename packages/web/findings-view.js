import { get } from './door.js';
import { drawWhenChanged, make, tableOf } from './dom.js';
import { timeOf } from './times.js';
import { nameOf, say, sayValue } from './words.js';

/** @type {import('./app.js').View} */
export function showFindings(room) {
  const list = make('section', { class: 'sheet' });
  room.place.append(make('h1', { tabindex: '-1', text: say('nav.findings') }), make('p', { class: 'muted', text: say('findings.live') }), list);
  /** @type {Set<string> | null} */
  let seen = null;
  return async () => {
    const { items = [] } = await get('/findings?limit=100');
    const before = seen;
    const fresh = new Set(before === null ? [] : items.map(idOf).filter((/** @type {string} */ id) => !before.has(id)));
    seen = new Set(items.map(idOf));
    if (fresh.size > 0) room.say(say('findings.new', { n: fresh.size }));
    drawWhenChanged(list, items, () => [items.length === 0 ? make('p', { class: 'empty', text: say('findings.none') }) : findingsTable(items)]);
  };
}

/** @param {any} finding */
function idOf(finding) {
  return String(finding.id);
}

/** @param {any[]} findings @param {boolean} [withCase] */
export function findingsTable(findings, withCase = true) {
  return tableOf(
    [
      { heading: say('column.severity'), cell: finding => make('span', { class: `chip ${finding.severity ?? ''}`, text: sayValue('severity', finding.severity) }) },
      { heading: say('column.observed'), cell: finding => timeOf(finding.observedAt) },
      { heading: say('column.rule'), cell: finding => nameOf(finding.title) || finding.ruleId },
      { heading: say('column.subject'), cell: finding => make('code', { text: finding.subject?.reference ?? finding.key ?? '' }) },
      { heading: say('column.standing'), cell: finding => [sayValue('standing', finding.standing), finding.historical && say('findings.historical')].filter(Boolean).join(', ') },
      ...(withCase ? [{ heading: say('column.case'), cell: (/** @type {any} */ finding) => finding.caseId && make('a', { href: `#/cases/${encodeURIComponent(finding.caseId)}`, text: say('case.number', { id: finding.caseId }) }) }] : []),
    ],
    findings,
    say('nav.findings'),
  );
}
