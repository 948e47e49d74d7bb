// Signing in on the user pool's own page: authorization code flow with PKCE. The secret waits in the tab's session
// storage until the driver is back; tokens are never stored.

import { challenge, emailOf, verifier } from "./pkce.js";
import { send } from "./sign_in.js";

export class ManagedLogin {
  asks = "redirect";
  drivers = [];

  constructor(auth, web) {
    Object.assign(this, { auth, web });
  }

  async begin() {
    const [state, secret] = [verifier(), verifier()];
    this.web.session.setItem("sign-in", JSON.stringify({ state, secret, hash: this.web.location.hash }));
    this.web.location.assign(
      this.#address("/oauth2/authorize", {
        response_type: "code",
        client_id: this.auth.clientId,
        redirect_uri: this.auth.redirectUri,
        scope: "openid email",
        state,
        code_challenge: await challenge(secret),
        code_challenge_method: "S256",
      }),
    );
    return new Promise(() => {}); // the page is on its way out
  }

  /** Tokens, if this is the return from the sign-in page that we sent the driver to; else null. */
  async resumed() {
    const answer = new URLSearchParams(this.web.location.search);
    const asked = JSON.parse(this.web.session.getItem("sign-in") ?? "null");
    if (!answer.has("code") && !answer.has("error")) return null;
    this.web.session.removeItem("sign-in");
    // The code must not stay in the address bar, nor in the history.
    this.web.history.replaceState(null, "", this.web.location.pathname + (asked?.hash || "#/"));
    if (!answer.has("code") || !asked || answer.get("state") !== asked.state) return null;
    return this.#tokens({
      grant_type: "authorization_code",
      code: answer.get("code"),
      redirect_uri: this.auth.redirectUri,
      code_verifier: asked.secret,
    });
  }

  renewed = (refreshToken) => this.#tokens({ grant_type: "refresh_token", refresh_token: refreshToken });

  async end(refreshToken) {
    // Whatever becomes of the token: the sign-in page must not remember the driver.
    await this.#form("/oauth2/revoke", { token: refreshToken }).catch(() => {});
    this.web.location.assign(this.#address("/logout", { client_id: this.auth.clientId, logout_uri: this.auth.redirectUri }));
  }

  async #tokens(fields) {
    const body = await this.#form("/oauth2/token", fields);
    return {
      accessToken: body.access_token,
      refreshToken: body.refresh_token ?? fields.refresh_token,
      expiresIn: body.expires_in,
      email: emailOf(body.id_token ?? ""),
    };
  }

  #form(path, fields) {
    const body = new URLSearchParams({ client_id: this.auth.clientId, ...fields });
    return send(this.web, this.auth.authority + path, { method: "POST", body });
  }

  #address = (path, fields) => `${this.auth.authority}${path}?${new URLSearchParams(fields)}`;
}
