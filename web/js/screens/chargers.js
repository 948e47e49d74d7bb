// The list of chargers, as a screen.

import { pages } from "../api.js";
import { chargerHref } from "../route.js";
import { chargersView } from "../views/chargers.js";
import { Screen } from "./screen.js";

const EVERY_MS = 10_000;

export class ChargersScreen extends Screen {
  title = "Chargers";

  constructor(app) {
    super(app);
    Object.assign(this, { chargers: null, onlineOnly: false, here: app.here, whereabouts: "" });
    this.poll(() => this.#read());
    this.#locateIfAllowed();
  }

  view() {
    const { chargers, onlineOnly, here, whereabouts, error, refreshing } = this;
    const canLocate = Boolean(navigator.geolocation) && (chargers?.length ?? 0) > 1;
    return chargersView({ chargers, onlineOnly, here, whereabouts, refreshing, canLocate, banner: error, lost: this.app.lost, now: this.app.clock.now() }, this);
  }

  tick() {
    if (this.chargers) this.draw();
  }

  toggleOnline = (event) => {
    this.onlineOnly = event.target.checked;
    this.draw();
  };

  locate = () => {
    if (this.here) return this.#stand(null, "");
    return navigator.geolocation.getCurrentPosition(
      ({ coords }) => this.#stand(coords, "Nearest first."),
      () => this.#stand(null, "Your position is not known, so the list is sorted by name."),
      { maximumAge: 300_000, timeout: 10_000 },
    );
  };

  async #read() {
    this.chargers = await pages(this.app.api.chargers, "chargers");
    this.error = null;
    // A list of one opens itself.
    if (this.chargers.length === 1 && !this.left) location.replace(chargerHref(this.chargers[0].chargerId));
    this.draw();
    return EVERY_MS;
  }

  async #locateIfAllowed() {
    const permission = await navigator.permissions?.query({ name: "geolocation" }).catch(() => null);
    if (permission?.state === "granted" && !this.here && !this.left) this.locate();
  }

  #stand(here, whereabouts) {
    Object.assign(this, { here, whereabouts });
    this.app.here = here;
    this.draw();
  }
}
