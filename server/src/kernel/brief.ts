/** The beginning of a text, of so many UTF-16 units at most; a character of two units is never cut in its middle. */
export function brief(text: string, most = 64): string {
  const cut = text.slice(0, most);
  return cut.length < text.length && /[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut;
}
