import assert from "node:assert/strict";
import { test } from "node:test";

import { COUNT_ON_MS, ServerClock, extrapolate, liveFigures } from "../../../web/js/live.js";

const AT = Date.parse("2026-11-22T12:00:00Z");
const reading = { energyWh: 3000, powerW: 7200, asOf: "2026-11-22T12:00:00Z" };
const session = { ...reading, status: "active", stale: false, startedAt: "2026-11-22T11:30:00Z", endedAt: null };

test("between two readings the energy counts on with the power of the last one", () => {
  assert.equal(extrapolate(reading, AT), 3000);
  assert.equal(extrapolate(reading, AT + 10_000), 3020);
});

test("it never runs backwards, neither when a reading is lower nor when a clock is", () => {
  assert.equal(extrapolate(reading, AT, 3010), 3010);
  assert.equal(extrapolate(reading, AT - 60_000), 3000);
  let shown = 0;
  for (const [energyWh, powerW, now] of [[1000, 22_000, AT], [1000, 22_000, AT + 9000], [1004, 0, AT + 10_000], [1100, 0, AT + 12_000]]) {
    const next = extrapolate({ energyWh, powerW, asOf: reading.asOf }, now, shown);
    assert.ok(next >= shown);
    shown = next;
  }
  assert.equal(shown, 1100);
});

test("without a reading there is nothing to count on from", () => {
  assert.equal(extrapolate({ energyWh: null, powerW: 7200, asOf: reading.asOf }, AT), null);
  assert.equal(extrapolate({ energyWh: 5, powerW: null, asOf: null }, AT), 5);
});

test("a silent charger is not counted on for ever", () => {
  const most = 3000 + (7200 * COUNT_ON_MS) / 3_600_000;
  assert.equal(extrapolate(reading, AT + 10 * COUNT_ON_MS), most);
});

test("a live figure is marked as estimated, a fresh reading is not", () => {
  assert.equal(liveFigures(session, AT).estimated, false);
  assert.equal(liveFigures(session, AT + 5000).estimated, true);
  assert.equal(liveFigures(session, AT + 5000).heardMs, 5000);
  assert.equal(liveFigures(session, AT).elapsedMs, 1_800_000);
});

test("a stale session stands still and tells no power", () => {
  const figures = liveFigures({ ...session, stale: true }, AT + 90_000);
  assert.equal(figures.energyWh, 3000);
  assert.equal(figures.powerW, null);
  assert.equal(figures.heardMs, 90_000);
});

test("a session that is over does not go on", () => {
  const figures = liveFigures({ ...session, status: "ended", endedAt: "2026-11-22T12:00:00Z" }, AT + 60_000);
  assert.equal(figures.energyWh, 3000);
  assert.equal(figures.elapsedMs, 1_800_000);
});

test("a phone whose clock is wrong goes by the server's", () => {
  const phone = { at: AT };
  const clock = new ServerClock(() => phone.at);
  clock.heard("Sun, 22 Nov 2026 12:05:00 GMT");
  assert.equal(clock.now(), AT + 300_500);
  phone.at += 1000;
  clock.heard("Sun, 22 Nov 2026 12:05:01 GMT");
  assert.equal(clock.now(), AT + 301_500);
  clock.heard("no date");
  clock.heard(null);
  assert.equal(clock.now(), AT + 301_500);
});

test("half a second of difference is only the header's own coarseness", () => {
  const clock = new ServerClock(() => AT + 900);
  clock.heard("Sun, 22 Nov 2026 12:00:00 GMT");
  assert.equal(clock.now(), AT + 900);
});

test("nothing on the card runs backwards when our clock is set back", () => {
  const before = liveFigures(session, AT + 5000);
  const after = liveFigures(session, AT + 1000, before);
  assert.equal(after.elapsedMs, before.elapsedMs);
  assert.equal(after.energyWh, before.energyWh);
});
