// Where it begins: settings, sign-in, screens by address, one clock for all.

import { Api, Problem } from "./api.js";
import { h, render } from "./dom.js";
import { ServerClock } from "./live.js";
import { onPull } from "./pull.js";
import { chargersHref, parseRoute, sessionsHref } from "./route.js";
import { ChargerScreen } from "./screens/charger.js";
import { ChargersScreen } from "./screens/chargers.js";
import { SessionScreen } from "./screens/session.js";
import { SessionsScreen } from "./screens/sessions.js";
import { Sessions } from "./sessions.js";
import { signInWay } from "./sign_in.js";
import { Tokens } from "./tokens.js";
import { signInView } from "./views/sign_in.js";
import { Wishes } from "./wishes.js";

const TICK_MS = 1000;
const RETRY_SETTINGS_MS = 2000;

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
    const auth = await this.#settings();
    const web = { fetch: (...request) => fetch(...request), location, history, session: sessionStorage };
    this.tokens = new Tokens(signInWay(auth, web), { changed: () => this.#signedInOrOut() });
    this.api = new Api({ tokens: this.tokens, clock: this.clock, heard: (reached) => this.#heard(reached) });
    this.wishes = new Wishes({ api: this.api, took: (session) => this.#took(session), changed: () => this.screen?.draw() });
    this.signIn.email = this.tokens.way.drivers[0] ?? "";
    addEventListener("hashchange", () => this.#open());
    addEventListener("online", () => this.#hurry());
    document.addEventListener("visibilitychange", () => this.screen?.visibility());
    onPull(document, document.getElementById("pull"), () => this.screen?.refresh());
    this.#tick();
    await this.#attempt(() => this.tokens.resume());
    if (!this.screen) this.#open();
  }

  retitle() {
    document.title = `${this.screen?.title ?? "Sign in"} · Polaris Express`;
  }

  async #settings() {
    for (;;) {
      try {
        const answer = await fetch("config.json", { cache: "no-store" });
        return (await answer.json()).auth;
      } catch {
        this.lost = true;
        this.#drawSignIn();
        await new Promise((resume) => setTimeout(resume, RETRY_SETTINGS_MS));
        this.lost = false;
      }
    }
  }

  #open() {
    this.screen?.leave();
    this.screen = null;
    this.#drawNav();
    if (this.tokens.signedIn) {
      this.screen = this.#screenOf(parseRoute(location.hash));
      this.root.replaceChildren();
      this.screen.enter();
    } else this.#drawSignIn();
    this.retitle();
    scrollTo(0, 0);
    // A screen reader begins to read where the screen begins.
    this.root.querySelector("h1")?.focus({ preventScroll: true });
  }

  #screenOf({ screen, id }) {
    if (screen === "charger") return new ChargerScreen(this, id);
    if (screen === "session") return new SessionScreen(this, id);
    return screen === "sessions" ? new SessionsScreen(this) : new ChargersScreen(this);
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
    const { way } = this.tokens ?? {};
    const model = { asks: way?.asks, drivers: way?.drivers ?? [], lost: this.lost, ...this.signIn };
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
    render(this.nav, this.tokens.signedIn
      ? [
          h("a", { href: chargersHref, "aria-current": at("chargers", "charger") }, "Chargers"),
          h("a", { href: sessionsHref, "aria-current": at("sessions", "session") }, "My sessions"),
          h("button", { type: "button", class: "quiet", onclick: () => this.tokens.end(), title: this.tokens.email || null }, "Sign out"),
        ]
      : []);
  }
}

new App().run();
