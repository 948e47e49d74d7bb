// When to ask again. The API says how soon (`pollAfterMs`); a hidden page does not ask; failures back off.

export const FIRST_RETRY_MS = 500;
export const LONGEST_RETRY_MS = 15_000;

/** How long to wait after so many failures in a row: doubling, half of it by chance, so that phones do not march in step. */
export function backOffMs(failures, random) {
  const most = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.max(0, failures - 1));
  return Math.round(most / 2 + (most / 2) * random());
}

export const systemTimers = {
  set: (work, ms) => setTimeout(work, ms),
  clear: (id) => clearTimeout(id),
  random: Math.random,
  hidden: () => document.visibilityState === "hidden",
};

/** Asks again and again: `ask()` answers in how many milliseconds to ask next, null for "no more", or throws. */
export class Poller {
  constructor(ask, { timers = systemTimers, failed = () => {} } = {}) {
    Object.assign(this, { ask, timers, failed, failures: 0, timer: null, asking: null, running: false });
  }

  start() {
    this.running = true;
    return this.now();
  }

  stop() {
    this.running = false;
    this.timers.clear(this.timer);
  }

  /** Ask at once. While an answer is awaited, that one counts: never two requests of one poller at a time. */
  now() {
    if (!this.running) return Promise.resolve();
    this.timers.clear(this.timer);
    this.asking ??= this.#once().finally(() => {
      this.asking = null;
    });
    return this.asking;
  }

  /** The page is looked at again, or no longer. */
  visibility() {
    if (this.timers.hidden()) this.timers.clear(this.timer);
    else this.now();
  }

  async #once() {
    let next;
    try {
      next = await this.ask();
      this.failures = 0;
    } catch (error) {
      this.failures += 1;
      next = this.failed(error) === false ? null : Math.max(backOffMs(this.failures, this.timers.random), error.retryAfterMs ?? 0);
    }
    this.timers.clear(this.timer);
    if (this.running && next !== null && !this.timers.hidden()) this.timer = this.timers.set(() => this.now(), next);
  }
}
