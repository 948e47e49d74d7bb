// What a driver may do on one EVSE, and what they are told. Pure: from the API's documents and the page's own wishes.

import { isOver } from "./sessions.js";

/** The word for an EVSE: `{word, tone}`. `mine` is the driver's own live session on it. */
export function evseState(charger, evse, mine) {
  if (mine) return sessionState(mine);
  if (evse.notice?.code === "charger_out_of_service" || BROKEN.has(evse.status)) return OUT_OF_SERVICE;
  if (evse.notice?.code === "evse_in_use") return IN_USE;
  if (!charger.connected) return { word: "Offline", tone: "off" };
  if (evse.canStart) return { word: evse.status === "finishing" ? "Cable plugged in" : "Available", tone: "good" };
  return statusWord(evse);
}

/** A charger in the list: the word for each EVSE, as last reported. */
export const cardState = (evse) => (evse.mine ? { word: "Your session", tone: "live" } : statusWord(evse));

/** The session in one word. */
export function sessionState(session) {
  const word = { pending: "Starting", active: "Charging", stopping: "Stopping", ended: "Ended", failed: "Did not start" }[session.status];
  return { word, tone: isOver(session) ? "off" : "live" };
}

function statusWord({ status }) {
  if (BROKEN.has(status)) return OUT_OF_SERVICE;
  if (status === "charging" || status === "suspended") return IN_USE;
  if (status === "available" || status === "preparing") return { word: "Available", tone: "good" };
  if (status === "finishing") return { word: "Cable plugged in", tone: "good" };
  return { word: "Unknown", tone: "off" };
}

const BROKEN = new Set(["faulted", "unavailable"]);
const IN_USE = { word: "In use", tone: "busy" };
const OUT_OF_SERVICE = { word: "Out of service", tone: "bad" };

/** Which EVSE the screen shows first: the one with the driver's session, else one that is free, else the first. */
export function firstEvse(evses, mine) {
  return (evses.find((evse) => mine.has(evse.evseId)) ?? evses.find((evse) => evse.canStart) ?? evses[0])?.evseId;
}

/**
 * The button at the bottom: `{kind: "start" | "stop" | null, busy, keep, note}`. `keep`: the stop can be taken back;
 * `note`: what is happening, in words, while it is.
 */
export function action(evse, mine, wishes) {
  if (mine) return stopAction(mine, wishes);
  if (!evse.canStart && !wishes.start.busy) return { kind: null, busy: false, keep: false, note: "" };
  const note = wishes.start.waiting ? "No connection. Your start is sent as soon as the network is back." : "";
  return { kind: "start", busy: wishes.start.busy, keep: false, note };
}

function stopAction(session, wishes) {
  const { stop } = session;
  const stopping = session.status === "stopping" || isOver(session);
  const busy = wishes.stop.busy || wishes.keep.busy || stopping;
  const keep = Boolean(stop?.withdrawable) && session.status !== "pending" && !wishes.keep.busy;
  if (wishes.stop.waiting) return { kind: "stop", busy, keep: true, note: "No connection. Your stop is sent as soon as the network is back." };
  if (wishes.keep.waiting) return { kind: "stop", busy, keep: false, note: "No connection. We keep trying." };
  return { kind: "stop", busy, keep, note: stopping ? PROGRESS[stop?.status] ?? "" : session.status === "pending" ? PROGRESS.pending : "" };
}

const PROGRESS = {
  pending: "Waiting for the charger to begin.",
  requested: "Waiting for the charger to answer.",
  accepted: "The charger has your stop.",
  executing: "The charger is stopping.",
  done: "The charger has stopped. Its last meter reading is on its way.",
};

/** The red banner under the hero: `{title, advice}` in the API's own words, or null. */
export function banner({ mine, over, wishes, error }) {
  const problem = wishes.stop.problem ?? wishes.keep.problem ?? wishes.start.problem ?? error;
  if (problem) return { title: problem.title, advice: problem.advice };
  const stop = mine?.stop;
  if (stop && FAILED_STOPS.has(stop.status) && !wishes.stop.busy) return { title: stop.title, advice: stop.advice };
  if (over?.failure && !over.stop) return { title: over.failure.title, advice: over.failure.advice };
  return null;
}

const FAILED_STOPS = new Set(["refused", "failed", "overdue", "not_sent"]);

/** Who holds the cable after a session: `vehicle`, `charger`, or null when it is out or nobody knows yet. */
export function cableHeldBy(evse) {
  return { plugged: "vehicle", stuck: "charger" }[evse?.cable] ?? null;
}

/** Whether what is known of an EVSE after a session's end may still change within a moment. */
export const isSettling = (evse) => Boolean(evse) && !evse.notice && (evse.cable === "locked" || !evse.canStart);
