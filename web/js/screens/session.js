// One session's page, as a screen.

import { pages } from "../api.js";
import { csv } from "../csv.js";
import { liveFigures } from "../live.js";
import { sessionView } from "../views/session.js";
import { Screen } from "./screen.js";

// Its own style sheet comes with it, before anything is shown.
await new Promise((loaded) => {
  const sheet = { rel: "stylesheet", href: "css/session.css", onload: loaded, onerror: loaded };
  document.head.append(Object.assign(document.createElement("link"), sheet));
});

/** The curve and the story grow slowly; the figures are asked for as often as the API says. */
const CURVE_EVERY_MS = 10_000;

export class SessionScreen extends Screen {
  constructor(app, sessionId) {
    super(app);
    Object.assign(this, { sessionId, values: null, stages: null, csvHref: null, shown: null });
    this.poll(() => this.#read());
    this.poll(() => this.#readStory());
  }

  get session() {
    return this.app.sessions.get(this.sessionId);
  }

  get title() {
    return this.session ? `Session at ${this.session.chargerName}` : "Session";
  }

  tick() {
    if (this.session && this.session.pollAfterMs !== null) this.draw();
  }

  took() {
    this.draw();
  }

  leave() {
    super.leave();
    if (this.csvHref) URL.revokeObjectURL(this.csvHref);
  }

  view() {
    const { session, values, stages, csvHref, error, refreshing } = this;
    const live = session && liveFigures(session, this.app.clock.now(), session.pollAfterMs === null ? null : this.shown);
    this.shown = live;
    return sessionView({ session, live, values, stages, csvHref, refreshing, banner: error, lost: this.app.lost }, this);
  }

  async #read() {
    const askedAt = performance.now();
    const { etag, body } = await this.app.api.session(this.sessionId, this.app.sessions.etag(this.sessionId));
    if (body) this.app.sessions.take(body, { askedAt, etag });
    this.error = null;
    this.app.retitle();
    this.draw();
    return this.session.pollAfterMs;
  }

  async #readStory() {
    const [timeline, values] = await Promise.all([
      this.app.api.timeline(this.sessionId),
      pages((cursor) => this.app.api.meterValues(this.sessionId, cursor), "meterValues"),
    ]);
    const before = this.csvHref;
    this.csvHref = values.length ? URL.createObjectURL(new Blob([csv(values)], { type: "text/csv" })) : null;
    Object.assign(this, { stages: timeline.stages, values });
    this.draw();
    if (before) URL.revokeObjectURL(before);
    return this.session && this.session.pollAfterMs === null ? null : CURVE_EVERY_MS;
  }
}
