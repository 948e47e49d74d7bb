// Pull down to refresh, with a finger at the top of the page. The browser's own, which would reload the page and with
// it forget who is signed in, is off (css/base.css: overscroll-behavior).

export const ENOUGH_PX = 70;
const MOST_PX = 110;

/** How far the page follows the finger: half as far, and never further than it may. */
export const follow = (movedPx) => Math.min(MOST_PX, Math.max(0, movedPx) / 2);

export function onPull(target, indicator, refresh) {
  let from = null;
  const show = (px) => {
    indicator.style.setProperty("--pull", `${px}px`);
    indicator.classList.toggle("enough", px >= ENOUGH_PX);
  };
  const end = (pulled) => {
    const px = from === null ? 0 : follow(pulled);
    from = null;
    show(0);
    if (px >= ENOUGH_PX) refresh();
  };
  const heightOf = (event) => (event.touches[0] ?? event.changedTouches[0]).clientY;
  target.addEventListener("touchstart", (event) => {
    from = scrollY <= 0 && event.touches.length === 1 && !document.querySelector("dialog[open]") ? heightOf(event) : null;
  }, { passive: true });
  target.addEventListener("touchmove", (event) => from !== null && show(follow(heightOf(event) - from)), { passive: true });
  target.addEventListener("touchend", (event) => end(from === null ? 0 : heightOf(event) - from), { passive: true });
  target.addEventListener("touchcancel", () => end(0), { passive: true });
}
