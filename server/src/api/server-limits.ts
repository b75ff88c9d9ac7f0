/** By when the body of an ordinary request has come. */
export const BODY_MS = 30_000;
