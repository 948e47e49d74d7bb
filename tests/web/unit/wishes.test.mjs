import assert from "node:assert/strict";
import { test } from "node:test";

import { NoConnection, Problem } from "../../../web/js/api.js";
import { LONGEST_RETRY_MS, Poller, backOffMs } from "../../../web/js/poll.js";
import { Tokens } from "../../../web/js/tokens.js";
import { START_PATIENCE_MS, Wishes } from "../../../web/js/wishes.js";

/** A clock that only moves when told, and runs what is due. */
function fakeTimers() {
  const timers = { now: 0, due: [], isHidden: false, random: () => 1, hidden: () => timers.isHidden };
  timers.set = (work, ms) => timers.due.push({ work, at: timers.now + ms }) && timers.due.at(-1);
  timers.clear = (it) => (timers.due = timers.due.filter((other) => other !== it));
  timers.pass = async (ms) => {
    timers.now += ms;
    const ready = timers.due.filter((it) => it.at <= timers.now);
    timers.due = timers.due.filter((it) => it.at > timers.now);
    ready.forEach((it) => it.work());
    await settled();
  };
  return timers;
}

const settled = () => new Promise((resume) => setImmediate(resume));
const problem = (status, retryable) => new Problem(status, { title: "no", advice: "wait", retryable });

function wishing(answers) {
  const timers = fakeTimers();
  const sent = [];
  const took = [];
  const next = (...request) => {
    sent.push(request);
    const answer = answers.shift();
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  };
  const api = { start: (...it) => next("start", ...it), stop: (it) => next("stop", it), withdraw: (it) => next("keep", it) };
  let keys = 0;
  const wishes = new Wishes({ api, took: (it) => took.push(it), changed: () => {}, newKey: () => `key-${++keys}`, now: () => timers.now, timers });
  return { wishes, timers, sent, took };
}

test("a second tap while the first is under way is not sent", async () => {
  const { wishes, sent, took } = wishing([{ sessionId: "S" }]);
  wishes.stop("S");
  wishes.stop("S");
  await settled();
  assert.equal(sent.length, 1);
  assert.equal(took.length, 1);
  assert.equal(wishes.of(Wishes.stopOf("S")).busy, false);
});

test("a stop without a network is sent again until the cloud has it", async () => {
  const { wishes, timers, sent, took } = wishing([new NoConnection(), new NoConnection(), { sessionId: "S" }]);
  wishes.stop("S");
  await settled();
  assert.deepEqual([wishes.of("stop S").busy, wishes.of("stop S").waiting], [true, true]);
  await timers.pass(500);
  await timers.pass(1000);
  assert.equal(sent.length, 3);
  assert.equal(took.length, 1);
});

test("a network that is back is used at once", async () => {
  const { wishes, sent } = wishing([new NoConnection(), { sessionId: "S" }]);
  wishes.stop("S");
  await settled();
  wishes.hurry();
  await settled();
  assert.equal(sent.length, 2);
});

test("a wish that is dropped is not sent again", async () => {
  const { wishes, timers, sent } = wishing([new NoConnection(), { sessionId: "S" }]);
  wishes.stop("S");
  await settled();
  wishes.drop("stop S");
  await timers.pass(60_000);
  assert.equal(sent.length, 1);
});

test("a start keeps its key until the cloud has answered it for good", async () => {
  const { wishes, timers, sent } = wishing([new NoConnection(), problem(503, true), { sessionId: "S" }, { sessionId: "T" }]);
  wishes.start("PX", 1);
  await settled();
  await timers.pass(500);
  assert.equal(wishes.of("start PX 1").problem.title, "no");
  wishes.start("PX", 1);
  await settled();
  wishes.start("PX", 1);
  await settled();
  assert.deepEqual(sent.map((it) => it[3]), ["key-1", "key-1", "key-1", "key-2"]);
});

test("a start that was refused gets a new key the next time", async () => {
  const { wishes, sent } = wishing([problem(409, true), { sessionId: "S" }]);
  wishes.start("PX", 1);
  await settled();
  wishes.start("PX", 1);
  await settled();
  assert.deepEqual(sent.map((it) => it[3]), ["key-1", "key-2"]);
});

