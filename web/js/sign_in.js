// The two ways to get tokens. Only the one that `/config.json` names is loaded.

import { NoConnection, Problem, TIMEOUT_MS, json } from "./api.js";

/** The way to sign in. `web` holds what is the browser's: fetch, location, history, session. */
export async function signInWay(auth, web) {
  if (auth.kind === "local") return new (await import("./local_pool.js")).LocalPool(auth, web);
  return new (await import("./managed_login.js")).ManagedLogin(auth, web);
}

/** The answer's document; raises NoConnection or Problem. */
export async function send(web, path, request) {
  let answer;
  try {
    answer = await web.fetch(path, { cache: "no-store", signal: AbortSignal.timeout(TIMEOUT_MS), ...request });
  } catch (error) {
    throw new NoConnection(String(error));
  }
  const body = (await json(answer)) ?? {};
  if (answer.ok) return body;
  if (answer.status >= 500 || answer.status === 429) throw new NoConnection(`${path}: ${answer.status}`);
  throw new Problem(answer.status, body, answer.headers.get("retry-after"));
}
