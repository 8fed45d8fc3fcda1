// How a camera is turned from a page: what is pressed becomes a velocity, a click a part of
// the picture.

/** What can be pressed. */
export type Way = 'left' | 'right' | 'up' | 'down' | 'in' | 'out';

/** Parts of what a camera can, as one chooses. */
export const speeds = { slow: 0.15, middle: 0.4, fast: 1 } as const;
export type Speed = keyof typeof speeds;

/** The house stops a camera that is not told to go on for 1.5 s; so it is told three times as often. */
export const RENEW_MS = 500;

/** The keys of the keyboard. */
export const keyWays: Record<string, Way> = { ArrowLeft: 'left', ArrowRight: 'right', ArrowUp: 'up', ArrowDown: 'down', '+': 'in', '=': 'in', '-': 'out' };

/** How fast it goes where these are pressed at once. */
export function velocity(pressed: Iterable<Way>, speed: number): { pan: number; tilt: number; zoom: number } {
  const all = new Set(pressed);
  const axis = (more: Way, less: Way) => (Number(all.has(more)) - Number(all.has(less))) * speed;
  return { pan: axis('right', 'left'), tilt: axis('up', 'down'), zoom: axis('in', 'out') };
}

/** Which part of a picture was clicked at, where it stands whole within a box; null beside it. */
export function part(box: { left: number; top: number; width: number; height: number }, size: { width: number; height: number } | null, at: { x: number; y: number }): { x: number; y: number } | null {
  const aspect = size && size.width > 0 && size.height > 0 ? size.width / size.height : 16 / 9;
  const width = Math.min(box.width, box.height * aspect);
  const height = width / aspect;
  const x = (at.x - box.left - (box.width - width) / 2) / width;
  const y = (at.y - box.top - (box.height - height) / 2) / height;
  return x >= 0 && x <= 1 && y >= 0 && y <= 1 ? { x, y } : null;
}
