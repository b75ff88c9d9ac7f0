/** The first bytes of a stream, as many as there are up to `count`, and the stream with them. */
export async function peeked(
  bytes: AsyncIterable<Uint8Array>,
  count: number,
): Promise<{ readonly head: Buffer; readonly all: AsyncIterable<Uint8Array> }> {
  const source = bytes[Symbol.asyncIterator]();
  const parts: Uint8Array[] = [];
  let sizeBytes = 0;
  while (sizeBytes < count) {
    const next = await source.next();
    if (next.done === true) break;
    parts.push(next.value);
    sizeBytes += next.value.length;
  }
  return { head: Buffer.concat(parts).subarray(0, count), all: again(parts, source) };
}

async function* again(
  parts: readonly Uint8Array[],
  source: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    yield* parts;
    for (let next = await source.next(); next.done !== true; next = await source.next()) yield next.value;
  } finally {
    await source.return?.();
  }
}
