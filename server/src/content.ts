import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { dictionary } from '@zxcvbn-ts/language-common';
import { PASSWORD_LENGTHS, readCommonPasswords } from './spine/registry/people/password-rules.ts';

/** Where the shelves stand: beside the server's folder. */
const shelves = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), 'content');

/** Texts of the files of a shelf by name without ending, folders below it included; the names are unique. */
function textsOf(shelf: string, ending = '.yaml'): Map<string, string> {
  const texts = new Map<string, string>();
  for (const entry of readdirSync(join(shelves, shelf), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith(ending)) continue;
    const name = entry.name.slice(0, -ending.length);
    if (texts.has(name)) throw new Error(`content: two files of ${shelf} are named ${name}`);
    texts.set(name, readFileSync(join(entry.parentPath, entry.name), 'utf8'));
  }
  return texts;
}

/** Rules as they ship, by id. */
export function shippedRules(): Map<string, string> {
  return textsOf('rules');
}

/** Catalogues of clocks, by file name. */
export function clockCatalogues(): Map<string, string> {
  return textsOf('catalogues/clocks');
}

/** Catalogues of card classes, by file name. */
export function cardClassCatalogues(): Map<string, string> {
  return textsOf('catalogues/card-classes');
}

/** Catalogues of what contracts for cards may and must say, by file name. */
export function saleRuleCatalogues(): Map<string, string> {
  return textsOf('catalogues/card-sale');
}

/** Catalogues of lists, moves, limits and weights that the gate before sale reads, by file name. */
export function cardSourceCatalogues(): Map<string, string> {
  return textsOf('catalogues/card-source');
}

/** Catalogues of limits, clocks and words of personal data, by file name. */
export function personalDataCatalogues(): Map<string, string> {
  return textsOf('catalogues/personal-data');
}

/** Catalogues of ladders of measures, by file name. */
export function ladderCatalogues(): Map<string, string> {
  return textsOf('catalogues/measure-ladders');
}

/** Catalogues of critical devices, by file name. */
export function criticalCatalogues(): Map<string, string> {
  return textsOf('catalogues/critical-devices');
}

/** Catalogues of what is looked at in certificates, authorities and claims of devices, by file name. */
export function deviceAuditCatalogues(): Map<string, string> {
  return textsOf('catalogues/device-audits');
}

/** Catalogues of profiles of certificates, by file name. */
export function certificateProfileCatalogues(): Map<string, string> {
  return textsOf('catalogues/certificate-profiles');
}

/** Catalogues of duties by level of the chain, by file name. */
export function dutyCatalogues(): Map<string, string> {
  return textsOf('catalogues/duties');
}

/** Catalogues of penalties and limits, by file name. */
export function penaltyCatalogues(): Map<string, string> {
  return textsOf('catalogues/penalties');
}

/** Tables of elements of the export to a supervising authority, by file name. */
export function elementCatalogues(): Map<string, string> {
  return textsOf('catalogues/regulator-export');
}

/** Lists of device models (CSV), by file name. */
export function deviceModelLists(): Map<string, string> {
  return textsOf('catalogues/device-models', '.csv');
}

/**
 * Passwords that nobody may choose, in lower case and normal form C: those of the library and of the lists beside
 * our own knowledge. A shorter one than any may be is left out.
 */
export function commonPasswords(): ReadonlySet<string> {
  const lists = textsOf('catalogues/common-passwords', '.txt');
  const own = [...lists].flatMap(([name, text]) => readCommonPasswords(text, name));
  const met = dictionary.passwords.map(each => each.normalize('NFC').toLowerCase());
  return new Set([...met.filter(each => [...each].length >= PASSWORD_LENGTHS.besideAnother), ...own]);
}
