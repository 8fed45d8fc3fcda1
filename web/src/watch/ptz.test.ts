import { expect, test } from 'vitest';
import { part, velocity } from './ptz';

test.each([
  [[], 1, { pan: 0, tilt: 0, zoom: 0 }],
  [['left'], 1, { pan: -1, tilt: 0, zoom: 0 }],
  [['left', 'right'], 1, { pan: 0, tilt: 0, zoom: 0 }],
  [['up', 'right', 'in'], 0.5, { pan: 0.5, tilt: 0.5, zoom: 0.5 }],
  [['down', 'out'], 0.5, { pan: 0, tilt: -0.5, zoom: -0.5 }]
] as const)('%j at %f', (pressed, speed, wanted) => {
  const got = velocity(pressed, speed);
  for (const axis of ['pan', 'tilt', 'zoom'] as const) expect(got[axis]).toBeCloseTo(wanted[axis]);
});

const box = { left: 100, top: 50, width: 1600, height: 900 };
test.each([
  [{ width: 1280, height: 720 }, { x: 100, y: 50 }, { x: 0, y: 0 }],
  [{ width: 1280, height: 720 }, { x: 900, y: 500 }, { x: 0.5, y: 0.5 }],
  [null, { x: 1700, y: 950 }, { x: 1, y: 1 }],
  // A picture of 4:3 stands between bars.
  [{ width: 640, height: 480 }, { x: 300, y: 500 }, { x: 0, y: 0.5 }],
  [{ width: 640, height: 480 }, { x: 200, y: 500 }, null],
  [{ width: 1280, height: 720 }, { x: 90, y: 500 }, null]
])('a click in %j at %j', (size, at, wanted) => {
  const got = part(box, size, at);
  if (wanted === null) expect(got).toBeNull();
  else {
    expect(got!.x).toBeCloseTo(wanted.x);
    expect(got!.y).toBeCloseTo(wanted.y);
  }
});
