// Pieces that several screens are made of.

import { h } from "../dom.js";
import { alertIcon, backIcon, infoIcon, refreshIcon } from "./icons.js";

/** A word with its colour; the word alone says it all. */
export const chip = ({ word, tone }) => h("span", { class: `chip ${tone}` }, word);

/** The red banner: an alert, in the API's own words. */
export const banner = (problem) =>
  h("div", { class: "alerts", role: "alert" },
    problem && h("div", { class: "banner" }, alertIcon(), h("div", {}, h("strong", {}, problem.title), problem.advice && h("p", {}, problem.advice))));

/** No network: said once, and again only when it is over. */
export const connection = (lost) =>
  h("div", { class: "alerts", role: "alert" },
    lost && h("div", { class: "banner" }, alertIcon(), h("div", {}, h("strong", {}, "No connection"), h("p", {}, "We keep trying. Nothing you asked for is lost."))));

/** A calm notice. */
export const notice = (icon, title, ...text) =>
  h("div", { class: "notice" }, icon, h("div", {}, h("strong", {}, title), text.map((it) => it && h("p", {}, it))));

export const info = (title, ...text) => notice(infoIcon(), title, ...text);

/** The top of a screen: where back leads, the name, and the refresh button. */
export const heading = (title, { back, subtitle, refresh, refreshing, extra } = {}) =>
  h("header", { class: "heading" },
    h("div", { class: "row" },
      back && h("a", { class: "quiet round back", href: back.href, "aria-label": `Back: ${back.label}`, title: back.label }, backIcon()),
      h("h1", { tabindex: "-1" }, title),
      refresh &&
        h("button", { type: "button", class: "quiet round", onclick: refresh, "aria-label": "Refresh", title: "Refresh", "aria-busy": refreshing ? "true" : null },
          refreshIcon())),
    (subtitle || extra) && h("div", { class: "place" }, h("p", { class: "subtitle" }, subtitle), extra));

/** What stands where nothing has arrived yet. */
export const loading = () => h("p", { class: "empty" }, "Loading…");

/** A figure with its unit and what it means; read as one. */
export const figure = (label, value, unit) =>
  h("div", { class: "figure" }, h("dt", {}, label), h("dd", {}, h("span", { class: "value" }, value), unit && h("span", { class: "unit" }, ` ${unit}`)));
