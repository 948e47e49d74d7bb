import assert from "node:assert/strict";
import { test } from "node:test";

import { Api, NoConnection, Problem, SignedOut } from "../../../web/js/api.js";
import { ManagedLogin } from "../../../web/js/managed_login.js";
import { send } from "../../../web/js/sign_in.js";
import { Tokens } from "../../../web/js/tokens.js";

const settled = () => new Promise((resume) => setImmediate(resume));
const answer = (status, body, type = "application/json") => new Response(status === 304 ? null : JSON.stringify(body), { status, headers: { "content-type": type } });

/** Something that is answered when the test says so. */
function later() {
  let [answered, failed] = [];
  const promise = new Promise((resolve, reject) => ([answered, failed] = [resolve, reject]));
  return { promise, answered, failed };
}

/** A page on which `email` is signed in; `fetches` answers its requests, `renewed` its renewals. */
async function signedIn({ fetches, renewed = async () => ({ accessToken: "renewed", expiresIn: 3600 }), now = () => 0 }) {
  const way = {
    begin: async (email) => ({ accessToken: `token of ${email}`, refreshToken: `refresh of ${email}`, expiresIn: 3600, email }),
    renewed,
    end: async () => {},
  };
  const tokens = new Tokens(way, { now });
  await tokens.begin("A");
  const [sent, heard] = [[], []];
  const fetch = (path, request) => {
    sent.push(request.headers.Authorization);
    return fetches(path, request);
  };
  const api = new Api({ tokens, clock: { heard: () => {} }, heard: (reached) => heard.push(reached), fetch });
  return { api, tokens, sent, heard };
}

test("an answer that is not the API's is no connection, and never counts as the network being back", async () => {
  const bodies = [answer(502, "<html>", "text/html"), answer(429, { message: "Too Many Requests" })];
  const { api, heard } = await signedIn({ fetches: async () => bodies.shift() });
  await assert.rejects(api.charger("PX"), NoConnection);
  await assert.rejects(api.charger("PX"), NoConnection);
  assert.deepEqual(heard, [false, false], "else whoever waits would ask again at once, without a back-off");
});

test("an answer of the API, a refusal too, is the network being back", async () => {
  const bodies = [answer(200, {}), answer(409, { title: "no" }), answer(304)];
  const { api, heard } = await signedIn({ fetches: async () => bodies.shift() });
  await api.charger("PX");
  await assert.rejects(api.charger("PX"), Problem);
  await api.session("S", "etag");
  assert.deepEqual(heard, [true, true, true]);
});

test("no network while the token must be renewed is told like any other", async () => {
  let now = 0;
  const renewed = () => Promise.reject(new NoConnection());
  const { api, sent, heard } = await signedIn({ fetches: async () => answer(200, {}), renewed, now: () => now });
  now = 3_600_000;
  await assert.rejects(api.charger("PX"), NoConnection);
  assert.deepEqual([sent, heard], [[], [false]]);
});

test("an answer that arrives after its driver has signed out is nobody's", async () => {
  const slow = later();
  const { api, tokens } = await signedIn({ fetches: () => slow.promise });
  const asked = api.charger("PX");
  await settled();
  await tokens.end();
  await tokens.begin("B");
  slow.answered(answer(200, { sessionOf: "A" }));
  await assert.rejects(asked, SignedOut);
  assert.equal(tokens.email, "B");
});

test("what one driver asked for is never sent in the name of the next one", async () => {
  let now = 0;
  const renewal = later();
  const { api, tokens, sent } = await signedIn({ fetches: async () => answer(200, {}), renewed: () => renewal.promise, now: () => now });
  now = 3_600_000;
  const asked = api.start("PX", 1, "key");
  await settled();
  await tokens.end();
  await tokens.begin("B");
  renewal.answered({ accessToken: "renewed", expiresIn: 3600 });
  await assert.rejects(asked, SignedOut);
  assert.deepEqual(sent, []);
});

test("a token of the driver before that is turned down does not sign the next one out", async () => {
  const [slow, renewal] = [later(), later()];
  const { api, tokens, sent } = await signedIn({ fetches: () => slow.promise, renewed: () => renewal.promise });
  const renewing = tokens.renew("token of A");
  const asked = api.charger("PX");
  await settled();
  await tokens.end();
  await tokens.begin("B");
  slow.answered(answer(401, { message: "Unauthorized" }));
  renewal.failed(new Problem(400, { title: "revoked" }));
  await assert.rejects(asked, SignedOut);
  await assert.rejects(renewing, SignedOut);
  assert.equal(tokens.email, "B");
  assert.deepEqual(sent, ["Bearer token of A"]);
});

test("a sign-in service that is busy or silent ends nobody's sign-in", async () => {
  const requests = [];
  const web = { fetch: async (_, request) => requests.push(request) && answer(429, { message: "slow down" }) };
  await assert.rejects(send(web, "/oauth2/token", {}), NoConnection);
  assert.ok(requests[0].signal instanceof AbortSignal, "a renewal that is never answered would hold up every request");
});

for (const [what, fetch] of [["refused", async () => answer(400, { error: "invalid" })], ["not answered", () => Promise.reject(new TypeError("network"))]]) {
  test(`signing out leaves the pool's own page too when the revocation is ${what}`, async () => {
    const went = [];
    const auth = { authority: "https://login.example", clientId: "page", redirectUri: "https://page.example/" };
    const login = new ManagedLogin(auth, { fetch, location: { assign: (address) => went.push(address) } });
    await login.end("refresh").catch(() => {});
    assert.deepEqual(went, ["https://login.example/logout?client_id=page&logout_uri=https%3A%2F%2Fpage.example%2F"]);
  });
}
