import assert from "node:assert/strict";
import { test } from "node:test";

import { action, banner, cableHeldBy, cardState, evseState, firstEvse, isSettling } from "../../../web/js/decisions.js";
import { Sessions } from "../../../web/js/sessions.js";
import { stopQuestion } from "../../../web/js/views/charger.js";

const IDLE = { busy: false, waiting: false, problem: null };
const none = { start: IDLE, stop: IDLE, keep: IDLE };
const charger = { connected: true };
const free = { evseId: 1, status: "preparing", canStart: true, notice: null };
const inUse = { evseId: 1, status: "charging", canStart: false, notice: { code: "evse_in_use" } };
const session = (status, stop = null, more = {}) => ({ sessionId: "S", evseId: 1, status, stop, ...more });
const stop = (status, more = {}) => ({ status, title: `${status} title`, advice: "advice", withdrawable: false, ...more });

test("the words for an EVSE", () => {
  assert.equal(evseState(charger, free, null).word, "Available");
  assert.equal(evseState(charger, inUse, null).word, "In use");
  assert.equal(evseState(charger, inUse, session("active")).word, "Charging");
  assert.equal(evseState({ connected: false }, { ...free, canStart: false }, null).word, "Offline");
  assert.equal(evseState(charger, { status: "faulted", canStart: false, notice: null }, null).word, "Out of service");
  assert.equal(cardState({ mine: true, status: "charging" }).word, "Your session");
  assert.equal(cardState({ mine: false, status: null }).word, "Unknown");
});

test("a free EVSE offers a start, a busy or broken one nothing", () => {
  assert.equal(action(free, null, none).kind, "start");
  assert.equal(action(inUse, null, none).kind, null);
  assert.equal(action({ ...free, canStart: false }, null, none).kind, null);
});

test("the driver's own session offers a stop, with a spinner while it is under way", () => {
  assert.deepEqual(action(inUse, session("active"), none), { kind: "stop", busy: false, keep: false, note: "" });
  assert.equal(action(inUse, session("active"), { ...none, stop: { ...IDLE, busy: true } }).busy, true);
  assert.equal(action(inUse, session("stopping", stop("accepted")), none).busy, true);
  assert.match(action(inUse, session("stopping", stop("accepted")), none).note, /has your stop/);
  assert.equal(action(inUse, session("active", stop("overdue")), none).busy, false);
});

test("a stop can be taken back only while the API says so", () => {
  assert.equal(action(inUse, session("stopping", stop("requested", { withdrawable: true })), none).keep, true);
  assert.equal(action(inUse, session("active", stop("overdue", { withdrawable: true })), none).keep, true);
  assert.equal(action(inUse, session("stopping", stop("executing")), none).keep, false);
  assert.equal(action(inUse, session("active"), { ...none, stop: { ...IDLE, busy: true, waiting: true } }).keep, true);
});

test("the banner has the API's words for every stop that failed, and for no other", () => {
  const of = (status) => banner({ mine: session("active", stop(status)), over: null, wishes: none, error: null });
  for (const status of ["refused", "failed", "overdue", "not_sent"]) assert.deepEqual(of(status), { title: `${status} title`, advice: "advice" });
  for (const status of ["requested", "accepted", "executing", "done", "withdrawn"]) assert.equal(of(status), null);
});

test("while a stop is tapped again the old failure is not shown", () => {
  const wishes = { ...none, stop: { ...IDLE, busy: true } };
  assert.equal(banner({ mine: session("active", stop("failed")), over: null, wishes, error: null }), null);
});

test("a refusal of a request comes first; a session that never began is explained", () => {
  const problem = { title: "no", advice: "wait" };
  assert.deepEqual(banner({ mine: null, over: null, wishes: { ...none, start: { ...IDLE, problem } }, error: null }), problem);
  const over = session("failed", null, { failure: { title: "The charger didn't start in time", advice: "again" } });
  assert.deepEqual(banner({ mine: null, over, wishes: none, error: null }), over.failure);
  assert.equal(banner({ mine: null, over: { ...over, stop: stop("done") }, wishes: none, error: null }), null, "it was the driver's own wish");
});

test("the question has the reading, if there is one", () => {
  assert.equal(stopQuestion(3449), "Stop the session at 3.4 kWh delivered?");
  assert.equal(stopQuestion(null), "Stop the in-progress session?");
});

test("who holds the cable", () => {
  assert.equal(cableHeldBy({ cable: "plugged" }), "vehicle");
  assert.equal(cableHeldBy({ cable: "stuck" }), "charger");
  for (const cable of ["unplugged", "locked", null]) assert.equal(cableHeldBy({ cable }), null);
  assert.equal(isSettling({ cable: "locked", canStart: true, notice: null }), true);
  assert.equal(isSettling({ cable: "plugged", canStart: true, notice: null }), false);
});

test("the screen opens on the driver's session, else on a free EVSE", () => {
  const evses = [{ evseId: 1, canStart: false }, { evseId: 2, canStart: true }, { evseId: 3, canStart: false }];
  assert.equal(firstEvse(evses, new Map()), 2);
  assert.equal(firstEvse(evses, new Map([[3, "S"]])), 3);
  assert.equal(firstEvse([evses[0]], new Map()), 1);
});

test("an answer that was overtaken does not undo what a later one told", () => {
  let now = 0;
  const sessions = new Sessions(() => now);
  now = 10;
  sessions.take(session("stopping"), { askedAt: 5 });
  now = 20;
  assert.equal(sessions.take(session("active"), { askedAt: 1 }).status, "stopping");
  assert.equal(sessions.take(session("ended"), { askedAt: 11, etag: "e" }).status, "ended");
  assert.equal(sessions.take(session("active"), { askedAt: 30 }).status, "ended", "what is over stays over");
  assert.equal(sessions.etag("S"), "e");
});