test("a start is not sent any more when the driver has long walked on", async () => {
  const { wishes, timers, sent } = wishing(Array.from({ length: 50 }, () => new NoConnection()));
  wishes.start("PX", 1);
  await settled();
  for (let s = 0; s < 2 * START_PATIENCE_MS; s += 1000) await timers.pass(1000);
  assert.equal(wishes.of("start PX 1").busy, false);
  const before = sent.length;
  await timers.pass(60_000);
  assert.equal(sent.length, before);
});

test("back-off doubles, is half chance, and has an end", () => {
  assert.deepEqual([1, 2, 3].map((n) => backOffMs(n, () => 1)), [500, 1000, 2000]);
  assert.equal(backOffMs(2, () => 0), 500);
  assert.equal(backOffMs(99, () => 1), LONGEST_RETRY_MS);
});

test("a poller asks when the answer says so, not while hidden, never twice at once", async () => {
  const timers = fakeTimers();
  let asked = 0;
  const poller = new Poller(async () => { asked += 1; return 2000; }, { timers });
  poller.start();
  poller.now();
  await settled();
  assert.equal(asked, 1);
  await timers.pass(1999);
  assert.equal(asked, 1);
  await timers.pass(1);
  assert.equal(asked, 2);
  timers.isHidden = true;
  poller.visibility();
  await timers.pass(60_000);
  assert.equal(asked, 2);
  timers.isHidden = false;
  poller.visibility();
  await settled();
  assert.equal(asked, 3);
  poller.stop();
  await timers.pass(60_000);
  assert.equal(asked, 3);
});

test("a poller backs off after failures and honours what the API asks for", async () => {
  const timers = fakeTimers();
  const errors = [new NoConnection(), Object.assign(problem(503, true), { retryAfterMs: 9000 })];
  let asked = 0;
  const poller = new Poller(async () => { asked += 1; if (errors.length) throw errors.shift(); return null; }, { timers });
  poller.start();
  await settled();
  await timers.pass(500);
  assert.equal(asked, 2);
  await timers.pass(8999);
  assert.equal(asked, 2);
  await timers.pass(1);
  assert.equal(asked, 3);
  assert.equal(timers.due.length, 0, "null: no more");
});

test("tokens are renewed once, however many ask, and before they run out", async () => {
  let renewals = 0;
  let now = 0;
  const way = {
    begin: async () => ({ accessToken: "a0", refreshToken: "r", expiresIn: 3600, email: "e" }),
    renewed: async () => ({ accessToken: `a${++renewals}`, refreshToken: "r", expiresIn: 3600, email: "" }),
    end: async () => {},
  };
  const tokens = new Tokens(way, { now: () => now });
  await tokens.begin();
  assert.equal(await tokens.access(), "a0");
  await Promise.all([tokens.renew("a0"), tokens.renew("a0"), tokens.renew("a0")]);
  assert.equal(renewals, 1);
  await tokens.renew("a0");
  assert.equal(renewals, 1, "that one has been renewed already");
  now = 3_590_000;
  assert.equal(await tokens.access(), "a2");
  assert.equal(tokens.email, "e");
  await tokens.end();
  await assert.rejects(tokens.access());
});

test("a start that nobody waited for any more does not come back with an old key", async () => {
  const { wishes, timers, sent } = wishing([...Array.from({ length: 50 }, () => new NoConnection())]);
  wishes.start("PX", 1);
  await settled();
  for (let s = 0; s < 2 * START_PATIENCE_MS; s += 1000) await timers.pass(1000);
  wishes.start("PX", 1);
  await settled();
  assert.deepEqual([sent[0][3], sent.at(-1)[3]], ["key-1", "key-2"]);
});

test("a new stop lets go of what was said about taking back the one before", async () => {
  const { wishes } = wishing([problem(409, false), { sessionId: "S" }]);
  wishes.keep("S");
  await settled();
  assert.equal(wishes.of("keep S").problem.title, "no");
  wishes.stop("S");
  assert.equal(wishes.of("keep S").problem, null);
});
