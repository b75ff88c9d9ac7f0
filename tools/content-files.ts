import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parse } from 'yaml';
import { readCardClasses } from '../server/src/modules/cards/card-classes.ts';
import { readSaleRules } from '../server/src/modules/cards/contracts/sale-rules.ts';
import { readDeviceModels } from '../server/src/modules/cards/device-models.ts';
import { readCardCatalogue } from '../server/src/modules/cards/source/catalogues.ts';
import { readCheckCatalogue } from '../server/src/modules/devices/audits/checks.ts';
import { readProfileCatalogue } from '../server/src/modules/devices/authorities/profiles.ts';
import { readPersonalDataRules } from '../server/src/modules/privacy/catalogue.ts';
import { readDutyKinds, readPenalties } from '../server/src/modules/responsibility/shelves.ts';
import { readClockCatalogue } from '../server/src/spine/clocks/catalogue.ts';
import { STANDINGS } from '../server/src/spine/clocks/clock.ts';
import { readLadders } from '../server/src/spine/measures/ladder/ladder.ts';
import { readCritical } from '../server/src/spine/measures/two-persons/traits.ts';
import { readCommonPasswords } from '../server/src/spine/registry/people/password-rules.ts';
import { readElementTable } from '../server/src/spine/regulator/element-table.ts';
import { checkRule } from '../server/src/spine/rules/check-rule.ts';
import type { RuleWorld } from '../server/src/spine/rules/read-rule.ts';
import { filesBelow } from './tree.ts';

/** What looking through the shelves gave. */
export interface ContentReport {
  /** Files that a reader of their shelf took in. */
  readonly read: number;
  readonly onDisk: number;
  readonly faults: readonly string[];
}

type Fields = Readonly<Record<string, unknown>>;
type Fault = (what: string) => void;

/** What the rooms of the house bring, as far as content speaks of it. */
export interface Known {
  readonly world: RuleWorld;
  readonly subjectKinds: readonly string[];
  readonly modules: readonly string[];
}

interface Shelves extends Known {
  /** Standing of each source by the names that rules cite it under. */
  readonly sources: ReadonlyMap<string, string>;
  /** Classes of cards that some catalogue states. */
  readonly classes: ReadonlySet<string>;
  textOf(file: string): string;
}

interface Reader {
  readonly files: RegExp;
  look(file: string, shelves: Shelves, fault: Fault): void;
}

/** Who reads which files of content/. A file that none of them takes is a fault: nothing would ever read it. */
const readers: readonly Reader[] = [
  { files: /^rules\/[a-z-]+\/[a-z0-9-]+\.yaml$/, look: lookAtRule },
  { files: /^catalogues\/[a-z-]+\/[a-z0-9-]+\.yaml$/, look: lookAtCatalogue },
  { files: /^catalogues\/device-models\/[a-z0-9-]+\.csv$/, look: lookAtModels },
  { files: /^catalogues\/common-passwords\/[a-z0-9-]+\.txt$/, look: lookAtCommonPasswords },
  { files: /^schemas\/[a-z0-9-]+\.schema\.json$/, look: lookAtSchema },
  { files: /(^|\/)README\.md$/, look: () => {} },
];

/** The readers of the house itself, by kind of catalogue; each throws what it finds wrong. */
const catalogueReaders: Readonly<Record<string, (text: string, name: string) => unknown>> = {
  clocks: readClockCatalogue,
  'card-classes': readCardClasses,
  'personal-data': readPersonalDataRules,
  'card-source': readCardCatalogue,
  'card-sale': readSaleRules,
  'certificate-profiles': readProfileCatalogue,
  'device-audits': readCheckCatalogue,
  duties: readDutyKinds,
  penalties: readPenalties,
  'critical-devices': readCritical,
  'measure-ladders': readLadders,
  'regulator-export': readElementTable,
  sources: () => undefined,
};

/** Looks through every file below `folder` (content/ or a copy of it). */
export function contentReport(folder: string, known: Known): ContentReport {
  const faults: string[] = [];
  const onDisk = filesBelow(folder)
    .map(path => relative(folder, path))
    .sort();
  const textOf = (file: string): string => readFileSync(join(folder, file), 'utf8');
  const shelves: Shelves = { ...known, textOf, ...named(onDisk, textOf) };
  let read = 0;
  for (const file of onDisk) {
    const reader = readers.find(each => each.files.test(file));
    if (reader === undefined) {
      faults.push(`${file}: lies on disk and nothing reads it`);
      continue;
    }
    reader.look(file, shelves, what => faults.push(`${file}: ${what}`));
    read += 1;
  }
  return { read, onDisk: onDisk.length, faults };
}

