// Where chargers are, seen from where the driver is. Positions in degrees, distances in metres.

const EARTH_RADIUS_M = 6_371_000;

/** Distance along the globe (haversine). */
export function metresBetween(a, b) {
  const rad = (degrees) => (degrees * Math.PI) / 180;
  const half = (from, to) => Math.sin(rad(to - from) / 2) ** 2;
  const chord = half(a.latitude, b.latitude) + Math.cos(rad(a.latitude)) * Math.cos(rad(b.latitude)) * half(a.longitude, b.longitude);
  return 2 * EARTH_RADIUS_M * Math.asin(Math.sqrt(chord));
}

/** The chargers as listed: nearest first if the driver's position is known, else by name; online only if asked. */
export function listed(chargers, { here = null, onlineOnly = false } = {}) {
  const shown = chargers
    .filter((charger) => !onlineOnly || charger.connected)
    .map((charger) => ({ charger, metres: here && hasPlace(charger) ? metresBetween(here, charger) : null }));
  return shown.sort((a, b) => (a.metres ?? Infinity) - (b.metres ?? Infinity) || 0 || a.charger.name.localeCompare(b.charger.name));
}

export const hasPlace = ({ latitude, longitude }) => Number.isFinite(latitude) && Number.isFinite(longitude) && (latitude !== 0 || longitude !== 0);

/** A page with the route there. It is a link: nobody learns anything before the driver follows it. */
export const directionsHref = ({ latitude, longitude }) => `https://www.openstreetmap.org/directions?to=${latitude}%2C${longitude}`;
