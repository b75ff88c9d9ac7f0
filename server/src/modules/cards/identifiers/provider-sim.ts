/**
 * A platform's own name of a card where its records state no other (Twilio's `sim_sid`, Hologram's link, Onomondo's
 * nine digits). The cards' table or that of aliases says whose it is; until then its records wait as unresolved claims.
 */
export function readProviderSim(raw: string): { readonly claim: string } | { readonly fault: string } {
  const text = raw.trim();
  if (text === '') return { fault: 'empty' };
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text) ? { claim: `sim:${text}` } : { fault: 'characters' };
}
