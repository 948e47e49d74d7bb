// What the driver asked for and the cloud has not confirmed yet: start, stop, keep. One request of a kind at a time;
// it is sent again until the cloud has it, and it outlives the screen it was asked on.

import { NoConnection } from "./api.js";
import { backOffMs, systemTimers } from "./poll.js";

/** A start is not sent again later than this: the API lets it expire then, and the driver has walked on. */
export const START_PATIENCE_MS = 60_000;

export class Wishes {
  /** `took(session)` gets every session the cloud answers with; `changed()` is called when a wish moves on. */
  constructor({ api, took, changed, newKey = () => crypto.randomUUID(), now = Date.now, timers = systemTimers }) {
    Object.assign(this, { api, took, changed, newKey, now, timers });
    this.wishes = new Map();
    this.keys = new Map();
  }

  static startOf = (chargerId, evseId) => `start ${chargerId} ${evseId}`;
  static stopOf = (sessionId) => `stop ${sessionId}`;
  static keepOf = (sessionId) => `keep ${sessionId}`;

  /** `{busy, waiting, problem}`: under way; under way without a network; turned down, in the API's words. */
  of = (name) => this.wishes.get(name) ?? IDLE;

  start(chargerId, evseId) {
    const name = Wishes.startOf(chargerId, evseId);
    // The key stays with the wish until the cloud has answered it for good: a repeated start is the same start.
    if (!this.keys.has(name)) this.keys.set(name, this.newKey());
    const key = this.keys.get(name);
    return this.#pursue(name, () => this.api.start(chargerId, evseId, key), {
      patienceMs: START_PATIENCE_MS,
      settled: (problem) => problem?.retryable && problem.status >= 500 || this.keys.delete(name),
    });
  }

  stop(sessionId) {
    this.drop(Wishes.keepOf(sessionId));
    return this.#pursue(Wishes.stopOf(sessionId), () => this.api.stop(sessionId));
  }

  keep(sessionId) {
    this.drop(Wishes.stopOf(sessionId));
    return this.#pursue(Wishes.keepOf(sessionId), () => this.api.withdraw(sessionId));
  }

  /** Do not send this one again. What has been sent already, the cloud knows. */
  drop(name) {
    const wish = this.wishes.get(name);
    this.wishes.delete(name);
    if (wish?.wake) wish.wake();
    if (wish) this.changed();
  }

  /** The network is back, or may be: do not wait for the back-off to end. */
  hurry() {
    for (const wish of this.wishes.values()) wish.wake?.();
  }

  /** Nobody is signed in any more. */
  clear() {
    for (const name of [...this.wishes.keys()]) this.drop(name);
    this.keys.clear();
  }

  async #pursue(name, ask, { patienceMs = Infinity, settled = () => {} } = {}) {
    if (this.of(name).busy) return;
    const wish = { busy: true, waiting: false, problem: null, wake: null };
    const [current, until] = [() => this.wishes.get(name) === wish, this.now() + patienceMs];
    this.wishes.set(name, wish);
    this.changed();
    for (let failures = 1; current(); failures += 1) {
      try {
        const session = await ask();
        if (current()) this.wishes.delete(name);
        settled(null);
        this.took(session);
        break;
      } catch (error) {
        if (error instanceof NoConnection && current() && this.now() < until) {
          wish.waiting = true;
          this.changed();
          await this.#pause(wish, backOffMs(failures, this.timers.random));
          continue;
        }
        if (current()) this.#end(name, wish, error);
        settled(error);
        break;
      }
    }
    this.changed();
  }

  #end(name, wish, error) {
    Object.assign(wish, { busy: false, waiting: false, wake: null, problem: error.title ? error : null });
    if (!wish.problem) this.wishes.delete(name);
  }

  #pause(wish, ms) {
    return new Promise((resume) => {
      const id = this.timers.set(resume, ms);
      wish.wake = () => {
        this.timers.clear(id);
        resume();
      };
    });
  }
}

const IDLE = Object.freeze({ busy: false, waiting: false, problem: null });
