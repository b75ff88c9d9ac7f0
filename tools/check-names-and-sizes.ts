// Forbids files over 500 lines, names that say nothing, and a tree whose files grow long.
import { files, PLACES, report, text, unread } from './tree.ts';

const EMPTY_NAMES = /(^|[-.])(core|common|shared|lib|utils?|helpers?|misc|base)([-.]|$)/;
/** `Service` is a word of the field in the room of cards (data, SMS, voice) and only there. */
const CARD_SERVICE = /^server\/src\/modules\/cards\//;
const EMPTY_WORDS = /\b(?:class|interface|type|function|const)\s+\w*(?:Service|Manager|Helper|Handler)\b/;
/** Declarations are not the house's own text. */
const SOURCE = /(?<!\.d)\.(ts|mts|cts|tsx|mjs|cjs|js|css)$/;
const source = files().filter(file => SOURCE.test(file));
const isData = (file: string): boolean => /\/(samples|vectors|generated)\//.test(file);
const faults: string[] = unread(PLACES, SOURCE, source);
const sizes: number[] = [];

for (const file of source) {
  const lines = text(file).split('\n').length - 1;
  const name = file.split('/').at(-1)!;
  if (!isData(file)) {
    sizes.push(lines);
    if (lines > 500) faults.push(`${file}: ${lines} lines; 500 is the wall`);
  }
  for (const part of file.split('/')) {
    const stem = part.replace(/\.(test|interop)?\.?([mc]?[jt]s|tsx|css)$/, '');
    if (EMPTY_NAMES.test(stem)) faults.push(`${file}: "${part}" says nothing of what is in it`);
  }
  if (!/^\.?[a-z0-9]+([-.][a-z0-9]+)*\.([mc]?[jt]s|tsx|css)$/.test(name))
    faults.push(`${file}: not kebab-case`);
  const word = EMPTY_WORDS.exec(text(file));
  if (
    word !== null &&
    !file.startsWith('tools/') &&
    !(CARD_SERVICE.test(file) && word[0].endsWith('Service'))
  )
    faults.push(`${file}: "${word[0]}" names no thing`);
}
sizes.sort((a, b) => a - b);
const at = (share: number): number => sizes[Math.floor((sizes.length - 1) * share)] ?? 0;
if (at(0.5) > 130) faults.push(`median file has ${at(0.5)} lines; about 100 is meant`);
if (at(0.9) > 300) faults.push(`one file in ten is over ${at(0.9)} lines; nine in ten stay below 300`);
report(`names and sizes (median ${at(0.5)}, nine in ten <= ${at(0.9)})`, source.length, faults);
