// Where it begins: settings, sign-in, screens by address, one clock for all.

import { Api, Problem } from "./api.js";
import { h, render } from "./dom.js";
import { ServerClock } from "./live.js";
import { backOffMs } from "./poll.js";
import { onPull } from "./pull.js";
import { chargersHref, parseRoute, sessionsHref } from "./route.js";
import { Sessions } from "./sessions.js";
import { signInWay } from "./sign_in.js";
import { Tokens } from "./tokens.js";
import { connection } from "./views/parts.js";
import { signInView } from "./views/sign_in.js";
import { Wishes } from "./wishes.js";

const TICK_MS = 1000;

/** Each screen is fetched when it is first opened. */
const SCREENS = {
  chargers: async () => (await import("./screens/chargers.js")).ChargersScreen,
  charger: async () => (await import("./screens/charger.js")).ChargerScreen,
  sessions: async () => (await import("./screens/sessions.js")).SessionsScreen,
  session: async () => (await import("./screens/session.js")).SessionScreen,
};

class App {
  root = document.getElementById("screen");
  nav = document.getElementById("nav");
  clock = new ServerClock();
  sessions = new Sessions();
  screen = null;
  here = null;
  lost = false;
  signIn = { busy: false, problem: null, email: "" };

  async run() {
    const web = { fetch: (...request) => fetch(...request), location, history, session: sessionStorage };
    const way = await this.#insist(async () => signInWay((await (await fetch("config.json", { cache: "no-store" })).json()).auth, web));
    this.tokens = new Tokens(way, { changed: () => this.#signedInOrOut() });
    this.api = new Api({ tokens: this.tokens, clock: this.clock, heard: (reached) => this.#heard(reached) });
    this.wishes = new Wishes({ api: this.api, took: (session) => this.#took(session), changed: () => this.screen?.draw() });
    this.signIn.email = way.drivers[0] ?? "";
    addEventListener("hashchange", () => this.#open());
    addEventListener("online", () => this.#hurry());
    document.addEventListener("visibilitychange", () => this.screen?.visibility());
    onPull(document, document.getElementById("pull"), () => this.screen?.refresh());
    this.#tick();
    await this.#attempt(() => this.tokens.resume());
    if (!this.tokens.signedIn) this.#open();
  }

  retitle() {
    document.title = `${this.screen?.title ?? "Sign in"} · Polaris Express`;
  }

  /** Work without which nothing can be shown: tried until it succeeds, or until nobody wants it any more. */
  async #insist(work, wanted = () => true) {
    for (let failures = 1; wanted(); failures += 1) {
      try {
        const done = await work();
        this.lost = false;
        return done;
      } catch {
        this.lost = true;
        render(this.root, connection(true));
        await new Promise((resume) => setTimeout(resume, backOffMs(failures, Math.random)));
      }
    }
    return null;
  }

  async #open() {
    const { screen: name, id } = parseRoute(location.hash);
    const turn = (this.turn = (this.turn ?? 0) + 1);
    const wanted = () => turn === this.turn;
    this.screen?.leave();
    this.screen = null;
    this.#drawNav();
    if (this.tokens.signedIn) {
      const Screen = await this.#insist(SCREENS[name], wanted);
      if (!wanted()) return;
      this.screen = new Screen(this, id);
      this.root.replaceChildren();
      this.screen.enter();
    } else this.#drawSignIn();
    this.retitle();
    scrollTo(0, 0);
    // A screen reader begins to read where the screen begins.
    this.root.querySelector("h1")?.focus({ preventScroll: true });
  }

  #took(session) {
    this.screen?.took?.(this.sessions.take(session));
  }

  #heard(reached) {
    if (this.lost === !reached) return;
    this.lost = !reached;
    this.screen?.draw();
    if (reached) this.#hurry();
  }

  #hurry() {
    this.wishes.hurry();
    this.screen?.hurry();
  }

  #signedInOrOut() {
    this.sessions.clear();
    this.wishes.clear();
    this.signIn.busy = false;
    this.signIn.problem = null;
    this.#open();
  }

  /** On the second, so that all figures move together; not while nobody looks. */
  #tick() {
    setTimeout(() => {
      if (document.visibilityState !== "hidden") this.screen?.tick?.();
      this.#tick();
    }, TICK_MS - (Date.now() % TICK_MS));
  }

  // --- signing in

  #drawSignIn() {
    const { asks, drivers } = this.tokens.way;
    const model = { asks, drivers, lost: this.lost, ...this.signIn };
    render(this.root, signInView(model, {
      submit: this.#submit,
      begin: () => this.#attempt(() => this.tokens.begin()),
      typed: (event) => { this.signIn.email = event.target.value; },
    }));
  }

  #submit = (event) => {
    event.preventDefault();
    if (this.signIn.busy) return;
    const { email, password } = event.target.elements;
    this.#attempt(() => this.tokens.begin(email.value, password.value));
  };

  async #attempt(begin) {
    Object.assign(this.signIn, { busy: true, problem: null });
    if (!this.screen) this.#drawSignIn();
    try {
      await begin();
      this.lost = false;
    } catch (error) {
      if (error instanceof Problem) this.signIn.problem = { title: error.title ?? "Email or password is not right", advice: error.advice };
      else this.lost = true;
    }
    this.signIn.busy = false;
    if (!this.screen) this.#drawSignIn();
  }

  #drawNav() {
    const { screen } = parseRoute(location.hash);
    const at = (...screens) => (screens.includes(screen) ? "page" : null);
    document.body.className = this.tokens.signedIn ? "signed-in" : "";
    render(this.nav, this.tokens.signedIn
      ? [
          h("a", { href: chargersHref, "aria-current": at("chargers", "charger") }, "Chargers"),
          h("a", { href: sessionsHref, "aria-current": at("sessions", "session") }, "My sessions"),
          h("button", { type: "button", onclick: () => this.tokens.end(), title: this.tokens.email || null }, "Sign out"),
        ]
      : []);
  }
}

new App().run();
