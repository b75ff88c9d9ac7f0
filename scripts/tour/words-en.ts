/** Every sentence of the tour; what stands in braces is measured while it runs. */
export const en = {
  title: 'Thingward, a tour',
  intro:
    'A server, its database and a simulated connectivity platform start as processes of their own in a new folder, which is removed at the end. Every figure below is measured on this run; the tour stops at the first thing that does not hold.',
  'not-so': 'This does not hold: {what}',
  broken: 'The tour could not go on: {what}',
  stopped: 'Stopped. The processes have ended and the folder is removed.',
  done: 'All {claims} statements above held. The tour took {seconds} seconds; the folder {folder} is removed.',
  'done-not': 'The tour failed after {seconds} seconds; {claims} statements had held before.',
  usage: 'usage: npm run tour -- [--lang en|zh]',

  start: '1  Start',
  'start.server': 'The server answers at {address}, with {database}.',
  'start.durable':
    'An acknowledged commit survives a crash: the database reports fsync={fsync}, synchronous_commit={commit}.',
  'start.provider': 'A simulated connectivity platform, a process of its own, answers at {address}.',
  'start.key': 'The ledger’s public key is written down outside the server: {key}',
  'start.tables':
    '{rows} rows of {tables} tables are registered (contract, cards, devices they belong to, declared swap windows); none is refused.',

  feed: '2  Feed, and pull the plug in the middle',
  'feed.sample':
    'The simulator wrote {records} usage records of {cards} cards from seed {seed}, and knows the truth: {planted} misuses and {innocent} innocent look-alikes. Two damaged lines are put among them.',
  'feed.part':
    '{lines} of {all} lines are handed over, then the server is killed with signal 9 while it waits for the rest.',
  'feed.killed':
    'The process ended by {signal}; {received} records had been committed in whole chunks before.',
  'feed.broken': 'The command that was feeding says so, and ends with code {code}: {said}',
  'feed.again': 'The server is started again on the same folder and answers.',
  'feed.kept':
    'Nothing that was committed is lost: of the batch that was cut off {received} records are there, at least the {committed} seen before.',

  balance: '3  Balance',
  'balance.resend': 'The same file is handed over again, whole.',
  'balance.batch':
    'Batch {id}: {received} received = {accepted} accepted + {duplicate} duplicate + {quarantined} quarantined',
  'balance.all':
    'Accepted over both batches: {accepted}, exactly the {records} records of the sample, each once.',
  'balance.known': 'Of the second batch, {duplicate} were recognised as what the first had brought.',
  'balance.held':
    'In quarantine lie {quarantined} records, exactly the damaged lines, each with its place and reason:',
  'balance.one': 'place {place}: {reason}',

  findings: '4  Findings',
  'findings.all':
    '{planted} misuses were planted, {found} were found, and they are the same; all was judged {seconds} s after the feed had ended.',
  'findings.first':
    'Each was found from its first moment on, to the millisecond, and none stands twice in spite of the crash.',
  'findings.silent':
    'On the {innocent} innocent look-alikes (declared swap, update of firmware, roaming where allowed, heavy use below the cap) nothing stands.',

  case: '5  From a finding to a case and a measure',
  'case.finding': 'Finding {id}: {title}, {severity}, observed {observed}.',
  'case.open': 'It became case {id}, which is {state}; its clock "{clock}" is {clockState}, due {due}.',
  'case.suggested':
    'The rule suggests the measure {measure}; no policy orders it by itself here, so a person does.',
  'case.before': 'Before: the card attaches at the platform, and it is {outcome}.',
  'measure.states': 'Measure {id}: {states}. The platform confirms: the card is {card}.',
  'measure.effective':
    'Effective is not yet verified: the platform says so, but no proof has been seen that traffic ceased.',
  'measure.after': 'After: the card tries again, and it is {outcome}.',
  'measure.verified':
    'The platform’s own record of attempts is fed back; the measure is {state}, by {by}: traffic has stopped.',
  'measure.clock': 'The clock of the case is {state}.',
  'measure.once': 'The platform carried out exactly {effects} change of this card.',

  proof: '6  What an outsider can check',
  'proof.verified':
    'Evidence of the case as a folder: {checks} checks, {failed} failed, proved against the key written down at the start.',
  'proof.rejudged':
    'The verdict was repeated offline, from the folder alone: {findings} finding with the same inputs and the same result.',
  'ledger.good':
    'The whole ledger was copied ({entries} entries) and verifies: every entry leads to the signed root.',
  'ledger.altered': 'In a second copy one entry is altered, number {index}: {before} becomes {after}.',
  'ledger.refused': 'The verifier refuses the altered copy: {code} ({detail}).',
  'ledger.forged':
    'A careful forger also mends the hash beside it. The verifier refuses again: {code} ({detail}).',
  'ledger.still': 'The unaltered copy still verifies.',

  'outcome.accepted': 'accepted',
  'outcome.refused': 'refused',
  'card.active': 'active',
  'card.suspended': 'suspended',
  'by.refused-attempt': 'a refused attempt',
  'by.quiet-feed': 'a feed that went on without traffic',
} as const;

export type WordKey = keyof typeof en;
export type Words = Readonly<Record<WordKey, string>>;
