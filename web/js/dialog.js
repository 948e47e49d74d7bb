// The question before a stop: a native modal dialog, so that the browser keeps the focus in it and gives it back.

import { h, render } from "./dom.js";

/** Ask; answers true for the destructive choice, false for anything else. Nothing is sent meanwhile. */
export function ask({ title, text, yes, no }) {
  const dialog = document.createElement("dialog");
  dialog.setAttribute("aria-labelledby", "ask-title");
  dialog.setAttribute("aria-describedby", "ask-text");
  const close = (answer) => () => dialog.close(answer);
  render(
    dialog,
    h("div", { class: "sheet" },
      h("h2", { id: "ask-title" }, title),
      h("p", { id: "ask-text" }, text),
      h("button", { type: "button", class: "main stop", onclick: close("yes") }, yes),
      h("button", { type: "button", class: "main plain", onclick: close("no"), autofocus: true }, no)),
  );
  // A tap beside the sheet hits the dialog itself.
  dialog.onclick = (event) => event.target === dialog && dialog.close("no");
  const before = document.activeElement;
  return new Promise((answer) => {
    dialog.onclose = () => {
      dialog.remove();
      if (before?.isConnected) before.focus();
      answer(dialog.returnValue === "yes");
    };
    // Leaving the screen is not a yes either.
    addEventListener("hashchange", close("no"), { once: true });
    document.body.append(dialog);
    dialog.showModal();
  });
}
