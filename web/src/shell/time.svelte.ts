// The time of day as the server tells it: a phone with a wrong clock must not make
// a picture look younger than it is.

const face = $state({ now: Date.now() });
let skew = 0;

/** The server's time of day in milliseconds; reading it in a page ticks once a second. */
export function now(): number {
  return face.now;
}

/** The same without ticking, for code outside a page. */
export function exact(): number {
  return Date.now() + skew;
}

/** Learns how far this device's clock is off from one answer of the server. */
export function learn(date: string | null, askedAt: number, answeredAt: number): void {
  if (!date) return;
  const said = Date.parse(date);
  if (Number.isNaN(said)) return;
  // The header has whole seconds, so only a difference beyond the doubt of the measurement counts.
  const middle = said + 500 - (askedAt + answeredAt) / 2;
  const doubt = 1000 + (answeredAt - askedAt);
  if (Math.abs(middle - skew) > doubt) skew = Math.abs(middle) > doubt ? middle : 0;
}

/** Starts the ticking; returns how to stop it. */
export function tick(): () => void {
  const beat = setInterval(() => (face.now = exact()), 1000);
  return () => clearInterval(beat);
}
