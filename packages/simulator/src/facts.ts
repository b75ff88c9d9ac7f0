/**
 * What a record may tell and a format may have no words for. A script names those without which nobody can see its
 * misuse, or see that its look-alike is innocent.
 *
 * `network` is the visited network by its country, `place` a position, `message-count` messages counted in a record
 * of data, `peer` the direction and other side of a call or message, `operator-mark` the network's own word that a
 * message is the operator's, `one-side` a volume of which one side alone is known, `cell` the cell,
 * `destination` where a flow went or what it was of, `cause` why the network refused or ended something, `area` the
 * district, `account` the customer as the source names it, and `duration` how long what was told
 * lasted, `call-device` the device of a call or message.
 */
export type Fact =
  | 'network'
  | 'place'
  | 'message-count'
  | 'peer'
  | 'operator-mark'
  | 'one-side'
  | 'duration'
  | 'call-device'
  | FlowFact;
export type FlowFact = 'cell' | 'destination' | 'cause' | 'area' | 'account';
