/** Members that hold what opens a card or its profile, codes, keys and passwords, or the number of a holder's identity document. */
const NAMES =
  'pin1?|pin2|pin_?code|puk1?|puk2|puk_?code|matching_?id|activation_?code|confirmation_?code|registration_?code|qr_?code|ki|opc?|adm1?|k4|password|credential_?no|cert_?no';
const MAYBE =
  /"(?:pin|puk|matching|activation|confirmation|registration|qr|ki"|op|adm|k4|password|cre|cert)/i;
const SECRET = new RegExp(`("(?:${NAMES})"\\s*:\\s*)("(?:[^"\\\\]|\\\\.)*"|-?\\d[\\d.eE+-]*)`, 'gi');

/** The same JSON without the secrets of feeds (C-32): they reach no observation, no quarantine and no log. */
export function withoutSecrets(text: string): string {
  if (!MAYBE.test(text)) return text;
  return text.replace(SECRET, (_, name: string) => `${name}"(removed)"`);
}
