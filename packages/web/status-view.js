import { get } from './door.js';
import { drawWhenChanged, make, tableOf } from './dom.js';
import { figure, millis, span, timeOf } from './times.js';
import { say, sayValue } from './words.js';

/** @type {import('./app.js').View} */
export function showStatus({ place }) {
  const tiles = make('div', { class: 'tiles' });
  const sources = make('section', { class: 'sheet', 'aria-labelledby': 'sources' });
  const counts = make('div', { class: 'tiles counts' });
  place.append(make('h1', { tabindex: '-1', text: say('nav.status') }), tiles, counts, sources);
  return async () => {
    const status = await get('/status');
    const { counts: counted = {}, sources: feeds = [], ...state } = status;
    drawWhenChanged(tiles, state, () => tilesOf(state));
    drawWhenChanged(counts, counted, () => Object.entries(counted).map(([name, count]) => tile(sayValue('count', name), figure(Number(count)), '', [])));
    drawWhenChanged(sources, [feeds, Math.floor(Date.now() / 10_000)], () => [make('h2', { id: 'sources', text: say('status.sources') }), sourcesOf(feeds)]);
  };
}

/** @param {any} status */
function tilesOf(status) {
  const { database = {}, judge = {}, ledger = {} } = status;
  const isDurable = database.durable;
  return [
    tile(say('status.database'), say(isDurable === undefined ? 'status.untold' : isDurable ? 'status.durable' : 'status.not-durable'), isDurable === false ? 'bad' : isDurable ? 'good' : '', [
      isDurable === undefined ? '' : say(isDurable ? 'status.durable.what' : 'status.not-durable.what'),
      [database.kind && sayValue('database', database.kind), database.version && `PostgreSQL ${database.version}`].filter(Boolean).join(', '),
      ['fsync', 'synchronousCommit', 'fullPageWrites'].filter(name => database[name] !== undefined).map(name => `${name}: ${database[name]}`).join(' · '),
    ]),
    tile(say('status.judging'), judge.lagMs === undefined || judge.lagMs === null ? say('status.untold') : judge.lagMs < 1000 && !judge.waitingChunks ? say('status.up-to-date') : say('status.behind', { span: span(judge.lagMs) }), '', [
      judge.waitingChunks === undefined ? '' : say('status.waiting', { n: figure(judge.waitingChunks) }),
    ]),
    tile(say('status.ledger'), ledger.treeSize === undefined ? say('status.untold') : say('status.entries', { n: figure(ledger.treeSize) }), '', [
      ledger.rootHash && make('code', { class: 'hash', text: ledger.rootHash }),
      ledger.signedAt && make('span', {}, say('status.signed'), ' ', timeOf(ledger.signedAt)),
    ]),
  ];
}

/**
 * @param {string} name
 * @param {string} value
 * @param {string} mood
 * @param {import('./dom.js').Child[]} lines
 */
function tile(name, value, mood, lines) {
  return make(
    'section',
    { class: `tile ${mood}` },
    make('h2', { text: name }),
    make('p', { class: 'value', text: value }),
    lines.filter(line => line).map(line => make('p', { class: 'muted' }, line)),
  );
}

/** @param {any[]} sources */
function sourcesOf(sources) {
  if (sources.length === 0) return make('p', { class: 'empty', text: say('status.no-sources') });
  return tableOf(
    [
      { heading: say('column.source'), cell: source => source.name },
      { heading: say('column.format'), cell: source => source.format },
      { heading: say('column.health'), cell: source => make('span', { class: `chip ${source.health ?? ''}`, text: sayValue('health', source.health) || say('status.untold') }) },
      { heading: say('column.watermark'), cell: source => timeOf(source.watermark) ?? say('status.nothing-yet') },
      {
        heading: say('column.behind'),
        cell: source => {
          const reached = millis(source.watermark);
          return reached === undefined ? '' : span(Math.max(0, Date.now() - reached));
        },
      },
    ],
    sources,
    say('status.sources'),
  );
}
