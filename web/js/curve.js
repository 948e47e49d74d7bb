// A session's power as a drawing. Pure: readings in, paths out. Units: watts; the drawing's own units are arbitrary.

const [WIDTH, HEIGHT, TOP] = [600, 200, 8];

/** The curve through the readings that know a power; null if they are too few. */
export function curve(values) {
  const points = values.filter((it) => it.powerW !== null).map((it) => ({ at: Date.parse(it.at), w: it.powerW }));
  if (points.length < 2 || points.at(-1).at <= points[0].at) return null;
  const [from, to] = [points[0].at, points.at(-1).at];
  const highestW = Math.max(...points.map((it) => it.w));
  const fullW = roundUp(highestW);
  const x = (at) => round(((at - from) / (to - from)) * WIDTH);
  const y = (w) => round(HEIGHT - (w / fullW) * (HEIGHT - TOP));
  const line = points.map((it, n) => `${n ? "L" : "M"}${x(it.at)} ${y(it.w)}`).join("");
  return {
    width: WIDTH,
    height: HEIGHT,
    line,
    area: `${line}L${WIDTH} ${HEIGHT}L0 ${HEIGHT}Z`,
    highestW,
    grid: [fullW, fullW / 2, 0].map((w) => ({ w, y: y(w) })),
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
  };
}

/** The next of 1, 2, 5 × 10ⁿ, so that the scale reads well. */
function roundUp(w) {
  const size = 10 ** Math.floor(Math.log10(Math.max(w, 100)));
  return [1, 2, 2.5, 5, 10].map((n) => n * size).find((full) => full >= w);
}

const round = (n) => Math.round(n * 10) / 10;
