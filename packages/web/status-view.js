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
    state.ledger = { ...state.ledger, ...(await ledgerHead()) };
    drawWhenChanged(tiles, state, () => tilesOf(state));
    drawWhenChanged(counts, counted, () => Object.entries(counted).map(([name, count]) => tile(sayValue('count', name), figure(Number(count)), '', [])));
    drawWhenChanged(sources, [feeds, Math.floor(Date.now() / 10_000)], () => [make('h2', { id: 'sources', text: say('status.sources') }), sourcesOf(feeds)]);
  };
}

/** The head of the ledger out of its checkpoint (C2SP tlog-checkpoint): origin, size, root. Empty before the first. */
async function ledgerHead() {
  const response = await fetch('/ledger/checkpoint', { cache: 'no-store' }).catch(() => null);
  if (response === null || !response.ok) return {};
  const [origin, size, root] = (await response.text()).split('\n');
  return { origin, treeSize: Number(size), root };
}

/** @param {any} status */
function tilesOf(status) {
  const { database = {}, judge = {}, ledger = {} } = status;
  const isDurable = database.durable;
  const tiles = [
    tile(say('status.database'), say(isDurable === undefined ? 'status.untold' : isDurable ? 'status.durable' : 'status.not-durable'), isDurable === false ? 'bad' : isDurable ? 'good' : '', [
      isDurable === undefined ? '' : say(isDurable ? 'status.durable.what' : 'status.not-durable.what'),
      [database.kind && sayValue('database', database.kind), database.version && `PostgreSQL ${database.version}`].filter(Boolean).join(', '),
      ['fsync', 'synchronousCommit', 'fullPageWrites'].filter(name => database[name] !== undefined).map(name => `${name}: ${database[name]}`).join(' · '),
    ]),
    status.clockBehindMs > 0 && tile(say('status.clock'), say('status.clock-behind', { by: span(status.clockBehindMs) }), 'bad', [say('status.clock-behind.what')]),
    judge.isOwner === false
      ? tile(say('status.judging'), say('status.judge-absent'), 'bad', [say('status.judge-absent.what')])
      : tile(say('status.judging'), judge.waitingRecords ? say('status.waiting', { n: figure(judge.waitingRecords) }) : say(judge.waitingRecords === 0 ? 'status.up-to-date' : 'status.untold'), '', []),
    tile(say('status.ledger'), ledger.treeSize === undefined ? say('status.untold') : say('status.entries', { n: figure(ledger.treeSize) }), ledger.refusal ? 'bad' : '', [
      ledger.refusal && say('status.refused', { code: ledger.refusal }),
      ledger.missing && say('status.missing', { entries: figure(ledger.missing.entries), has: figure(ledger.missing.databaseSize), newest: figure(ledger.missing.newestSize) }),
      ledger.missing?.since && make('span', {}, say('status.missing.when'), ' ', timeOf(ledger.missing.since), ' – ', timeOf(ledger.missing.until) ?? ''),
      ledger.root && make('code', { text: ledger.root }),
      ledger.origin && make('span', { text: ledger.origin }),
    ]),
  ];
  return tiles.filter(each => each !== false);
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
      { heading: say('column.volumes'), cell: source => volumesOf(source) },
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

/**
 * Whether the volumes of a feed leapt as between two units, until somebody answers for it.
 *
 * @param {any} source
 */
function volumesOf({ volumes }) {
  if (!volumes) return '';
  const leap = say(volumes.direction === 'down' ? 'status.volumes-down' : 'status.volumes-up', { times: figure(volumes.times) });
  return make('span', {}, make('span', { class: 'chip late', text: leap }), ' ', timeOf(volumes.since) ?? '');
}
