// What every screen does: read, show, read again, and stop when it is left.

import { NoConnection, Problem, SignedOut } from "../api.js";
import { render } from "../dom.js";
import { Poller } from "../poll.js";

export class Screen {
  /** `app` holds what screens share: api, clock, wishes, sessions, root, lost. */
  constructor(app) {
    Object.assign(this, { app, pollers: [], left: false, error: null, refreshing: false });
  }

  /** `read()` does the work and answers in how many milliseconds to do it again, or null. */
  poll(read) {
    const poller = new Poller(read, { failed: (error) => this.failed(error) });
    this.pollers.push(poller);
    return poller;
  }

  enter() {
    this.draw();
    this.pollers.forEach((poller) => poller.start());
  }

  leave() {
    this.left = true;
    this.pollers.forEach((poller) => poller.stop());
  }

  refresh = () => this.refreshAll();

  /** By button or by pulling down: everything is read again, and a banner that has been read makes room. */
  async refreshAll() {
    this.refreshing = true;
    this.error = null;
    this.draw();
    await Promise.all(this.pollers.map((poller) => poller.now()));
    this.refreshing = false;
    this.draw();
  }

  visibility = () => this.pollers.forEach((poller) => poller.visibility());
  hurry = () => this.pollers.forEach((poller) => poller.failures && poller.now());

  /** False if asking again by itself makes no sense. */
  failed(error) {
    if (error instanceof SignedOut) return false;
    if (error instanceof Problem) this.error = error;
    else if (!(error instanceof NoConnection)) {
      this.error = { title: "This page has a fault", advice: "Reload it. If that does not help, use the app." };
      console.error(error);
    }
    this.draw();
    return !(error instanceof Problem) || error.retryable;
  }

  draw = () => {
    if (!this.left) render(this.app.root, this.view());
  };
}
