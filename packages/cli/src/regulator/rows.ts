/** The rows of a CSV file (RFC 4180), cell by cell, in bounded memory. Throws for a quote that is never closed. */
export async function* csvRows(bytes: AsyncIterable<Buffer>): AsyncGenerator<string[]> {
  let row: string[] = [];
  let cell = '';
  let state: 'bare' | 'quoted' | 'after-quote' = 'bare';
  for await (const character of charactersOf(bytes)) {
    if (state === 'quoted') {
      if (character === '"') state = 'after-quote';
      else cell += character;
      continue;
    }
    if (character === '"') {
      if (state === 'after-quote') cell += '"';
      state = 'quoted';
      continue;
    }
    state = 'bare';
    if (character === ',') {
      row.push(cell);
      cell = '';
    } else if (character === '\n') {
      yield [...row, cell];
      row = [];
      cell = '';
    } else if (character !== '\r') cell += character;
  }
  if (state === 'quoted' || cell !== '' || row.length > 0) throw new Error('the last row is not whole');
}

/** The objects of a file of lines of JSON. Throws for a last line that is not whole. */
export async function* jsonRows(bytes: AsyncIterable<Buffer>): AsyncGenerator<Record<string, unknown>> {
  const reader = new TextDecoder();
  let rest = '';
  for await (const each of bytes) {
    const lines = (rest + reader.decode(each, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield JSON.parse(line) as Record<string, unknown>;
  }
  if (rest !== '') throw new Error('the last line is not whole');
}

async function* charactersOf(bytes: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const reader = new TextDecoder();
  for await (const each of bytes) yield* reader.decode(each, { stream: true });
}
