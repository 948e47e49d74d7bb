// Sign in: by email and password on the local stack, on the user pool's own page when deployed.

import { h } from "../dom.js";
import { boltIcon, spinner } from "./icons.js";
import * as parts from "./parts.js";

export function signInView(model, act) {
  return h("section", { class: "sign-in" },
    h("span", { class: "mark" }, boltIcon()),
    h("h1", { tabindex: "-1" }, "Polaris Express"),
    h("p", { class: "subtitle" }, "Start a charging session, follow it, and stop it."),
    parts.connection(model.lost),
    parts.banner(model.problem),
    model.asks === "password" ? form(model, act) : model.asks === "redirect" ? button(model, act.begin) : null);
}

const form = (model, act) =>
  h("form", { onsubmit: act.submit, class: "card" },
    h("label", {}, "Email", h("input", { type: "email", name: "email", autocomplete: "username", required: true, list: "drivers", value: model.email, oninput: act.typed })),
    h("datalist", { id: "drivers" }, model.drivers.map((email) => h("option", { value: email }))),
    h("label", {}, "Password", h("input", { type: "password", name: "password", autocomplete: "current-password", required: true, own: true })),
    button(model, null));

const button = ({ busy }, begin) =>
  h("button", { type: begin ? "button" : "submit", class: "main start", onclick: begin, "aria-busy": busy ? "true" : null, "aria-disabled": busy ? "true" : null },
    busy ? spinner() : null, "Sign in");
