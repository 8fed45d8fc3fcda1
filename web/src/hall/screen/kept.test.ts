import { describe, expect, test } from 'vitest';
import { bare, readWaiting } from './kept';

describe('what a television keeps', () => {
  test('is read back, and anything else is nothing', () => {
    const kept = { code: 'AC3D-7HKM', key: '0f', expires_us: 5, qr_svg: null };
    expect(readWaiting(JSON.stringify(kept))).toEqual(kept);
    for (const other of [null, '', '{', 'null', '[]', '5', '{"code":"AC3D-7HKM"}', '{"code":1,"key":"0f","expires_us":5}']) expect(readWaiting(other)).toBeNull();
  });
  test('is opened without bars', () => {
    expect(bare('/situasi')).toBe('/situasi?kios=1');
    expect(bare('/kamera/videowall/4?putar=30')).toBe('/kamera/videowall/4?putar=30&kios=1');
  });
});
