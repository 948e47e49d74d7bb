// Figures and times as a driver reads them. Units: watt-hours and watts in, kilo on the screen; times in milliseconds.

export const DASH = "–";

/** `3.4`: energy in kWh with one decimal, as the tutorial shows it; a dash where nothing is known. */
export const kWh = (wh) => known(wh, (it) => (it / 1000).toFixed(1));

/** `7.2`: power in kW with one decimal. */
export const kW = (w) => known(w, (it) => (it / 1000).toFixed(1));

/** `22 kW`: what a connector can deliver at most. */
export const maxKW = (w) => known(w, (it) => `${Number((it / 1000).toFixed(1))} kW`);

/** `12:04` or `1:02:09`. */
export function duration(ms) {
  if (ms === null || ms === undefined) return DASH;
  const s = Math.max(0, Math.floor(ms / 1000));
  const [hours, minutes, seconds] = [Math.floor(s / 3600), Math.floor(s / 60) % 60, s % 60];
  const two = (n) => String(n).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`;
}

/** `48 s ago`, `3 min ago`, `2 h ago`, `5 days ago`. */
export function ago(ms) {
  const s = Math.max(0, Math.round(ms / 1000));
  if (s < 2) return "just now";
  if (s < 120) return `${s} s ago`;
  if (s < 7200) return `${Math.round(s / 60)} min ago`;
  if (s < 172_800) return `${Math.round(s / 3600)} h ago`;
  return `${Math.round(s / 86_400)} days ago`;
}

/** `350 m` or `1.2 km`. */
export function distance(metres) {
  if (metres < 1000) return `${Math.max(10, Math.round(metres / 10) * 10)} m`;
  return `${(metres / 1000).toFixed(metres < 10_000 ? 1 : 0)} km`;
}

/** `Type 2`: a connector as it is written on the box. */
export const connector = (type) => ({ type2: "Type 2", type1: "Type 1", ccs: "CCS", chademo: "CHAdeMO" })[type] ?? type.toUpperCase();

const known = (value, say) => (value === null || value === undefined ? DASH : say(value));
