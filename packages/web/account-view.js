import { ask, get, post } from './door.js';
import { drawWhenChanged, factsOf, make, tableOf } from './dom.js';
import { field, formOf } from './sign-in-view.js';
import { timeOf } from './times.js';
import { say } from './words.js';

/** One's own account: the second factor and the open sessions. @type {import('./app.js').View} */
export const showAccount = room => {
  const factor = make('section', { class: 'sheet' });
  const sessions = make('section', { class: 'sheet' });
  room.place.append(make('h1', { tabindex: '-1', text: say('account') }), factor, sessions);
  return async () => {
    const [state, open] = await Promise.all([get('/me/second-factor'), get('/me/sessions')]);
    drawWhenChanged(factor, state, () => factorPart(room, state));
    drawWhenChanged(sessions, open, () => sessionsPart(room, open.items));
  };
};

/** @param {import('./app.js').Room} room @param {any} state */
function factorPart(room, state) {
  const place = make('div', {});
  if (state.isSet) place.append(removalForm(room));
  else place.append(beginForm(room, place));
  const sentence = state.isSet ? say('factor.set', { n: state.recoveryCodesLeft }) : say(state.isRequired ? 'factor.required' : 'factor.none');
  return [make('h2', { text: say('factor') }), make('p', { text: sentence }), place];
}

/** @param {import('./app.js').Room} room @param {HTMLElement} place */
function beginForm(room, place) {
  return formOf('begin-factor', [field('password', 'password', 'current-password')], say('factor.begin'), values => {
    void room.attempt(async () => {
      const made = await post('/me/second-factor', { password: values['password'] });
      place.replaceChildren(...enrolment(room, made));
    }, say('factor.begun'));
  });
}

/** @param {import('./app.js').Room} room @param {{ uri: string, secret: string, recoveryCodes: string[] }} made told once */
function enrolment(room, made) {
  const form = formOf('confirm-factor', [field('code', 'text', 'one-time-code')], say('factor.confirm'), values => {
    void room.attempt(() => post('/me/second-factor/confirmation', { code: values['code'] }), say('factor.confirmed'));
  });
  return [
    make('p', { text: say('factor.type') }),
    factsOf([[say('factor.secret'), make('code', { id: 'factor-secret', text: made.secret })]]),
    make('p', {}, make('a', { href: made.uri, text: say('factor.open') })),
    make('p', { text: say('factor.recovery') }),
    make('ul', { id: 'recovery-codes' }, made.recoveryCodes.map(code => make('li', {}, make('code', { text: code })))),
    form,
  ];
}

/** @param {import('./app.js').Room} room */
function removalForm(room) {
  const fields = [field('password', 'password', 'current-password'), field('code', 'text', 'one-time-code')];
  const form = formOf('remove-factor', fields, say('factor.remove'), values => {
    const { password, code } = values;
    void room.attempt(() => post('/me/second-factor/removal', { password, code }), say('factor.removed'));
  });
  return make('details', { id: 'removal' }, make('summary', { text: say('factor.remove') }), form);
}

/** @param {import('./app.js').Room} room @param {any[]} items */
function sessionsPart(room, items) {
  const end = (/** @type {any} */ each) =>
    each.isThisOne
      ? say('session.this')
      : make('button', {
          type: 'button',
          class: 'quiet',
          text: say('session.end'),
          onclick: () => void room.attempt(() => ask(`/me/sessions/${each.id}`, { method: 'DELETE' }), say('session.ended')),
        });
  const columns = [
    { heading: say('session.opened'), cell: (/** @type {any} */ each) => timeOf(each.openedAt) },
    { heading: say('session.used'), cell: (/** @type {any} */ each) => timeOf(each.usedAt) },
    { heading: say('session.from'), cell: (/** @type {any} */ each) => [each.from, each.client].filter(Boolean).join(' – ') },
    { heading: say('session.act'), cell: end },
  ];
  const others = items.length < 2 ? null : make('button', {
    type: 'button',
    class: 'quiet',
    id: 'end-others',
    text: say('session.end-others'),
    onclick: () => void room.attempt(() => ask('/me/sessions', { method: 'DELETE' }), say('session.ended')),
  });
  return [make('h2', { text: say('sessions') }), tableOf(columns, items, say('sessions')), others];
}
