import { isRefusal } from '../../../kernel/refusal.ts';
import { answerAsks } from '../../../kernel/threads.ts';
import { openToken, type Token } from '../adapters/pkcs11.ts';
import { certificateList } from '../x509/crl.ts';
import { readRequest } from '../x509/request.ts';
import type { Answer, Ask } from './asks.ts';
import type { Sign, TokenSettings } from './key.ts';
import { softwareSigner } from './software.ts';

await answerAsks<{ readonly token: TokenSettings | null }, Ask, Answer>(({ token: settings }) => {
  const signers = new Map<string, Sign>();
  let token: Token | null = null;
  const theToken = (): Token => {
    if (settings === null) throw new Error('no token is set');
    token ??= openToken(settings);
    return token;
  };
  const signer = (name: string): Sign => {
    const found = signers.get(name);
    if (found === undefined) throw new Error('a key that was not told');
    return found;
  };
  const doOne = (ask: Ask): unknown => {
    if (ask.do === 'key') {
      const { key } = ask;
      const made =
        key.store === 'sealed' ? softwareSigner(key.type, key.pkcs8) : theToken().signer(key.type, key.id);
      signers.set(ask.name, made);
      return null;
    }
    if (ask.do === 'sign') return ask.bytes.map(signer(ask.name));
    if (ask.do === 'list') return certificateList(ask.parts, signer(ask.name));
    if (ask.do === 'make') return theToken().make(ask.type, ask.id);
    return ask.ders.map(readOne);
  };
  return ask => {
    try {
      return { done: doOne(ask) };
    } catch (thrown) {
      if (isRefusal(thrown)) return { refused: { code: thrown.code, detail: thrown.detail } };
      // A token's own words; the binding puts no secret into them.
      return { failed: thrown instanceof Error ? thrown.message : 'unknown' };
    }
  };
});

function readOne(der: Uint8Array): unknown {
  try {
    const { spki, key, ...rest } = readRequest(der);
    // Parts of a buffer would take all of it along to whoever asked.
    return { ...rest, spki: Uint8Array.from(spki), key: Uint8Array.from(key) };
  } catch (thrown) {
    if (isRefusal(thrown)) return { code: thrown.code, detail: thrown.detail };
    throw thrown;
  }
}
