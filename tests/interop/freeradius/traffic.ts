/** One accounting packet, attribute by attribute, as radclient reads it. */
export interface Packet {
  readonly session: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** A card of the made-up fleet; the PLMN 001 01 is the test network. */
export interface Card {
  readonly iccid: string;
  readonly imsi: string;
  readonly msisdn: string;
  readonly imeisv: string;
}

/**
 * What a session's packets are like. In `stop-without-octets` and `stop-overtaken` RADIUS's own SQL accounting
 * and ours must differ, for it keeps what came last and we keep what was stated last (C-21, CR-13, C-18).
 */
export type Habit =
  | 'plain'
  | 'gigawords'
  | 'retransmitted'
  | 'out-of-order'
  | 'lost-start'
  | 'lost-stop'
  | 'stop-without-octets'
  | 'stop-overtaken';

const HABITS: readonly Habit[] = [
  'plain',
  'gigawords',
  'retransmitted',
  'out-of-order',
  'lost-start',
  'lost-stop',
  'plain',
  'gigawords',
  'stop-without-octets',
  'stop-overtaken',
];

export interface Session {
  readonly id: string;
  readonly card: Card;
  readonly habit: Habit;
  /** The highest totals that its packets state. */
  readonly up: bigint;
  readonly down: bigint;
  /** What SQL accounting keeps: the totals of the packet that came last, absent ones as nothing. */
  readonly lastUp: bigint;
  readonly lastDown: bigint;
}

export interface Traffic {
  readonly cards: readonly Card[];
  readonly sessions: readonly Session[];
  /** In the order in which they are sent. */
  readonly packets: readonly Packet[];
  /** Packets that say nothing new: the same event told twice. */
  readonly repeated: number;
}

/** A seeded fleet: every run sends the same packets; only their times move with `nowMs`. */
export function makeTraffic(cardCount: number, sessionsPerCard: number, nowMs: number): Traffic {
  const draw = drawing(20_261_125);
  const cards = Array.from({ length: cardCount }, (_, i) => cardOf(i));
  const sessions: Session[] = [];
  const lanes: Packet[][] = [];
  let repeated = 0;
  for (let i = 0; i < cardCount * sessionsPerCard; i += 1) {
    const made = makeSession(i, cards[i % cardCount]!, HABITS[i % HABITS.length]!, nowMs, draw);
    sessions.push(made.session);
    lanes.push(made.packets);
    repeated += made.repeated;
  }
  return { cards, sessions, packets: interleaved(lanes, draw), repeated };
}

function cardOf(i: number): Card {
  const tail = String(i).padStart(4, '0');
  const iccid = withLuhn(`898600000000001${tail.slice(-3)}`.padEnd(19, '7'));
  return {
    iccid,
    imsi: `00101000000${tail}`,
    msisdn: `861440000${tail}`,
    imeisv: `35693803564${String(i % 1000).padStart(3, '0')}01`,
  };
}

function withLuhn(digits: string): string {
  let sum = 0;
  for (let i = 0; i < digits.length; i += 1) {
    const digit = Number(digits[digits.length - 1 - i]) * (i % 2 === 0 ? 2 : 1);
    sum += digit > 9 ? digit - 9 : digit;
  }
  return `${digits}${(10 - (sum % 10)) % 10}`;
}

function makeSession(i: number, card: Card, habit: Habit, nowMs: number, draw: (below: number) => number) {
  const id = `s${String(i).padStart(5, '0')}`;
  const startS = Math.floor(nowMs / 1000) - 5 * 86_400 + i * 600;
  const steps = 2 + draw(4);
  const most = habit === 'gigawords' ? 3_000_000_000 : 60_000_000;
  const points: { up: bigint; down: bigint; ageS: number }[] = [];
  let up = 0n;
  let down = 0n;
  let ageS = 0;
  for (let step = 0; step <= steps; step += 1) {
    up += BigInt(draw(most));
    down += BigInt(draw(most)) * 2n;
    ageS += 300 + draw(300);
    points.push({ up, down, ageS });
  }
  const packet = (status: string, ageS: number, totals: { up: bigint; down: bigint } | null): Packet => ({
    session: id,
    attributes: {
      ...ofCard(card, id, i),
      'Acct-Status-Type': status,
      'Acct-Session-Time': String(ageS),
      'Event-Timestamp': String(startS + ageS),
      ...(totals === null ? {} : octets(totals)),
    },
  });
  const interims = points.slice(0, -1).map(point => packet('Interim-Update', point.ageS, point));
  const end = points.at(-1)!;
  const stop = packet('Stop', end.ageS, habit === 'stop-without-octets' ? null : end);
  const packets = [packet('Start', 0, null), ...interims, stop];
  let repeated = 0;
  if (habit === 'lost-start') packets.shift();
  if (habit === 'lost-stop') packets.pop();
  if (habit === 'out-of-order') packets.splice(1, 2, packets[2]!, packets[1]!);
  if (habit === 'stop-overtaken') packets.push(...packets.splice(-2, 1));
  if (habit === 'retransmitted') {
    packets.push(stop);
    packets.splice(2, 0, packets[1]!);
    repeated = 2;
  }
  const stated = habit === 'lost-stop' || habit === 'stop-without-octets' ? points.at(-2)! : end;
  const last =
    habit === 'stop-without-octets'
      ? { up: 0n, down: 0n }
      : habit === 'stop-overtaken'
        ? points.at(-2)!
        : stated;
  const session: Session = {
    id,
    card,
    habit,
    up: stated.up,
    down: stated.down,
    lastUp: last.up,
    lastDown: last.down,
  };
  return { session, packets, repeated };
}

function ofCard(card: Card, session: string, i: number): Record<string, string> {
  return {
    'User-Name': `"${card.imsi}"`,
    'NAS-Identifier': `"ggsn-${i % 3}"`,
    'NAS-IP-Address': `192.0.2.${10 + (i % 3)}`,
    'NAS-Port': String(i),
    'Acct-Session-Id': `"${session}"`,
    'Calling-Station-Id': `"${card.msisdn}"`,
    'Called-Station-Id': '"meters.iot"',
    'Framed-IP-Address': `198.51.100.${i % 250}`,
    '3GPP-IMSI': `"${card.imsi}"`,
    '3GPP-IMEISV': `"${card.imeisv}"`,
    '3GPP-SGSN-MCC-MNC': '"00101"',
    '3GPP-RAT-Type': '0x06',
  };
}

/** 64 bits as octets and gigawords (RFC 2869 §5.1, §5.2); "input" is what the device sent (RFC 2866 §5.3). */
function octets({ up, down }: { up: bigint; down: bigint }): Record<string, string> {
  const low = 2n ** 32n;
  return {
    'Acct-Input-Octets': String(up % low),
    'Acct-Input-Gigawords': String(up / low),
    'Acct-Output-Octets': String(down % low),
    'Acct-Output-Gigawords': String(down / low),
  };
}

/** One packet of one lane after another, the lane drawn; the order within a lane stays. */
function interleaved(lanes: readonly Packet[][], draw: (below: number) => number): Packet[] {
  const open = lanes.map(lane => [...lane]);
  const packets: Packet[] = [];
  while (open.length > 0) {
    const i = draw(Math.min(open.length, 12));
    packets.push(open[i]!.shift()!);
    if (open[i]!.length === 0) open.splice(i, 1);
  }
  return packets;
}

/** A small linear congruential generator: whole numbers below a bound, the same in every run. */
function drawing(seed: number): (below: number) => number {
  let state = BigInt(seed);
  return below => {
    state = (state * 6_364_136_223_846_793_005n + 1_442_695_040_888_963_407n) % 2n ** 64n;
    return Number((state >> 33n) % BigInt(below));
  };
}
