// The sessions this page has heard of, each as the newest answer told it.

/** A session that is over: nothing more will happen in it. */
export const isOver = (session) => session.status === "ended" || session.status === "failed";

/** Answers overtake each other: one that was asked for before a later one arrived must not undo what that one told. */
export class Sessions {
  constructor(now = () => performance.now()) {
    this.now = now;
    this.known = new Map();
  }

  get = (sessionId) => this.known.get(sessionId)?.session ?? null;
  etag = (sessionId) => this.known.get(sessionId)?.etag;

  /** Take an answer to a question asked at `askedAt`; tells the session as it is known then. */
  take(session, { askedAt = Infinity, etag } = {}) {
    const known = this.known.get(session.sessionId);
    const outdated = known && (askedAt < known.at || (isOver(known.session) && !isOver(session)));
    if (!outdated) this.known.set(session.sessionId, { session, etag, at: this.now() });
    return this.get(session.sessionId);
  }

  clear = () => this.known.clear();
}
