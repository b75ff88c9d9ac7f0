import { askWhy, confirm } from './confirm.js';
import { get, post, Refused } from './door.js';
import { factsOf, make } from './dom.js';
import { timeOf } from './times.js';
import { say, sayValue } from './words.js';

/**
 * Proposals of a case that wait for two persons.
 *
 * @param {any} found
 * @returns {Promise<any[]>}
 */
export async function waitingOf(found) {
  try {
    return (await get(`/measure-proposals?waiting=true&case=${encodeURIComponent(found.id)}`)).items;
  } catch (fault) {
    // Whoever may see the case and no measures sees none proposed.
    if (fault instanceof Refused && fault.status === 403) return [];
    throw fault;
  }
}

/**
 * A measure that one person may not order becomes a proposal, if the person wants it; every other fault goes on.
 *
 * @param {any} found
 * @param {string} kind
 * @param {string} name
 * @param {unknown} fault
 */
export async function proposeInstead(found, kind, name, fault) {
  if (!(fault instanceof Refused) || fault.problem['code'] !== 'measure-needs-two-persons') throw fault;
  const why = await askWhy(say('proposals.propose-sure', { kind: name }), say('proposals.why'), say('proposals.propose'));
  if (why === null) throw fault;
  return await post(`/cases/${encodeURIComponent(found.id)}/measure-proposals`, { kind, why });
}

/**
 * A proposal with buttons to say yes or no.
 *
 * @param {import('./app.js').Room} room
 * @param {any} proposal
 */
export function proposalOf(room, proposal) {
  const name = sayValue('measure', proposal.kind);
  const decide = (/** @type {'approve' | 'refuse'} */ deed) => async () => {
    const isSure = await confirm(say(`proposals.${deed}-sure`, { kind: name }), say(`proposals.${deed}`));
    if (isSure) await room.attempt(() => post(`/measure-proposals/${encodeURIComponent(proposal.id)}/decision`, { deed }), say('proposals.told'));
  };
  return make(
    'article',
    { class: 'measure' },
    make('h3', {}, `${name} `, make('span', { class: 'chip', text: say('proposals.waiting') })),
    factsOf([
      [say('proposals.why'), proposal.why],
      [say('proposals.by'), proposal.proposedBy],
      [say('proposals.consents'), proposal.consents.join(', ')],
      [say('proposals.until'), timeOf(proposal.expiresAt)],
    ]),
    make(
      'p',
      { class: 'buttons' },
      make('button', { type: 'button', onclick: decide('approve'), text: say('proposals.approve') }),
      make('button', { type: 'button', class: 'second', onclick: decide('refuse'), text: say('proposals.refuse') }),
    ),
  );
}
