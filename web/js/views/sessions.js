// The driver's sessions.

import { sessionState } from "../decisions.js";
import { h } from "../dom.js";
import { duration, kWh } from "../format.js";
import { sessionHref } from "../route.js";
import * as parts from "./parts.js";
import { dayAndTime } from "../words.js";

export const STATUSES = ["pending", "active", "stopping", "ended", "failed"];

export function sessionsView(model, act) {
  const { sessions } = model;
  return [
    parts.heading("My sessions", { refresh: act.refresh, refreshing: model.refreshing }),
    parts.connection(model.lost),
    parts.banner(model.banner),
    h("div", { class: "filters" },
      h("label", {}, "Show ", h("select", { value: model.status, onchange: act.filter },
        h("option", { value: "" }, "all sessions"),
        STATUSES.map((status) => h("option", { value: status }, sessionState({ status }).word.toLowerCase()))))),
    sessions ? list(sessions, model) : model.banner || model.lost ? null : parts.loading(),
    model.cursor ? h("button", { type: "button", class: "quiet more", onclick: act.more }, "Show more") : null,
  ];
}

function list(sessions, { status, locale, cursor }) {
  if (!sessions.length && !cursor) return h("p", { class: "empty" }, status ? "No session like that." : "You have not charged yet.");
  return h("ul", { class: "cards" }, sessions.map((session) => h("li", { key: session.sessionId }, card(session, locale))));
}

function card(session, locale) {
  const from = session.startedAt ?? session.createdAt;
  const took = session.startedAt && session.endedAt ? ` · ${duration(Date.parse(session.endedAt) - Date.parse(session.startedAt))}` : "";
  return h("a", { class: "card session", href: sessionHref(session.sessionId) },
    h("span", { class: "row" }, h("strong", { class: "name" }, session.chargerName), parts.chip(sessionState(session))),
    h("span", { class: "row" },
      h("span", { class: "small" }, `${dayAndTime(from, locale)}${took}`),
      h("span", { class: "energy" }, h("span", { class: "value" }, kWh(session.energyWh)), h("span", { class: "unit" }, " kWh"))),
    session.failure ? h("span", { class: "small" }, session.failure.title) : null);
}
