// The driver's sessions, as a screen.

import { sessionsView } from "../views/sessions.js";
import { Screen } from "./screen.js";

const EVERY_MS = 10_000;

export class SessionsScreen extends Screen {
  title = "My sessions";

  constructor(app) {
    super(app);
    Object.assign(this, { sessions: null, cursor: null, status: "", further: false, asked: null });
    this.poller = this.poll(() => this.#read());
  }

  view() {
    const { sessions, cursor, status, error, refreshing } = this;
    return sessionsView({ sessions, cursor, status, refreshing, banner: error, lost: this.app.lost }, this);
  }

  filter = async (event) => {
    Object.assign(this, { status: event.target.value, sessions: null, cursor: null, further: false, asked: null });
    this.draw();
    await this.poller.asking; // it asked for the filter before this one
    this.poller.now();
  };

  more = async () => {
    const { status, cursor } = this;
    if (cursor === this.asked) return; // a double tap is one wish
    this.asked = cursor;
    try {
      const page = await this.app.api.sessions({ status, cursor });
      if (status !== this.status || cursor !== this.cursor) return; // the filter was changed meanwhile
      Object.assign(this, { sessions: [...this.sessions, ...page.sessions], cursor: page.cursor, further: true });
    } catch (error) {
      this.asked = null;
      this.failed(error);
    }
    this.draw();
  };

  async #read() {
    const { status } = this;
    const page = await this.app.api.sessions({ status });
    if (status !== this.status) return 0;
    // Once more pages are on the screen, the first one alone must not take them away.
    if (!this.further) Object.assign(this, { sessions: page.sessions, cursor: page.cursor });
    this.error = null;
    this.draw();
    return this.further ? null : EVERY_MS;
  }
}
