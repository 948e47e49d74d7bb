// Which screen an address means. `#/`, `#/chargers/PX-0001`, `#/sessions`, `#/sessions/01H…`

export function parseRoute(hash) {
  const parts = hash.replace(/^#\/?/, "").split("/").filter(Boolean).map(decoded);
  if (parts.length === 2 && parts[0] === "chargers") return { screen: "charger", id: parts[1] };
  if (parts.length === 2 && parts[0] === "sessions") return { screen: "session", id: parts[1] };
  if (parts.length === 1 && parts[0] === "sessions") return { screen: "sessions" };
  return { screen: "chargers" };
}

export const chargersHref = "#/";
export const sessionsHref = "#/sessions";
export const chargerHref = (chargerId) => `#/chargers/${encodeURIComponent(chargerId)}`;
export const sessionHref = (sessionId) => `#/sessions/${encodeURIComponent(sessionId)}`;

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
