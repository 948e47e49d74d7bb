// One session: its figures, its curve, its story.

import { curve } from "../curve.js";
import { sessionState } from "../decisions.js";
import { h } from "../dom.js";
import { duration, kW, kWh } from "../format.js";
import { chargerHref, sessionsHref } from "../route.js";
import { isOver } from "../sessions.js";
import * as parts from "./parts.js";
import { dayAndTime, timeOfDay, words } from "../words.js";

export function sessionView(model, act) {
  const { session } = model;
  const back = { href: sessionsHref, label: "My sessions" };
  if (!session) return [parts.heading("Session", { back, refresh: act.refresh }), parts.connection(model.lost), parts.banner(model.banner), model.banner ? null : parts.loading()];
  return [
    parts.heading(session.chargerName, { back, refresh: act.refresh, refreshing: model.refreshing, subtitle: dayAndTime(session.startedAt ?? session.createdAt, model.locale) }),
    parts.connection(model.lost),
    parts.banner(model.banner ?? session.failure),
    figures(model),
    isOver(session) ? null : h("a", { class: "main plain", href: chargerHref(session.chargerId) }, "Open the charger"),
    powerCurve(model),
    timeline(model),
    model.csvHref && h("a", { class: "quiet download", href: model.csvHref, download: `session-${session.sessionId}.csv` }, "Download readings (CSV)"),
  ];
}

function figures({ session, live }) {
  const { end } = session;
  return h("section", { class: "card", "aria-labelledby": "figures-title" },
    h("div", { class: "row" }, h("h2", { id: "figures-title" }, "Figures"), parts.chip(sessionState(session))),
    h("dl", { class: "figures" },
      h("div", { class: "figure big" }, h("dt", {}, "Delivered"), h("dd", {}, h("span", { class: "value" }, kWh(live.energyWh)), h("span", { class: "unit" }, " kWh"))),
      parts.figure("Duration", duration(live.elapsedMs)),
      isOver(session) ? null : parts.figure("Power", kW(live.powerW), live.powerW === null ? "" : "kW"),
      parts.figure("Connector", String(session.evseId)),
      end && h("div", { class: "figure" }, h("dt", {}, "Ended"), h("dd", { class: "word" }, ENDED[end.reason] ?? words(end.reason)))),
    session.estimated ? h("p", { class: "source" }, "The end is estimated; the charger has not confirmed it yet.") : null);
}

function powerCurve({ values, locale }) {
  if (!values) return null;
  const drawn = curve(values);
  return h("section", { class: "card", "aria-labelledby": "curve-title" },
    h("h2", { id: "curve-title" }, "Power"),
    drawn ? plot(drawn, locale) : h("p", { class: "small" }, "Not enough readings for a curve."),
    values.length ? table(values, locale) : null);
}

function plot({ width, height, line, area, highestW, grid, from, to }, locale) {
  const said = `Power over time, at most ${kW(highestW)} kW, from ${timeOfDay(from, locale)} to ${timeOfDay(to, locale)}`;
  return h("figure", { class: "curve" },
    h("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": said, preserveAspectRatio: "none" },
      grid.map(({ y }) => h("line", { class: "grid", x1: "0", x2: String(width), y1: y, y2: y })),
      h("path", { class: "area", d: area }),
      h("path", { class: "line", d: line })),
    h("div", { class: "scale", "aria-hidden": "true" }, grid.slice(0, 2).map(({ w }) => h("span", {}, `${kW(w)} kW`))),
    h("figcaption", { class: "row small", "aria-hidden": "true" }, h("span", {}, timeOfDay(from, locale)), h("span", {}, timeOfDay(to, locale))));
}

const table = (values, locale) =>
  h("details", {}, h("summary", {}, "Readings as a table"),
    h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Readings" },
      h("table", {},
        h("thead", {}, h("tr", {}, ["Time", "kWh", "kW"].map((it) => h("th", { scope: "col" }, it)))),
        h("tbody", {}, values.map((it) => h("tr", { key: it.at }, h("td", {}, timeOfDay(it.at, locale)), h("td", {}, it.energyWh === null ? "–" : (it.energyWh / 1000).toFixed(3)), h("td", {}, kW(it.powerW))))))));

function timeline({ stages, locale }) {
  if (!stages) return null;
  return h("section", { class: "card", "aria-labelledby": "timeline-title" },
    h("h2", { id: "timeline-title" }, "Timeline"),
    h("ol", { class: "timeline" }, stages.map((it) =>
      h("li", {}, h("time", { datetime: it.at, class: "small" }, timeOfDay(it.at, locale)),
        h("span", {}, h("strong", {}, words(it.stage)), h("span", { class: "small" }, `by ${SAID_BY[it.source] ?? it.source}${it.detail ? ` · ${words(it.detail)}` : ""}`))))));
}

/** The API's reasons for an end, as a driver would say them; one that is not here is shown as the API names it. */
const ENDED = { Remote: "from the app", Local: "at the charger", EVDisconnected: "cable pulled" };
const SAID_BY = { owner: "you", charger: "the charger", cloud: "the cloud", operator: "the operator", automatic: "a rule of yours" };
