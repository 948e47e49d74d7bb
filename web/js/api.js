// The documented API (docs/openapi.json), called as an app calls it: same origin, bearer token, problems as errors.

/** The API said no. Everything a driver is told about it (`title`, `advice`) is the API's own. */
export class Problem extends Error {
  constructor(status, body, retryAfter) {
    super(body.title);
    Object.assign(this, { status, title: body.title, advice: body.advice ?? "", code: body.code ?? "", retryable: Boolean(body.retryable) });
    this.retryAfterMs = (Number(body.retryAfterS ?? retryAfter) || 0) * 1000;
  }
}

/** Nothing came back, or nothing that the API says: the network, or something on the way. */
export class NoConnection extends Error {}

/** The driver's sign-in has ended. */
export class SignedOut extends Error {}

export const TIMEOUT_MS = 15_000;
export const STOP_WAIT_S = 5;

export class Api {
  /** `tokens` gives an access token and can renew it; `clock` hears the server's time; `heard(reached)` each outcome. */
  constructor({ tokens, clock, heard = () => {}, fetch = (...args) => globalThis.fetch(...args) }) {
    Object.assign(this, { tokens, clock, heard, fetch });
  }

  chargers = (cursor) => this.#get(`/v1/chargers${query({ cursor })}`);
  charger = (chargerId) => this.#get(`/v1/chargers/${id(chargerId)}`);
  sessions = ({ status, cursor } = {}) => this.#get(`/v1/sessions${query({ status, cursor })}`);
  session = (sessionId, etag) => this.#call("GET", `/v1/sessions/${id(sessionId)}`, etag ? { "If-None-Match": etag } : {});
  timeline = (sessionId) => this.#get(`/v1/sessions/${id(sessionId)}/timeline`);
  meterValues = (sessionId, cursor) => this.#get(`/v1/sessions/${id(sessionId)}/meter-values${query({ cursor })}`);
  stop = (sessionId) => this.#body("POST", `/v1/sessions/${id(sessionId)}/stop`, { Prefer: `wait=${STOP_WAIT_S}` });
  withdraw = (sessionId) => this.#body("DELETE", `/v1/sessions/${id(sessionId)}/stop`);
  start = (chargerId, evseId, key) =>
    this.#body("POST", `/v1/chargers/${id(chargerId)}/evses/${id(evseId)}/sessions`, { "Idempotency-Key": key });

  #get = (path) => this.#body("GET", path);
  #body = async (...request) => (await this.#call(...request)).body;

  /** The answer as `{status, etag, body}`; raises Problem, NoConnection or SignedOut. */
  async #call(...request) {
    const { turn } = this.tokens;
    let reached = true;
    try {
      return await this.#ask(turn, ...request);
    } catch (error) {
      reached = !(error instanceof NoConnection);
      throw error;
    } finally {
      // Whoever asked may be gone: the answer is not for the next driver.
      if (turn !== this.tokens.turn) throw new SignedOut();
      this.heard(reached);
    }
  }

  async #ask(turn, method, path, headers = {}, renewed = false) {
    const token = await this.tokens.access();
    if (turn !== this.tokens.turn) throw new SignedOut();
    const answer = await this.#reach(method, path, { ...headers, Authorization: `Bearer ${token}` });
    if (answer.status === 401 && turn === this.tokens.turn) {
      if (renewed) throw this.tokens.lost();
      await this.tokens.renew(token);
      return this.#ask(turn, method, path, headers, true);
    }
    const etag = answer.headers.get("etag");
    if (answer.status === 304) return { status: 304, etag, body: null };
    const body = await json(answer);
    if (answer.ok && body) return { status: answer.status, etag, body };
    if (body?.title) throw new Problem(answer.status, body, answer.headers.get("retry-after"));
    throw new NoConnection(`${method} ${path}: ${answer.status}`);
  }

  async #reach(method, path, headers) {
    try {
      const answer = await this.fetch(path, { method, headers, cache: "no-store", signal: AbortSignal.timeout(TIMEOUT_MS) });
      this.clock.heard(answer.headers.get("date"));
      return answer;
    } catch (error) {
      throw new NoConnection(`${method} ${path}: ${error}`);
    }
  }
}

/** Every page of a list. */
export async function pages(read, name) {
  const all = [];
  let cursor;
  do {
    const page = await read(cursor);
    all.push(...page[name]);
    cursor = page.cursor;
  } while (cursor);
  return all;
}

export async function json(answer) {
  if (!/json/.test(answer.headers.get("content-type") ?? "")) return null;
  try {
    return await answer.json();
  } catch {
    return null;
  }
}

const id = encodeURIComponent;

function query(fields) {
  const given = Object.entries(fields).filter(([, value]) => value);
  return given.length ? `?${new URLSearchParams(given)}` : "";
}