/** What rules refer to by name. */
function named(
  files: readonly string[],
  textOf: (file: string) => string,
): Pick<Shelves, 'sources' | 'classes'> {
  const items = (kind: string, part: string): Fields[] =>
    files
      .filter(file => file.startsWith(`catalogues/${kind}/`) && file.endsWith('.yaml'))
      .flatMap(file => listOf(fieldsOf(parsed(textOf(file)))[part]).map(fieldsOf));
  const sources = items('sources', 'sources').flatMap(source =>
    listOf(source['cited']).map(name => [String(name), String(source['standing'])] as const),
  );
  return {
    sources: new Map(sources),
    classes: new Set(items('card-classes', 'classes').map(each => String(each['id']))),
  };
}

/** Sound by the house's own check (titles, examples that fire, a silent one for each guard), and resting on sources. */
function lookAtRule(file: string, shelves: Shelves, fault: Fault): void {
  const text = shelves.textOf(file);
  const check = checkRule(text, stem(file), shelves.world);
  if (check.outcome === 'refused') for (const each of check.faults) fault(`${each.path}: ${each.message.en}`);
  if (!shelves.modules.includes(file.split('/')[1]!)) fault('its folder is named after no module');
  const rule = fieldsOf(parsed(text));
  const basis = listOf(rule['basis']).map(fieldsOf);
  for (const { source, clause } of basis) {
    if (!shelves.sources.has(String(source))) fault(`basis: "${source}" is in no catalogue of sources`);
    if (typeof clause !== 'string' || clause === '') fault(`basis: ${source} is named without its clause`);
  }
  const lines = basis.filter(each => each['source'] === 'Mandate line').map(each => String(each['clause']));
  if (!lines.some(line => /^(A[1-5]|B[1-4]|C[1-4]|D[1-3])$/.test(line))) fault('basis: no mandate line');
  const standings = basis
    .filter(each => each['source'] !== 'Mandate line')
    .map(each => shelves.sources.get(String(each['source'])));
  if (rule['status'] === 'shipped' && !standings.some(each => each !== undefined && each !== 'unverified'))
    fault('status: a shipped rule rests on a source that was verified');
  for (const name of classesIn(rule['examples']))
    if (!shelves.classes.has(name)) fault(`examples: no catalogue states the class "${name}"`);
  lookAtSayings(rule, '', fault);
  if (UNSURE.test(text)) fault('what is unverified is marked so where its source is listed, not in a rule');
}

function lookAtCatalogue(file: string, shelves: Shelves, fault: Fault): void {
  const text = shelves.textOf(file);
  const kind = file.split('/')[1]!;
  const reader = catalogueReaders[kind];
  if (reader === undefined) fault(`nothing reads catalogues of the kind ${kind}`);
  try {
    reader?.(text, file);
  } catch (thrown) {
    const { faults } = (thrown as { detail?: { faults?: string } }).detail ?? {};
    fault(faults ?? String(thrown));
  }
  const top = fieldsOf(parsed(text));
  if (top['urn'] !== `urn:thingward:catalogue:${kind}:${stem(file)}`) fault('urn: not that of its file');
  if (top['version'] === undefined) fault('version: missing');
  if (typeof top['title'] !== 'object') fault('title: missing');
  lookAtFact(top, 'the catalogue', fault);
  const sources = listOf(top['source']).map(fieldsOf);
  if (sources.length === 0) fault('source: missing');
  for (const source of sources) lookAtSource(source, 'source', fault);
  for (const part of ['clocks', 'calendars', 'classes', 'sources']) {
    for (const item of listOf(top[part]).map(fieldsOf)) lookAtItem(item, part, top, shelves, fault);
  }
  lookAtSayings(top, '', fault);
  if (UNSURE.test(text.replaceAll(/standing: unverified/g, '')) && !/standing: unverified/.test(text))
    fault('says that something is unverified, but no standing does');
}

/** One clock, calendar, class or source of a catalogue. */
function lookAtItem(item: Fields, part: string, top: Fields, shelves: Shelves, fault: Fault): void {
  const path = `${part}.${item['id']}`;
  if (typeof item['title'] !== 'object') fault(`${path}.title: missing`);
  if (item['source'] !== undefined) lookAtSource(fieldsOf(item['source']), `${path}.source`, fault);
  if (part !== 'classes') lookAtStanding(item, path, fault);
  if (part === 'calendars' && item['source'] === undefined) fault(`${path}.source: missing`);
  if (part === 'sources') {
    lookAtFact(item, path, fault, true);
    lookAtSource({ ...item, title: String(fieldsOf(item['title'])['en'] ?? '') }, path, fault);
    if (listOf(item['cited']).length === 0) fault(`${path}.cited: no name that a rule could cite`);
  }
  if (part !== 'clocks') return;
  const law = String(fieldsOf(item['basis'])['law']);
  if (!listOf(top['source']).some(source => String(fieldsOf(source)['title']).includes(law)))
    fault(`${path}.basis.law: ${law} is no source of the catalogue`);
  for (const kind of listOf(fieldsOf(item['appliesTo'])['subjectKinds']))
    if (!shelves.subjectKinds.includes(String(kind))) fault(`${path}.appliesTo: no subject is a ${kind}`);
}

