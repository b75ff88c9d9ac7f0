import { Refused, get, post } from './door.js';
import { make } from './dom.js';
import { say } from './words.js';

/**
 * The sign-in form; then, as far as the server asks for it, the form for a code of the second factor and the one
 * for a password of one's own in place of a one-time password.
 *
 * @param {HTMLElement} place
 * @param {{ entered: () => Promise<void> }} asked
 */
export function showSignIn(place, { entered }) {
  const fault = make('p', { class: 'fault', role: 'alert', hidden: true });

  /** @param {unknown} caught */
  const refused = caught => {
    fault.hidden = false;
    const problem = caught instanceof Refused ? caught.problem : { title: say('fault.unreachable'), mend: say('fault.unreachable.mend') };
    fault.textContent = [problem['title'], problem['detail'], problem['mend']].filter(Boolean).join(' ');
  };

  /** @param {() => Promise<unknown>} deed @param {HTMLFormElement} form */
  const attempt = async (deed, form) => {
    const button = /** @type {HTMLButtonElement} */ (form.querySelector('button'));
    button.disabled = true;
    fault.hidden = true;
    try {
      await deed();
    } catch (caught) {
      refused(caught);
    } finally {
      button.disabled = false;
    }
  };

  /** @param {Record<string, string>} known what was given so far; each form adds what the server then asks for */
  const send = async known => {
    try {
      await post('/login', known);
    } catch (caught) {
      const asked = caught instanceof Refused ? caught.problem['code'] : '';
      if (asked === 'new-password-needed') return choose(known);
      if (asked === 'second-factor-needed') return prove(known);
      throw caught;
    }
    await entered();
  };

  /** @param {Record<string, string>} known */
  const choose = known => {
    const fields = [field('new-password', 'password', 'new-password'), field('again', 'password', 'new-password')];
    const form = formOf('choose', fields, say('sign-in.keep'), values =>
      attempt(async () => {
        if (values['new-password'] !== values['again']) throw new Refused(400, { title: say('sign-in.differ') });
        await send({ ...known, newPassword: values['new-password'] ?? '' });
      }, form),
    );
    draw(say('sign-in.choose'), say('sign-in.choose.why'), form);
  };

  /** @param {Record<string, string>} known */
  const prove = known => {
    const form = formOf('prove', [field('code', 'text', 'one-time-code')], say('sign-in.enter'), values =>
      attempt(() => send({ ...known, code: values['code'] ?? '' }), form),
    );
    draw(say('sign-in.prove'), say('sign-in.prove.why'), form);
  };

  const enter = () => {
    const fields = [field('email', 'email', 'username'), field('password', 'password', 'current-password')];
    const form = formOf('enter', fields, say('sign-in.enter'), values =>
      attempt(() => send({ email: values['email'] ?? '', password: values['password'] ?? '' }), form),
    );
    draw(say('sign-in'), say('sign-in.first'), form);
    const [, what, text] = /^#\/(refused|invitation)\/([\w-]{1,100})$/.exec(location.hash) ?? [];
    if (what === 'refused') refused(new Refused(403, { title: say(`sign-in.${text}`) }));
    void offerProvider(what === 'invitation' ? text : undefined);
  };

  /** @param {string | undefined} invitation */
  const offerProvider = async invitation => {
    const { provider } = await get('/login/options').catch(() => ({ provider: null }));
    if (provider === null || place.querySelector('#enter') === null) return;
    const go = async () => {
      const { url } = await post('/login/provider', invitation === undefined ? {} : { invitation });
      location.assign(url);
    };
    const label = say(invitation === undefined ? 'sign-in.provider' : 'sign-in.invited', { name: provider });
    const button = make('button', { type: 'button', class: 'quiet', id: 'by-provider', text: label, onclick: () => void go().catch(refused) });
    place.querySelector('section')?.append(button);
  };

  /** @param {string} heading @param {string} sentence @param {HTMLElement} form */
  const draw = (heading, sentence, form) => {
    fault.hidden = true;
    place.replaceChildren(make('section', { class: 'sheet narrow' }, make('h1', { text: heading }), make('p', { class: 'muted', text: sentence }), fault, form));
    /** @type {HTMLElement | null} */ (form.querySelector('input'))?.focus();
  };

  enter();
}

/** @param {string} name @param {string} type @param {string} complete */
export function field(name, type, complete) {
  return make('label', {}, make('span', { text: say(`field.${name}`) }), make('input', { name, type, autocomplete: complete, required: true, minlength: complete === 'new-password' && '8' }));
}

/**
 * @param {string} id
 * @param {HTMLElement[]} fields
 * @param {string} label
 * @param {(values: Record<string, string>) => void} done
 */
export function formOf(id, fields, label, done) {
  const form = /** @type {HTMLFormElement} */ (make('form', { id }, ...fields, make('button', { type: 'submit', text: label })));
  form.addEventListener('submit', event => {
    event.preventDefault();
    done(Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, String(value)])));
  });
  return form;
}
