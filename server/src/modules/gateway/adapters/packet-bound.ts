/**
 * Octets of a packet before a client is known to the broker, and of any later one. The reader of packets that the broker
 * uses gathers as many as a packet says it has, up to 256 MB.
 */
export const MOST_FIRST_BYTES = 4_096;
export const MOST_PACKET_BYTES = 131_072;

/** Follows the packets in a stream by their lengths alone (MQTT 3.1.1 §2.2.3). */
export class PacketBound {
  private left = 0;
  private lengthBytes = -1;
  private length = 0;
  private packets = 0;

  /** False once a packet is longer than allowed or its length is none. */
  isWithin(part: Uint8Array): boolean {
    for (let i = 0; i < part.length; ) {
      if (this.left > 0) {
        const taken = Math.min(this.left, part.length - i);
        this.left -= taken;
        i += taken;
        continue;
      }
      const octet = part[i++] as number;
      if (this.lengthBytes < 0) {
        this.lengthBytes = 0;
        this.length = 0;
        continue;
      }
      this.length += (octet & 0x7f) << (7 * this.lengthBytes++);
      if ((octet & 0x80) !== 0) {
        if (this.lengthBytes === 4) return false;
        continue;
      }
      if (this.length > (this.packets === 0 ? MOST_FIRST_BYTES : MOST_PACKET_BYTES)) return false;
      this.packets += 1;
      this.left = this.length;
      this.lengthBytes = -1;
    }
    return true;
  }
}
