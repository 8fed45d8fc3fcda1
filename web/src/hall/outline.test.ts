import { expect, test } from 'vitest';
import type { Outline } from '$api/model';
import { draw } from './outline';

const square: Outline = {
  type: 'FeatureCollection',
  features: [
    {
      type: 'Feature',
      id: '62',
      properties: { code: '62', name: 'Kalimantan Tengah', level: 'province', source: 'x' },
      geometry: { type: 'Polygon', coordinates: [[[110, 1], [114, 1], [114, -3], [110, -3], [110, 1]]] }
    }
  ]
};

test('a square at the equator stays nearly square', () => {
  const drawing = draw(square, 400);
  expect(drawing?.height).toBeGreaterThan(399);
  expect(drawing?.height).toBeLessThan(401);
  expect(drawing?.shapes[0]).toMatchObject({ code: '62', level: 'province' });
  expect(drawing?.shapes[0]?.path).toMatch(/^M0 0L400 0L400 400(\.5)?L0 400(\.5)?L0 0Z$/);
});

test('north is up and west is left', () => {
  const drawing = draw(square, 400);
  expect(drawing?.place(1, 110)).toEqual({ x: 0, y: 0 });
  expect(drawing?.place(-1, 112).x).toBeCloseTo(200);
});

test('nothing to draw is said, not drawn', () => {
  expect(draw({ type: 'FeatureCollection', features: [] }, 400)).toBeNull();
});
