import assert from "node:assert/strict";
import { test } from "node:test";

import { csv } from "../../../web/js/csv.js";
import { curve } from "../../../web/js/curve.js";
import * as format from "../../../web/js/format.js";
import { listed, metresBetween } from "../../../web/js/places.js";
import { words } from "../../../web/js/words.js";
import { chargerHref, parseRoute, sessionHref } from "../../../web/js/route.js";

test("figures have one decimal, and a dash where nothing is known", () => {
  assert.equal(format.kWh(12_345), "12.3");
  assert.equal(format.kWh(0), "0.0");
  assert.equal(format.kWh(null), "–");
  assert.equal(format.kW(7210), "7.2");
  assert.equal(format.maxKW(22_000), "22 kW");
  assert.equal(format.maxKW(7400), "7.4 kW");
});

test("times read as a driver says them", () => {
  assert.equal(format.duration(0), "0:00");
  assert.equal(format.duration(724_999), "12:04");
  assert.equal(format.duration(3_729_000), "1:02:09");
  assert.equal(format.duration(-5), "0:00");
  assert.equal(format.duration(null), "–");
  assert.deepEqual([0, 48_000, 180_000, 7_200_000, 432_000_000].map(format.ago), ["just now", "48 s ago", "3 min ago", "2 h ago", "5 days ago"]);
});

test("the API's words become words", () => {
  assert.equal(words("stop_requested"), "Stop requested");
  assert.equal(words("EVDisconnected"), "EV disconnected");
  assert.equal(words("PowerLoss"), "Power loss");
  assert.equal(words(""), "");
  assert.equal(format.connector("type2"), "Type 2");
  assert.equal(format.connector("nacs"), "NACS");
});

test("distances are in metres nearby and in kilometres beyond", () => {
  assert.deepEqual([3, 352, 1240, 15_600].map(format.distance), ["10 m", "350 m", "1.2 km", "16 km"]);
  const [hamburg, berlin] = [{ latitude: 53.55, longitude: 10 }, { latitude: 52.52, longitude: 13.405 }];
  assert.ok(Math.abs(metresBetween(hamburg, berlin) - 255_000) < 3000);
});

test("the list is by name, or nearest first, or online only", () => {
  const all = [
    { name: "C", latitude: 2, longitude: 2, connected: true },
    { name: "A", latitude: 3, longitude: 3, connected: false },
    { name: "B", latitude: 0, longitude: 0, connected: null },
  ];
  const names = (options) => listed(all, options).map((it) => it.charger.name).join("");
  assert.equal(names(), "ABC");
  assert.equal(names({ here: { latitude: 2.1, longitude: 2.1 } }), "CAB", "one without a place comes last");
  assert.equal(names({ onlineOnly: true }), "C");
});

test("addresses lead to screens, and wrong ones to the list", () => {
  assert.deepEqual(parseRoute("#/chargers/PX-1"), { screen: "charger", id: "PX-1" });
  assert.deepEqual(parseRoute(chargerHref("a/b ?")), { screen: "charger", id: "a/b ?" });
  assert.deepEqual(parseRoute(sessionHref("01H")), { screen: "session", id: "01H" });
  assert.deepEqual(parseRoute("#/sessions"), { screen: "sessions" });
  for (const wrong of ["", "#", "#/", "#/chargers", "#/nothing/here", "#/chargers/%E0%A4%A/x"]) assert.deepEqual(parseRoute(wrong), { screen: "chargers" });
});

test("a curve needs two readings and fits its frame", () => {
  const at = (s, powerW) => ({ at: new Date(s * 1000).toISOString(), powerW });
  assert.equal(curve([]), null);
  assert.equal(curve([at(0, 1)]), null);
  assert.equal(curve([at(0, 1), at(0, 2)]), null);
  const drawn = curve([at(0, 0), at(5, null), at(10, 22_000)]);
  assert.equal(drawn.line, "M0 200L600 31");
  assert.equal(drawn.grid[0].w, 25_000);
  assert.equal(drawn.highestW, 22_000);
});

test("the download is a table with the units in its head", () => {
  const values = [{ at: "2026-11-22T12:00:00Z", energyWh: 0, powerW: null, meterWh: 7 }];
  assert.equal(csv(values), "at,energyWh,powerW,meterWh\r\n2026-11-22T12:00:00Z,0,,7\r\n");
});
