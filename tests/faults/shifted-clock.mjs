// Preloaded by `node --import`: the process's clock is off by SHIFT_MS, as if the machine's had been set so.
const shiftMs = Number(process.env.SHIFT_MS);
const RealDate = globalThis.Date;
const realNow = RealDate.now.bind(RealDate);
globalThis.Date = class Date extends RealDate {
  constructor(...given) {
    if (given.length === 0) super(realNow() + shiftMs);
    else super(...given);
  }
  static now() {
    return realNow() + shiftMs;
  }
};
