// Proof key for code exchange (RFC 7636): only the page that asked for a sign-in can use the code it ends in.

/** A fresh secret: 32 random bytes. */
export const verifier = (crypto = globalThis.crypto) => base64url(crypto.getRandomValues(new Uint8Array(32)));

/** What the sign-in page is shown of the secret: its SHA-256. */
export async function challenge(secret, crypto = globalThis.crypto) {
  return base64url(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(secret))));
}

export function base64url(bytes) {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** The email in an ID token. Only shown, never relied on: the API checks tokens, the page does not. */
export function emailOf(idToken) {
  try {
    const claims = idToken.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
    return JSON.parse(atob(claims)).email ?? "";
  } catch {
    return "";
  }
}
