import { WitnessRefusal } from '../refusal.ts';

/** An entry as the server writes it; everything else of it is looked at by nobody here. */
export interface SeenEntry {
  readonly act: string;
  readonly actor: string;
  readonly object: string;
  readonly party: string;
  /** The instant the entry names, RFC 3339. */
  readonly at: string;
}

type Field = keyof SeenEntry;
const FIELDS: readonly Field[] = ['act', 'actor', 'object', 'party', 'at'];

/** What to watch for: every field must be met; a value that ends with `*` is the beginning of one. */
export interface Watch {
  readonly said: string;
  readonly wanted: ReadonlyArray<readonly [Field, string]>;
}

/** Reads `act=key-revoked` or `act=measure-*,party=party/3`. Throws `words-unknown`. */
export function parseWatch(text: string): Watch {
  const wanted = text.split(',').map(part => {
    const [, field, value] = /^([a-z]+)=(.+)$/s.exec(part) ?? [];
    if (field === undefined || value === undefined || !FIELDS.includes(field as Field))
      throw new WitnessRefusal('words-unknown', `${part}: ${FIELDS.join('=, ')}=`);
    return [field as Field, value] as const;
  });
  return { said: text, wanted };
}

export function isWatched(watch: Watch, entry: SeenEntry): boolean {
  return watch.wanted.every(([field, value]) =>
    value.endsWith('*') ? entry[field].startsWith(value.slice(0, -1)) : entry[field] === value,
  );
}

/** The fields of an entry; null when it is not one of this server's. */
export function readEntry(bytes: Uint8Array): SeenEntry | null {
  try {
    const told = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as Record<
      string,
      unknown
    >;
    if (typeof told !== 'object' || told === null) return null;
    const word = (field: Field): string => (typeof told[field] === 'string' ? (told[field] as string) : '');
    if (word('act') === '' || word('act').length > 200) return null;
    return {
      act: word('act'),
      actor: word('actor'),
      object: word('object'),
      party: word('party'),
      at: word('at'),
    };
  } catch {
    return null;
  }
}
