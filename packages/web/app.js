import { showAccount } from './account-view.js';
import { showCase } from './case-view.js';
import { showCases } from './cases-view.js';
import { Refused, get, post, speakFor } from './door.js';
import { make } from './dom.js';
import { listen } from './events.js';
import { showFindings } from './findings-view.js';
import { showParties } from './party-view.js';
import { showSignIn } from './sign-in-view.js';
import { showStatus } from './status-view.js';
import { ownZone } from './times.js';
import { languageNow, languageWanted, say, speak } from './words.js';

/**
 * A view draws into a place and answers how to bring itself up to date.
 *
 * @typedef {object} Room
 * @property {HTMLElement} place
 * @property {(sentence: string) => void} say
 * @property {(deed: () => Promise<unknown>, done: string | (() => string), then?: () => void) => Promise<void>} attempt Does something, says that it is done or why not, and refreshes.
 * @typedef {(room: Room, id: string) => (() => Promise<void>)} View
 */

/** @type {Record<string, View>} */
const views = { status: showStatus, findings: showFindings, cases: showCases, case: showCase, account: showAccount };

const main = /** @type {HTMLElement} */ (document.querySelector('#main'));
const said = /** @type {HTMLElement} */ (document.querySelector('#said'));

/** @type {any} */
let me = null;
/** @type {() => Promise<void>} */
let update = async () => undefined;
let isLive = false;
/** @type {() => void} */
let stopListening = () => undefined;
/** @type {number | undefined} */
let waiting;

await speak(languageWanted());
await enter();
addEventListener('hashchange', () => open(true));
setInterval(() => void refresh(), 15_000);

/** Sees who is signed in, and shows the sign-in form or what was asked for. */
async function enter() {
  try {
    me = await get('/me');
  } catch (fault) {
    me = null;
    if (!(fault instanceof Refused)) return showFault(fault);
    if (fault.problem['code'] === 'party-not-chosen') return chooseParty();
    if (fault.problem['code'] === 'party-not-yours') speakFor(null);
    if (fault.status !== 401) return showFault(fault);
    return signIn();
  }
  stopListening();
  if (me.lacksSecondFactor) location.hash = '#/account';
  else stopListening = listen({ changed: soon, live: showLive });
  open(false);
}

function signIn() {
  stopListening();
  frame('');
  update = async () => undefined;
  showSignIn(main, { entered: enter });
}

async function chooseParty() {
  stopListening();
  frame('');
  await showParties(main, enter);
}

/** @param {boolean} focus true when the person went somewhere: the reader's place moves to the new heading */
function open(focus) {
  if (me === null) return;
  const [, name = 'status', id = ''] = /^#\/([a-z]+)(?:\/([^/]+))?$/.exec(location.hash) ?? [];
  const asked = name === 'cases' && id !== '' ? 'case' : name;
  const view = views[asked] ?? showStatus;
  frame(asked);
  main.replaceChildren();
  const place = make('div', { class: 'view' });
  main.append(place);
  const drawn = view({ place, say: tell, attempt }, decodeURIComponent(id));
  update = async () => {
    if (place.isConnected) await drawn();
  };
  void refresh().then(() => {
    if (focus) /** @type {HTMLElement | null} */ (place.querySelector('h1'))?.focus();
  });
}

async function refresh() {
  try {
    await update();
    main.querySelector(':scope > .fault')?.remove();
  } catch (fault) {
    if (fault instanceof Refused && fault.status === 401) return enter();
    showFault(fault);
  }
}

/** @type {Room['attempt']} */
async function attempt(deed, done, then = () => undefined) {
  try {
    await deed();
  } catch (fault) {
    return showFault(fault);
  }
  then();
  tell(typeof done === 'string' ? done : done());
  await refresh();
}

/** Many announcements in a moment are one refresh. */
function soon() {
  clearTimeout(waiting);
  waiting = setTimeout(() => void refresh(), 250);
}

/** @param {boolean} now */
function showLive(now) {
  const wasLive = isLive;
  isLive = now;
  const mark = document.querySelector('#live');
  if (mark !== null) {
    mark.textContent = say(now ? 'live.on' : 'live.off');
    mark.className = now ? 'live on' : 'live off';
  }
  if (now && !wasLive) soon();
}

/** @param {string} sentence */
function tell(sentence) {
  said.textContent = sentence;
  setTimeout(() => {
    if (said.textContent === sentence) said.textContent = '';
  }, 8_000);
}

/** @param {unknown} fault */
function showFault(fault) {
  const problem = fault instanceof Refused ? fault.problem : {};
  main.querySelector(':scope > .fault')?.remove();
  main.prepend(
    make(
      'div',
      { class: 'fault', role: 'alert' },
      make('strong', { text: fault instanceof Refused ? problem['title'] ?? say('fault.refused', { status: fault.status }) : say('fault.unreachable') }),
      problem['detail'] && make('p', { text: problem['detail'] }),
      make('p', { text: problem['mend'] ?? (fault instanceof Refused ? '' : say('fault.unreachable.mend')) }),
      fault instanceof Refused && fault.status >= 500 && problem['instance'] && make('p', {}, make('code', { text: problem['instance'] })),
    ),
  );
}

/** @param {string} current name of the view shown, empty while nobody is signed in */
function frame(current) {
  document.title = current === '' ? say('title') : `${say(`nav.${current}`)} – ${say('title')}`;
  const link = (/** @type {string} */ name) =>
    make('a', { href: `#/${name}`, 'aria-current': (current === name || (current === 'case' && name === 'cases')) && 'page', text: say(`nav.${name}`) });
  document.querySelector('#top')?.replaceChildren(
    make('a', { class: 'skip', href: '#main', text: say('nav.skip'), onclick: skip }),
    make('span', { class: 'brand' }, make('img', { src: 'icon.svg', alt: '', width: '24', height: '24' }), say('title')),
    me === null ? '' : make('nav', { 'aria-label': say('nav') }, ['status', 'findings', 'cases'].map(link)),
    make(
      'div',
      { class: 'tools' },
      me !== null && make('span', { id: 'live', class: isLive ? 'live on' : 'live off', text: say(isLive ? 'live.on' : 'live.off') }),
      make('button', { type: 'button', class: 'quiet', lang: languageNow() === 'en' ? 'zh-CN' : 'en', onclick: otherLanguage, text: say('other-language') }),
      me !== null && make('a', { href: '#/account', 'aria-current': current === 'account' && 'page', text: say('nav.account') }),
      me !== null && make('button', { type: 'button', class: 'quiet', onclick: signOut, text: say('sign-out') }),
    ),
  );
  document.querySelector('#foot')?.replaceChildren(make('p', { text: say('foot.zone', { zone: ownZone }) }));
}

/** @param {Event} event */
function skip(event) {
  event.preventDefault();
  main.focus();
}

async function otherLanguage() {
  await speak(languageNow() === 'en' ? 'zh' : 'en');
  if (me === null) await enter();
  else open(false);
  /** @type {HTMLElement | null} */ (document.querySelector('.tools button'))?.focus();
}

async function signOut() {
  await post('/logout').catch(() => undefined);
  me = null;
  speakFor(null);
  signIn();
}
