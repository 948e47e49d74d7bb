// The driver's tokens: in this object and nowhere else, renewed before they run out, gone when the page is closed.

import { Problem, SignedOut } from "./api.js";

const RENEW_BEFORE_MS = 60_000;

export class Tokens {
  /** `changed()` is called whenever somebody signs in or out; `turn` is another number then. */
  constructor(way, { now = Date.now, changed = () => {} } = {}) {
    Object.assign(this, { way, now, changed, held: null, renewing: null, turn: 0 });
  }

  get email() {
    return this.held?.email ?? null;
  }

  get signedIn() {
    return this.held !== null;
  }

  async resume() {
    const tokens = await this.way.resumed();
    if (tokens) this.#hold(tokens);
  }

  async begin(email, password) {
    this.#hold(await this.way.begin(email, password));
  }

  /** Forget everything at once; the pool is told to forget the refresh token too, as far as it can be reached. */
  async end() {
    const refreshToken = this.held?.refreshToken;
    this.#forget();
    if (refreshToken) await this.way.end(refreshToken).catch(() => {});
  }

  async access() {
    if (!this.held) throw new SignedOut();
    if (this.now() > this.held.expiresAt - RENEW_BEFORE_MS) await this.renew(this.held.accessToken);
    return this.held.accessToken;
  }

  /** A new access token in the place of one that was turned down; one renewal at a time, however many ask. */
  async renew(rejected) {
    if (!this.held) throw new SignedOut();
    if (this.held.accessToken !== rejected) return;
    const renewing = (this.renewing ??= this.#renew());
    await renewing.finally(() => {
      if (this.renewing === renewing) this.renewing = null;
    });
  }

  /** The sign-in has ended; returns the error to raise. */
  lost() {
    this.#forget();
    return new SignedOut();
  }

  async #renew() {
    const { turn, held: { refreshToken, email } } = this;
    try {
      const tokens = await this.way.renewed(refreshToken);
      if (turn === this.turn) this.#hold({ refreshToken, ...tokens, email }, false);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (turn === this.turn) this.#forget();
    }
    if (turn !== this.turn) throw new SignedOut();
  }

  #hold(tokens, tell = true) {
    this.held = { ...tokens, expiresAt: this.now() + tokens.expiresIn * 1000 };
    if (tell) this.#turn();
  }

  #forget() {
    if (!this.held) return;
    this.held = null;
    this.#turn();
  }

  #turn() {
    this.turn += 1;
    this.renewing = null;
    this.changed();
  }
}
