import { anyValue, disturbed, disturbedText, disturbedValue, NASTY, noise, pick } from './disturb.ts';
import { SEEDS } from './format-seeds.ts';
import type { Draw } from './target.ts';

/** A part of a JSON Schema as the server's own document writes it. */
export interface Schema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly minimum?: number;
  readonly maximum?: number;
}

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly schema: Schema;
}

export interface Operation {
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly Parameter[];
  /** Of a JSON body; null when the route takes none. */
  readonly body: Schema | null;
  /** Whether the route takes a stream of bytes. */
  readonly isUpload: boolean;
}

interface Document {
  readonly paths: Readonly<
    Record<
      string,
      Readonly<
        Record<
          string,
          {
            readonly parameters?: readonly Parameter[];
            readonly requestBody?: {
              readonly content?: Readonly<Record<string, { readonly schema?: Schema }>>;
            };
          }
        >
      >
    >
  >;
}

/** Every operation of the server's OpenAPI document. */
export function operationsOf(document: Document): Operation[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters = [], requestBody }]) => ({
      method: method.toUpperCase(),
      path,
      parameters,
      body: requestBody?.content?.['application/json']?.schema ?? null,
      isUpload: /\/(batches|imports\/\{name\})$/.test(path) && method === 'post',
    })),
  );
}

export interface Request {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | null;
}

const TEXTS = [
  'a',
  '1',
  '2',
  'cards',
  'measure',
  'iccid:8944500102198304826',
  'person/1',
  '2026-11-01T00:00:00Z',
  'open',
];
const TYPES = [
  'application/json; charset=utf-16',
  'text/plain',
  'application/xml',
  'multipart/form-data; boundary=x',
  'application/x-www-form-urlencoded',
  'application/octet-stream',
  `application/json;${'a=b;'.repeat(500)}`,
  'application/json, text/csv',
  '/',
];
const RAW_JSON: ReadonlyArray<(draw: Draw) => string> = [
  draw => '['.repeat(1 + draw(100_000)),
  draw => `${'{"a":'.repeat(1 + draw(50_000))}1`,
  draw => deep(draw, '[', ']'),
  draw => `{"name":"a","format":"generic-csv","profile":{"mapping":${deep(draw, '{"a":', '}')}}}`,
  () => '{"name":"a","__proto__":{"isAdmin":true},"constructor":{"prototype":{"x":1}}}',
  () => '{"name":"a","name":"b","limit":1e400}',
  () => '{"name":"\\ud800","format":"\\u0000"}',
  () => `{"limit":${'9'.repeat(5_000)}}`,
  () => '\ufeff{}',
  () => '{"a":1,}',
  () => 'NaN',
  () => '',
  () => '"',
  draw => JSON.stringify(anyValue(draw)),
];

function deep(draw: Draw, open: string, close: string): string {
  const levels = 1 + draw(draw(2) === 0 ? 100 : 20_000);
  return `${open.repeat(levels)}1${close.repeat(levels)}`;
}

/** A request to the operation of which something, or everything, is not as the document says. */
export function requestFor(draw: Draw, operation: Operation, token: string): Request {
  const path = operation.path.replace(/\{(\w+)\}/g, () => segment(draw));
  const headers: Record<string, string> = { authorization: `Bearer ${token}` };
  if (draw(40) === 0)
    headers['authorization'] = pick(draw, ['Bearer', 'Basic Og==', `Bearer tw_${'a'.repeat(60)}`, 'x']);
  if (draw(60) === 0)
    headers['x-thingward-party'] = pick(draw, ['1', '2', '-1', '1e3', '9'.repeat(40), '', 'x']);
  if (draw(60) === 0)
    headers['cookie'] = `thingward.session_token=${encodeURIComponent(pick(draw, NASTY).toWellFormed())}`;
  if (draw(60) === 0) headers['accept-language'] = 'zh;q=x,'.repeat(draw(200));
  if (draw(100) === 0) headers['content-encoding'] = 'gzip';
  const body = bodyFor(draw, operation);
  if (body !== null) headers['content-type'] = typeFor(draw, operation);
  return { method: operation.method, path: `${path}${queryFor(draw, operation)}`, headers, body };
}

function segment(draw: Draw): string {
  if (draw(3) > 0) return pick(draw, ['1', '2', '3', '7', 'cards', 'data-burst', '0123abcd', 'x'.repeat(36)]);
  return pick(draw, [
    ...NASTY.map(each => encodeURIComponent(each.toWellFormed())),
    '%ff',
    '%',
    '%2e%2e%2f%2e%2e',
    '..',
    '9007199254740993',
    '-1',
    '1.5',
    'a'.repeat(400),
    '%00',
  ]);
}

function queryFor(draw: Draw, { parameters }: Operation): string {
  const parts = parameters
    .filter(({ in: where }) => where === 'query' && draw(2) === 0)
    .map(({ name, schema }) => {
      const value = draw(2) === 0 ? String(sample(draw, schema)) : disturbedText(draw, TEXTS);
      return `${name}=${encodeURIComponent(value.toWellFormed())}`;
    });
  if (draw(30) === 0)
    parts.push(pick(draw, ['a=b', '__proto__[x]=1', 'limit=1&limit=2', '%ff=%fe', '&&&=', 'x=%00']));
  return parts.length === 0 ? '' : `?${parts.join('&')}`;
}

function typeFor(draw: Draw, { isUpload }: Operation): string {
  if (draw(15) === 0) return pick(draw, TYPES);
  return isUpload ? pick(draw, ['application/octet-stream', 'text/csv']) : 'application/json';
}

function bodyFor(draw: Draw, { method, body, isUpload }: Operation): Buffer | null {
  if (isUpload) {
    const seeds = [...SEEDS.values()].flatMap(each => each.files);
    return disturbed(draw, [...seeds, Buffer.from('iccid,class\n8944500102198304826,meter\n')]);
  }
  if (body === null) return method === 'GET' || draw(3) > 0 ? null : Buffer.from(pick(draw, RAW_JSON)(draw));
  if (draw(12) === 0) return Buffer.from(pick(draw, RAW_JSON)(draw));
  if (draw(40) === 0) return noise(draw, 300);
  const sound = sample(draw, body);
  const text = JSON.stringify(draw(4) === 0 ? sound : disturbedValue(draw, sound)) ?? 'null';
  return draw(40) === 0 ? disturbed(draw, [Buffer.from(text)]) : Buffer.from(text);
}

/** A value the schema takes, or nearly: patterns and lengths are not looked at. */
export function sample(draw: Draw, schema: Schema): unknown {
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return pick(draw, schema.enum);
  if (schema.anyOf !== undefined) return sample(draw, pick(draw, schema.anyOf));
  switch (schema.type) {
    case 'object':
      return Object.fromEntries(
        Object.entries(schema.properties ?? {})
          .filter(() => draw(8) > 0)
          .map(([name, part]) => [name, draw(10) === 0 ? pick(draw, NASTY) : sample(draw, part)]),
      );
    case 'array':
      return Array.from({ length: 1 + draw(3) }, () => sample(draw, schema.items ?? {}));
    case 'integer':
    case 'number':
      return pick(draw, [schema.minimum ?? 0, schema.maximum ?? 2 ** 53 - 1, 1, 2, 1_793_527_200_000]);
    case 'boolean':
      return draw(2) === 0;
    case 'null':
      return null;
    case 'string':
      return draw(3) === 0 ? pick(draw, NASTY) : pick(draw, TEXTS);
    default:
      return anyValue(draw, 2);
  }
}
