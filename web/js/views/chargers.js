// The list of chargers.

import { cardState } from "../decisions.js";
import { h } from "../dom.js";
import { ago, connector, distance, maxKW } from "../format.js";
import { listed } from "../places.js";
import { chargerHref } from "../route.js";
import * as parts from "./parts.js";
import { routeIcon } from "./icons.js";

export function chargersView(model, act) {
  const { chargers } = model;
  return [
    parts.heading("Chargers", { refresh: act.refresh, refreshing: model.refreshing }),
    parts.connection(model.lost),
    parts.banner(model.banner),
    h("div", { class: "filters" },
      h("label", { class: "switch" }, h("input", { type: "checkbox", role: "switch", checked: model.onlineOnly, onchange: act.toggleOnline }), "Online only"),
      model.canLocate && h("button", { type: "button", class: "quiet", onclick: act.locate, "aria-pressed": model.here ? "true" : "false" }, routeIcon(), "Nearest first")),
    h("p", { class: "small", role: "status" }, model.whereabouts),
    chargers ? list(model) : model.banner || model.lost ? null : parts.loading(),
  ];
}

function list({ chargers, here, onlineOnly, now }) {
  const shown = listed(chargers, { here, onlineOnly });
  if (!shown.length) return h("p", { class: "empty" }, onlineOnly ? "No charger is online right now." : "There are no chargers yet.");
  return h("ul", { class: "cards" }, shown.map((it) => card(it, now)));
}

function card({ charger, metres }, now) {
  const { connected } = charger;
  const seen = charger.lastSeenAt ? `Offline, last seen ${ago(now - Date.parse(charger.lastSeenAt))}` : "Offline";
  return h("li", { key: charger.chargerId },
    h("a", { class: "card charger", href: chargerHref(charger.chargerId) },
      h("span", { class: "row" }, h("strong", { class: "name" }, charger.name), metres === null ? null : h("span", { class: "small distance" }, distance(metres))),
      h("span", { class: "small" }, charger.address),
      connected ? null : h("span", { class: "small away" }, seen),
      h("span", { class: "evses" }, charger.evses.map((evse) => evseLine(evse, connected)))));
}

function evseLine(evse, connected) {
  const state = cardState(evse);
  const known = connected || evse.mine || evse.status === null ? state : { word: `Last known: ${state.word.toLowerCase()}`, tone: "off" };
  return h("span", { class: "evse" }, h("span", { class: "small" }, `${connector(evse.connectorType)} · ${maxKW(evse.maxPowerW)}`), parts.chip(known));
}
