// The few pictures inside text. They repeat what words beside them say, so screen readers skip them.

import { h } from "../dom.js";

const icon = (...shapes) =>
  h("svg", { class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true", focusable: "false" }, shapes);
const line = (d) => h("path", { d, fill: "none", stroke: "currentColor", "stroke-width": "2", "stroke-linecap": "round", "stroke-linejoin": "round" });
const solid = (d) => h("path", { d, fill: "currentColor" });

export const stopIcon = () => icon(h("rect", { x: "5", y: "5", width: "14", height: "14", rx: "3", fill: "currentColor" }));
export const boltIcon = () => icon(solid("M13 2 4.6 13.2c-.4.5 0 1.3.7 1.3h5L9 22l8.9-11.7c.4-.5 0-1.3-.7-1.3h-5z"));
export const refreshIcon = () => icon(line("M20 11a8 8 0 1 0-2.2 6.4M20 5v6h-6"));
export const backIcon = () => icon(line("M15 5l-7 7 7 7"));
export const cardIcon = () => icon(line("M3 7.5A1.5 1.5 0 0 1 4.5 6h15A1.5 1.5 0 0 1 21 7.5v9a1.5 1.5 0 0 1-1.5 1.5h-15A1.5 1.5 0 0 1 3 16.5zM3 10.5h18M7 14.5h3"));
export const alertIcon = () => icon(line("M12 8v5M12 16.5v.01M12 3.5 2.8 19.5h18.400z"));
export const infoIcon = () => icon(line("M12 11v5M12 7.5v.01M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18z"));
export const routeIcon = () => icon(line("M12 21s7-6.2 7-11.5a7 7 0 1 0-14 0C5 14.8 12 21 12 21zM12 12a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z"));
export const spinner = () => h("span", { class: "spinner", "aria-hidden": "true" });
