// Days, times and the API's words as a driver reads them: for the sessions' own pages.

/** A day and a time of day in the driver's own zone and language. */
export function dayAndTime(iso, locale) {
  const at = new Date(iso);
  return at.toLocaleString(locale, { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" });
}

/** A time of day with seconds. */
export const timeOfDay = (iso, locale) => new Date(iso).toLocaleTimeString(locale);

/** A word of the API as words: `stop_requested` is "Stop requested", `EVDisconnected` is "EV disconnected". */
export function words(name) {
  if (!name) return "";
  const spaced = name.replaceAll("_", " ").replace(/([a-z])([A-Z])/g, "$1 $2").replace(/([A-Z])([A-Z][a-z])/g, "$1 $2");
  return spaced
    .split(" ")
    .map((word, at) => (/^[A-Z]{2,}$/.test(word) ? word : at ? word.toLowerCase() : word[0].toUpperCase() + word.slice(1)))
    .join(" ");
}
