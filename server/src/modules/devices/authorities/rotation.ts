import { DerReader } from '../../../kernel/der/read.ts';
import { recorded } from '../../../spine/registry/recorded.ts';
import type { KeyStoreName } from '../signing/key.ts';
import type { KeyType } from '../x509/algorithms.ts';
import { ATTRIBUTE, readName } from '../x509/names.ts';
import { type AuthorityDesk, addAuthority, type Doer, no } from './authorities.ts';
import * as store from './store.ts';

/**
 * Begins to change an authority's key: makes a successor with a key and a name of its own and the request that the root
 * signs. Until the successor is installed nothing changes; then it takes the place (`installAuthority`). Lists and answers
 * of the former go on under its own key, so nothing that checks its certificates notices.
 *
 * Asked again, it gives the successor that was made. Refuses `authority-unknown`, `authority-not-installed` for one that
 * does not issue, `authority-exists` when the successor's name is taken, and what making a key does.
 */
export async function rotateAuthority(
  desk: AuthorityDesk,
  doer: Doer,
  authorityId: number,
  asked: { readonly store?: KeyStoreName | undefined; readonly keyType?: KeyType | undefined } = {},
): Promise<store.Authority> {
  const object = `authority/${authorityId}`;
  const attempt = { act: 'authority-rotated', object, partyId: doer.partyId, actor: doer.label };
  const isFirst = !(await desk.database.corridor(store.hasSealedKeys));
  return await recorded(desk, attempt, async tx => {
    const former = await store.lockAuthority(tx, authorityId);
    if (former === undefined) throw no('authority-unknown', object);
    const known = await store.successorOf(tx, authorityId);
    if (known !== undefined)
      return { result: known, detail: { successor: known.authorityId, repeated: true } };
    if (former.state !== 'active') throw no('authority-not-installed', object);
    const key = (await store.authorityKey(tx, authorityId)) as store.AuthorityKey;
    const { shards, baseUrl } = former;
    const { added, detail } = await addAuthority(
      desk,
      tx,
      doer,
      {
        ...{ name: nextName(former), ...namesOf(former), shards, baseUrl, follows: former },
        ...{ store: asked.store ?? key.store, keyType: asked.keyType ?? key.keyType },
      },
      isFirst,
    );
    return { result: added, detail: { successor: added.authorityId, ...detail } };
  });
}

/** `meters`, `meters-2`, `meters-3`. */
function nextName({ name, generation }: store.Authority): string {
  const end = `-${generation}`;
  const base = generation > 1 && name.endsWith(end) ? name.slice(0, -end.length) : name;
  return `${base.slice(0, MOST_NAME - 6)}-${generation + 1}`;
}

const MOST_NAME = 63;

/** What the subject says besides its own name. */
function namesOf({ subject }: store.Authority): { readonly organization: string; readonly country?: string } {
  const { values } = readName(new DerReader(subject));
  const country = values.get(ATTRIBUTE.country)?.[0];
  const organization = values.get(ATTRIBUTE.organization)?.[0] ?? '';
  return { organization, ...(country === undefined ? {} : { country }) };
}
