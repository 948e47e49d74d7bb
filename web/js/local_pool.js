// Signing in by email and password: the user pool of `make run`, through the page's own server.

import { send } from "./sign_in.js";

export class LocalPool {
  asks = "password";

  constructor(auth, web) {
    this.drivers = auth.drivers ?? [];
    this.web = web;
  }

  resumed = async () => null;
  begin = (email, password) => this.#post("sign-in", { email, password });
  renewed = (refreshToken) => this.#post("refresh", { refreshToken });
  end = (refreshToken) => this.#post("sign-out", { refreshToken });

  #post(what, fields) {
    const request = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(fields) };
    return send(this.web, `/auth/${what}`, request);
  }
}
