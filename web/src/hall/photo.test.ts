import { describe, expect, test } from 'vitest';
import { PHOTO_MAX, smallest, tries } from './photo';

describe('a photograph', () => {
  test('is tried at its best first, never enlarged, and in finitely many ways', () => {
    const ways = [...tries(4000, 3000)];
    expect(ways[0]).toEqual({ width: 1600, height: 1200, quality: 0.82 });
    for (const [i, way] of ways.entries()) {
      const before = ways[i - 1];
      expect(Math.abs(way.width / way.height - 4 / 3)).toBeLessThan(0.02);
      if (before) expect(way.width < before.width || way.quality < before.quality).toBe(true);
    }
    expect(ways.length).toBeLessThan(40);
    expect([...tries(200, 100)].every((way) => way.width <= 200)).toBe(true);
    expect([...tries(1, 9000)].every((way) => way.width >= 1)).toBe(true);
  });
  test('is the first that is small enough', async () => {
    // As JPEG about is: octets by area and quality.
    const write = (perPixel: number) => async (way: { width: number; height: number; quality: number }) => ({ ...way, size: Math.round(way.width * way.height * way.quality * perPixel) });
    const easy = await smallest(4000, 3000, write(0.05));
    expect(easy).toMatchObject({ width: 1600, quality: 0.82 });
    const hard = await smallest(4000, 3000, write(1));
    expect(hard!.size).toBeLessThanOrEqual(PHOTO_MAX);
    expect(hard!.width).toBeLessThan(1600);
    expect(await smallest(4000, 3000, write(1000))).toBeNull();
  });
});
