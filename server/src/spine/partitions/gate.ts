/** Lets a bounded number in at once; the others wait in the order they came. */
export class Gate {
  readonly #room: number;
  #inside = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(room: number) {
    this.#room = room;
  }

  /** Runs the work once there is room. Works begin in the order they were handed in. */
  async through<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#inside < this.#room) this.#inside += 1;
    else await new Promise<void>(resolve => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#inside -= 1;
      else next();
    }
  }
}
