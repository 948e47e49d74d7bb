// The detail screen of a charger: the same screen for starting, following and stopping.

import * as decide from "../decisions.js";
import { h } from "../dom.js";
import { ago, connector, duration, kW, kWh, maxKW } from "../format.js";
import { directionsHref, hasPlace } from "../places.js";
import { chargersHref } from "../route.js";
import { boltIcon, cardIcon, routeIcon, spinner, stopIcon } from "./icons.js";
import * as parts from "./parts.js";

/** Everything about it: `model` as screens/charger.js makes it, `act` what taps do. */
export function chargerView(model, act) {
  const { charger } = model;
  const back = { href: chargersHref, label: "Chargers" };
  if (!charger) return [parts.heading("Charger", { back, refresh: act.refresh }), parts.connection(model.lost), parts.banner(model.banner), model.banner ? null : parts.loading()];
  return [
    parts.heading(charger.name, { back, refresh: act.refresh, refreshing: model.refreshing, subtitle: charger.address, extra: place(charger) }),
    h("div", { class: "columns" },
      h("div", {},
        h("img", { class: "hero", src: model.heroSrc, alt: "", width: "1200", height: "600", onerror: act.heroFailed }),
        parts.connection(model.lost),
        parts.banner(model.banner)),
      h("div", { class: "side" },
        liveCard(model),
        outcome(model),
        connectors(model, act),
        notices(model),
        h("div", { class: "bar" }, actions(model, act)))),
  ];
}

const place = (charger) =>
  hasPlace(charger) &&
  h("a", { class: "directions", href: directionsHref(charger), target: "_blank", rel: "noopener noreferrer" }, routeIcon(), "Directions");

function liveCard({ mine, live, now }) {
  if (!mine) return null;
  return h("section", { class: `card live${live.stale ? " stale" : ""}`, "aria-labelledby": "live-title" },
    h("div", { class: "row" }, h("h2", { id: "live-title" }, "Your session"), parts.chip(decide.sessionState(mine))),
    h("dl", { class: "figures" },
      h("div", { class: "figure big" }, h("dt", {}, "Delivered"),
        h("dd", {}, h("span", { class: "value" }, kWh(live.energyWh)), h("span", { class: "unit" }, " kWh"))),
      parts.figure("Elapsed", duration(live.elapsedMs)),
      parts.figure("Power", kW(live.powerW), live.powerW === null ? "" : "kW")),
    h("p", { class: "source" }, sourceOf(live, now)));
}

function sourceOf({ heardMs, stale, estimated }) {
  if (heardMs === null) return "No reading yet";
  if (stale) return `Last heard ${ago(heardMs)}`;
  return estimated && heardMs >= 2000 ? `Estimated since the reading ${ago(heardMs)}` : `Reading ${ago(heardMs)}`;
}

function outcome({ over, mine, evse }) {
  if (!over || mine) return null;
  const told = over.energyWh === null ? "" : ` ${kWh(over.energyWh)} kWh delivered.`;
  const held = decide.cableHeldBy(evse);
  return h("section", { class: "card outcome", "aria-label": "Last session" },
    over.status === "failed" ? failed(over) : h("p", { class: "delivered" }, `${over.stop ? "Charging stopped." : "Charging has ended."}${told}`),
    held === "vehicle" && h("p", {}, "You can now unplug your connector from the vehicle."),
    held === "vehicle" && h("p", { class: "small" }, `The cable won't release from the car? ${UNLOCK}`),
    held === "charger" && h("p", {}, h("strong", {}, "The charger still holds the cable."), " It has not let go of it yet; refresh to see whether it has."));
}

const UNLOCK =
  "This is usually a vehicle-side lock, not a charger issue. Unlock your car with the key fob or from the driver's seat, then try removing the connector.";

const failed = ({ failure }) => [h("p", { class: "delivered" }, failure?.title), h("p", {}, failure?.advice)];

function connectors({ charger, evse, states }, act) {
  const several = charger.evses.length > 1;
  return h("fieldset", { class: "connectors" },
    h("legend", {}, several ? "Connectors" : "Connector"),
    charger.evses.map((it) =>
      h(several ? "label" : "div", { class: `connector${several && it.evseId === evse.evseId ? " selected" : ""}` },
        several && h("input", { type: "radio", name: "evse", value: String(it.evseId), checked: it.evseId === evse.evseId, onchange: () => act.select(it.evseId) }),
        h("span", { class: "what" }, h("strong", {}, several ? `${it.evseId} · ${connector(it.connectorType)}` : connector(it.connectorType)),
          h("span", { class: "small" }, `up to ${maxKW(it.maxPowerW)}`)),
        parts.chip(states.get(it.evseId)))));
}

function notices({ evse, mine, charger, now, action }) {
  const { notice } = evse;
  if (!notice || (notice.code === "tap_your_card" && (mine || action.busy))) return null;
  if (notice.code === "tap_your_card") return parts.notice(cardIcon(), notice.title, notice.detail);
  const seen = notice.code === "charger_offline" && charger.lastSeenAt ? `Last seen ${ago(now - Date.parse(charger.lastSeenAt))}.` : "";
  return parts.info(notice.title, notice.detail, seen);
}

function actions({ action, mine }, act) {
  if (!action.kind) return null;
  const stop = action.kind === "stop";
  return [
    h("p", { class: "note", role: "status" }, action.note),
    action.note && mine ? h("p", { class: "small" }, "Pull down on the screen to refresh, or ", h("button", { type: "button", class: "link", onclick: act.refresh }, "refresh now"), ".") : null,
    h("button", { type: "button", class: `main ${stop ? "stop" : "start"}`, "aria-busy": action.busy ? "true" : null, "aria-disabled": action.busy ? "true" : null,
      onclick: action.busy ? null : stop ? act.askStop : act.start },
      action.busy ? spinner() : stop ? stopIcon() : boltIcon(),
      stop ? "Stop charging" : "Start charging"),
    action.keep ? h("button", { type: "button", class: "main plain", onclick: act.keep }, "Keep charging") : null,
  ];
}

/** The question before a stop, with the reading shown at this moment if there is one. */
export const stopQuestion = (energyWh) =>
  energyWh === null ? "Stop the in-progress session?" : `Stop the session at ${kWh(energyWh)} kWh delivered?`;

