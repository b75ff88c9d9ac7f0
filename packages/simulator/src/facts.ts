/**
 * What a record may tell and a format may have no words for. A script names those without which nobody can see its
 * misuse, or see that its look-alike is innocent.
 *
 * `network` is the visited network by its country, `place` a position, `message-count` messages counted in a record
 * of data, `peer` the direction and other side of a call or message, `operator-mark` the network's own word that a
 * message is the operator's, `one-side` a volume of which one side alone is known.
 */
export type Fact = 'network' | 'place' | 'message-count' | 'peer' | 'operator-mark' | 'one-side';
