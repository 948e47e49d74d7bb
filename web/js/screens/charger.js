// A charger's detail screen: what is known of it, the driver's sessions on it, and what they asked for.

import { announce } from "../announce.js";
import * as decide from "../decisions.js";
import { ask } from "../dialog.js";
import { kWh } from "../format.js";
import { liveFigures } from "../live.js";
import { isOver } from "../sessions.js";
import { chargerView, stopQuestion } from "../views/charger.js";
import { Wishes } from "../wishes.js";
import { Screen } from "./screen.js";

const EVERY_MS = 5_000;
/** Right after a session's end the charger's last report is on its way. */
const SETTLING_MS = 250;
const SETTLED_WITHIN_MS = 10_000;
const OUR_PICTURE = "img/hero.svg";

export class ChargerScreen extends Screen {
  constructor(app, chargerId) {
    super(app);
    Object.assign(this, { chargerId, charger: null, selected: null, heroBroken: false, settlingUntil: 0 });
    this.mine = new Map(); // the driver's live session on each EVSE, by its id
    this.over = new Map(); // the one that ended while the driver looked, by EVSE
    this.shown = new Map(); // figures on the card, which never run backwards
    this.kept = null; // the session whose unanswered stop was taken back
    this.chargerPoller = this.poll(() => this.#readCharger());
    this.sessionPoller = this.poll(() => this.#readSessions());
  }

  get title() {
    return this.charger?.name ?? "Charger";
  }

  tick() {
    if (this.charger) this.draw();
  }

  // --- what taps do

  start = () => {
    const evseId = this.#evse().evseId;
    this.over.delete(evseId);
    this.app.wishes.start(this.chargerId, evseId);
  };

  askStop = async () => {
    const session = this.#mineOn(this.#evse());
    const yes = await ask({
      title: "Stop charging?",
      text: stopQuestion(this.#live(session).energyWh),
      yes: "Stop charging",
      no: "Keep charging",
    });
    if (!yes) return;
    this.kept = null;
    this.app.wishes.stop(session.sessionId);
  };

  keep = () => {
    const session = this.#mineOn(this.#evse());
    const name = Wishes.stopOf(session.sessionId);
    // A stop that never got through needs no taking back; whether it did, the next answer tells.
    if (this.app.wishes.of(name).waiting && !session.stop?.withdrawable) {
      this.kept = session.sessionId;
      this.app.wishes.drop(name);
    } else this.app.wishes.keep(session.sessionId);
  };

  select = (evseId) => {
    this.selected = evseId;
    this.draw();
  };

  heroFailed = () => {
    this.heroBroken = true;
    this.draw();
  };

  // --- what answers do

  /** A session came in, from whichever request. */
  took(session) {
    const { chargerId, evseId, sessionId } = session;
    if (chargerId !== this.chargerId) return;
    if (!isOver(session)) {
      if (this.mine.get(evseId) !== sessionId) {
        this.mine.set(evseId, sessionId);
        this.over.delete(evseId);
        this.selected = evseId;
        this.sessionPoller.now();
      }
      if (this.kept === sessionId && session.stop?.withdrawable) {
        this.kept = null; // it had got through after all
        this.app.wishes.keep(sessionId);
      }
      announce(`${decide.sessionState(session).word}.`);
    } else if (this.mine.get(evseId) === sessionId) this.#finish(session);
    this.draw();
  }

  /** The card goes and the button turns green in one step, once the charger's own screen is read again. */
  async #finish(session) {
    if (this.over.get(session.evseId) === session) return;
    this.over.set(session.evseId, session);
    this.settlingUntil = Date.now() + SETTLED_WITHIN_MS;
    await this.chargerPoller.asking; // an answer on its way may be older than this end
    await this.chargerPoller.now();
    if (this.mine.get(session.evseId) === session.sessionId) this.mine.delete(session.evseId);
    const told = session.energyWh === null ? "" : ` ${kWh(session.energyWh)} kWh delivered.`;
    announce(session.status === "failed" ? session.failure?.title : `${session.stop ? "Charging stopped." : "Charging has ended."}${told}`);
    this.draw();
  }

  async #readCharger() {
    const askedAt = performance.now();
    this.charger = await this.app.api.charger(this.chargerId);
    this.error = null;
    for (const { session } of this.charger.evses) if (session) this.took(this.app.sessions.take(session, { askedAt }));
    // A session that the charger's screen no longer has may be over: its own page knows.
    if (this.charger.evses.some((evse) => !evse.session && this.mine.has(evse.evseId))) this.sessionPoller.now();
    this.selected ??= decide.firstEvse(this.charger.evses, this.mine);
    this.app.retitle();
    this.draw();
    const settling = Date.now() < this.settlingUntil && this.charger.evses.some((evse) => this.over.has(evse.evseId) && decide.isSettling(evse));
    return settling ? SETTLING_MS : EVERY_MS;
  }

  async #readSessions() {
    let soonest = null;
    for (const sessionId of [...this.mine.values()]) {
      const askedAt = performance.now();
      const { etag, body } = await this.app.api.session(sessionId, this.app.sessions.etag(sessionId));
      const session = body ? this.app.sessions.take(body, { askedAt, etag }) : this.app.sessions.get(sessionId);
      if (body) this.took(session);
      if (session.pollAfterMs !== null) soonest = Math.min(soonest ?? Infinity, session.pollAfterMs);
    }
    return soonest;
  }

  // --- what is shown

  view() {
    const { charger, error, refreshing } = this;
    const { wishes, lost, clock } = this.app;
    const now = clock.now();
    if (!charger) return chargerView({ charger, lost, refreshing, banner: error }, this);
    const evse = this.#evse();
    const mine = this.#mineOn(evse);
    const over = this.over.get(evse.evseId) ?? null;
    const ours = {
      start: wishes.of(Wishes.startOf(this.chargerId, evse.evseId)),
      stop: wishes.of(Wishes.stopOf(mine?.sessionId)),
      keep: wishes.of(Wishes.keepOf(mine?.sessionId)),
    };
    const states = new Map(charger.evses.map((it) => [it.evseId, decide.evseState(charger, it, this.#mineOn(it))]));
    const live = mine ? this.#live(mine) : null;
    const banner = decide.banner({ mine, over, wishes: ours, error });
    const action = decide.action(evse, mine, ours);
    return chargerView({ charger, evse, mine, over, live, states, banner, action, lost, now, refreshing, heroSrc: this.#hero() }, this);
  }

  refresh = () => {
    // What was turned down has been read; what is still wrong, the answers tell again.
    for (const evse of this.charger?.evses ?? []) {
      const sessionId = this.mine.get(evse.evseId);
      for (const name of [Wishes.startOf(this.chargerId, evse.evseId), Wishes.stopOf(sessionId), Wishes.keepOf(sessionId)]) {
        if (this.app.wishes.of(name).problem) this.app.wishes.drop(name);
      }
    }
    return this.refreshAll();
  };

  #evse = () => this.charger.evses.find((evse) => evse.evseId === this.selected) ?? this.charger.evses[0];
  #mineOn = (evse) => this.app.sessions.get(this.mine.get(evse.evseId));

  #live(session) {
    const before = this.shown.get(session.sessionId);
    const figures = liveFigures(session, this.app.clock.now(), before);
    this.shown.set(session.sessionId, figures);
    return figures;
  }

  /** The charger's picture, if it is one this page may show (the same origin); else ours. */
  #hero() {
    const given = URL.parse?.(this.charger.imageUrl, location.href);
    return !this.heroBroken && given?.origin === location.origin ? given.href : OUR_PICTURE;
  }
}
