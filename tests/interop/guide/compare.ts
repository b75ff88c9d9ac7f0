/**
 * What in a guide is another at every reader: times, spans of time, and names that are drawn at random. Of names, what
 * the reader got instead is remembered, for the guide goes on to use them.
 */
const VARIABLE = [
  ['time', String.raw`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+00:00|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`],
  ['span', String.raw`\b(?:\d+d )?\d+h \d\dm|\b\d+m\b`],
  ['millis', String.raw`\b1[0-9]{12}\b`],
  ['digest', String.raw`\b[0-9a-f]{64}\b`],
  ['version', String.raw`\b[0-9a-f]{16}\b`],
  ['password', String.raw`\b[0-9a-z]{4}(?:-[0-9a-z]{4}){3}\b`],
  ['code', String.raw`\b[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}\b`],
  ['name', String.raw`\b[0-9A-Za-z]{32}\b`],
] as const;
const ANY_VARIABLE = new RegExp(VARIABLE.map(([name, text]) => `(?<${name}>${text})`).join('|'), 'g');
const LEFT_OUT = '…';
/** Clocks of the machine and of the database may differ by so much. */
const LEEWAY_MS = 60_000;

/** What the reader of a guide got in the place of the names that it prints. */
export class Reader {
  private readonly own = new Map<string, string>();
  private readonly sinceMs: number;

  constructor(sinceMs: number) {
    this.sinceMs = sinceMs;
  }

  /** Words of the guide as this reader gives them. */
  ownWords(text: string): string {
    let mine = text;
    for (const [theirs, own] of this.own) mine = mine.replaceAll(theirs, own);
    return mine;
  }

  /** What is printed against what the guide says; null, or the first line of the guide that is not there. */
  fault(told: string, printed: string): string | null {
    const wanted = linesOf(told);
    const seen = linesOf(printed);
    const found = new Map<string, string>();
    let at = 0;
    let mayPass = false;
    for (const line of wanted) {
      if (line === LEFT_OUT) {
        mayPass = true;
        continue;
      }
      const place = seen.findIndex(
        (text, i) => i >= at && (mayPass || i === at) && this.isSame(line, text, found),
      );
      if (place === -1) return line;
      at = place + 1;
      mayPass = false;
    }
    if (!mayPass && at < seen.length) return `nothing behind it, but: ${seen[at]}`;
    for (const [theirs, own] of found) this.own.set(theirs, own);
    return null;
  }

  private isSame(told: string, printed: string, found: Map<string, string>): boolean {
    const kinds: string[] = [];
    const theirs: string[] = [];
    let pattern = '';
    let end = 0;
    for (const match of told.matchAll(ANY_VARIABLE)) {
      const [kind = ''] = Object.entries(match.groups ?? {}).find(([, text]) => text !== undefined) ?? [];
      pattern += `${literal(told.slice(end, match.index))}(${VARIABLE.find(([name]) => name === kind)?.[1]})`;
      kinds.push(kind);
      theirs.push(match[0]);
      end = match.index + match[0].length;
    }
    const own = new RegExp(`^${pattern}${literal(told.slice(end))}$`).exec(printed)?.slice(1);
    if (own === undefined) return false;
    for (const [i, text] of own.entries()) {
      const said = theirs[i] as string;
      if (kinds[i] === 'time' || kinds[i] === 'millis') {
        const atMs = kinds[i] === 'time' ? Date.parse(text) : Number(text);
        if (text !== said && atMs < this.sinceMs - LEEWAY_MS) return false;
      } else if (kinds[i] !== 'span') {
        if ((this.own.get(said) ?? text) !== text) return false;
        found.set(said, text);
      }
    }
    return true;
  }
}

/** Without the widths of columns, which follow what stands in them. */
function linesOf(text: string): string[] {
  const lines = text.split('\n').map(line => line.replace(/\s+/g, ' ').trim());
  return lines.filter(line => line !== '');
}

const literal = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
