// What a screen reader is told without being asked, politely: states, never seconds.

let last = "";

export function announce(text) {
  const region = document.getElementById("said");
  // The same words again are news again only after something else was said.
  if (region && text && text !== last) region.textContent = last = text;
}