/** A fact of law, standard or format says from when to when it holds, and how far it was read. */
function lookAtFact(fact: Fields, path: string, fault: Fault, mayBeUnknown = false): void {
  lookAtStanding(fact, path, fault);
  const { from, to } = fieldsOf(fact['inForce']);
  const isUnknown = mayBeUnknown && from === 'unknown' && fact['standing'] !== 'read';
  if (!isUnknown && !isDate(from)) fault(`${path}: inForce.from is no date`);
  if (to !== null && !isDate(to)) fault(`${path}: inForce.to is neither a date nor null`);
  if (isDate(from) && isDate(to) && Date.parse(to) <= Date.parse(from))
    fault(`${path}: inForce ends before it begins`);
}

function lookAtStanding(fact: Fields, path: string, fault: Fault): void {
  if (!(STANDINGS as readonly unknown[]).includes(fact['standing']))
    fault(`${path}: standing is none of ${STANDINGS.join(', ')}`);
}

/** A source has a title, and a place in it or an address where it was read. */
function lookAtSource(source: Fields, path: string, fault: Fault): void {
  const { title, clause, url, standing } = source;
  if (typeof title !== 'string' || title === '') fault(`${path}: a source without a title`);
  const isSomewhere = (typeof clause === 'string' && clause !== '') || typeof url === 'string';
  if (!isSomewhere) fault(`${path}: "${title}" has neither clause nor url`);
  if (typeof url === 'string' && !/^https?:/.test(url)) fault(`${path}: ${url} is no address`);
  if (standing !== undefined) lookAtStanding(source, path, fault);
}

/** A list of device models lies beside a README that says where it is from, and no line of it is passed over. */
function lookAtCommonPasswords(file: string, { textOf }: Shelves, fault: Fault): void {
  try {
    readCommonPasswords(textOf(file), file);
  } catch (thrown) {
    fault((thrown as Error).message);
  }
}

function lookAtModels(file: string, shelves: Shelves, fault: Fault): void {
  const text = shelves.textOf(file);
  const rows = text.split(/\r?\n/).filter(line => line.trim() !== '').length - 1;
  const known = readDeviceModels([text]).size;
  if (known !== rows) fault(`${rows - known} of ${rows} lines name no TAC of a known kind, or one twice`);
  let about = '';
  try {
    about = shelves.textOf('catalogues/device-models/README.md');
  } catch {
    fault('no README.md beside it says where it is from');
  }
  if (about !== '' && !about.includes(`\`${file.split('/').at(-1)}\``))
    fault('README.md does not tell of it');
}

function lookAtSchema(file: string, shelves: Shelves, fault: Fault): void {
  try {
    const schema = JSON.parse(shelves.textOf(file)) as Fields;
    if (typeof schema['$id'] !== 'string') fault('$id: missing');
  } catch {
    fault('no JSON');
  }
}

/** Whatever is said in one language is said in the other, and Chinese is Chinese. */
function lookAtSayings(value: unknown, path: string, fault: Fault): void {
  if (typeof value !== 'object' || value === null) return;
  const { en, zh } = value as Fields;
  if (en !== undefined || zh !== undefined) {
    if (typeof en !== 'string' || en.trim() === '') fault(`${path}.en: missing`);
    if (typeof zh !== 'string' || !/\p{Script=Han}/u.test(zh)) fault(`${path}.zh: missing or not Chinese`);
    return;
  }
  for (const [key, item] of Object.entries(value))
    lookAtSayings(item, path === '' ? key : `${path}.${key}`, fault);
}

const UNSURE =
  /\b(?:unverified|unconfirmed|not confirmed|to be checked|TODO|TBD|FIXME)\b|未核实|待核实|待确认/;

function classesIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) =>
    key === 'class' && typeof item === 'string' ? [item] : classesIn(item),
  );
}

function isDate(value: unknown): value is string {
  return (
    typeof value === 'string' && /^\d{4}-\d\d-\d\d(T.+)?$/.test(value) && !Number.isNaN(Date.parse(value))
  );
}

function parsed(text: string): unknown {
  try {
    return parse(text) as unknown;
  } catch {
    return {};
  }
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function stem(file: string): string {
  return file
    .split('/')
    .at(-1)!
    .replace(/\.[a-z]+$/, '');
}
