// The live card's figures between two readings. Pure: the time is a parameter, in epoch milliseconds.

/** A reading is counted on for a meter interval and a quarter; then the figure stands still until the next one comes. */
export const COUNT_ON_MS = 75_000;

/**
 * Energy now, in watt-hours, from the last reading and the power it showed; null where nothing is known.
 * Between two readings it is an estimate; it never falls below `atLeast`.
 */
export function extrapolate({ energyWh, powerW, asOf }, now, atLeast = 0) {
  if (energyWh === null || energyWh === undefined) return atLeast > 0 ? atLeast : null;
  const goneMs = asOf ? Math.min(Math.max(0, now - Date.parse(asOf)), COUNT_ON_MS) : 0;
  return Math.max(energyWh + ((powerW ?? 0) * goneMs) / 3_600_000, atLeast);
}

/** What the live card says of a session, given what it said `before`. */
export function liveFigures(session, now, before) {
  const flowing = session.status === "active" || session.status === "stopping";
  const moving = flowing && !session.stale ? session : { ...session, powerW: null };
  const energyWh = extrapolate(moving, now, before?.energyWh ?? 0);
  const until = session.endedAt ? Date.parse(session.endedAt) : now;
  const heardMs = session.asOf ? Math.max(0, now - Date.parse(session.asOf)) : null;
  return {
    energyWh,
    powerW: session.stale ? null : session.powerW,
    elapsedMs: session.startedAt ? Math.max(before?.elapsedMs ?? 0, until - Date.parse(session.startedAt)) : null,
    heardMs,
    stale: session.stale,
    estimated: energyWh !== null && !session.stale && energyWh !== session.energyWh,
  };
}

/**
 * The server's clock, as far ahead of ours as its answers said. `Date` has whole seconds: half of one is its middle.
 */
export class ServerClock {
  constructor(wallClock = Date.now) {
    this.wallClock = wallClock;
    this.aheadMs = 0;
  }

  heard(dateHeader) {
    const at = Date.parse(dateHeader ?? "");
    if (Number.isNaN(at)) return;
    const ahead = at + 500 - this.wallClock();
    if (Math.abs(ahead - this.aheadMs) > 1500) this.aheadMs = Math.abs(ahead) > 1500 ? ahead : 0;
  }

  now() {
    return this.wallClock() + this.aheadMs;
  }
}
