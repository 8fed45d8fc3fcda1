import { describe, expect, test } from 'vitest';
import { differs, drift, move, page, pages, readWall, shownOn, writeWall, type Saved } from './wall';

describe('a wall is an address', () => {
  test('there and back', () => {
    const text = '/kamera/videowall/4?kamera=a,b,c&putar=30&halaman=2&petak=3&kios=1&lapis=diam';
    const [path, query] = text.split('?');
    expect(writeWall(readWall(path?.split('/').pop() ?? '', new URLSearchParams(query)))).toBe(text);
  });
  test('nonsense falls back to something shown', () => {
    const wall = readWall('7', new URLSearchParams('putar=-3&halaman=x&petak=0&kamera=,,&lapis=emas'));
    expect(wall).toEqual({ layout: null, grid: 9, cameras: null, turn_s: 0, page: 0, alone: null, bare: false, hand: 'auto' });
    expect(readWall('16', new URLSearchParams('putar=1')).turn_s).toBe(5);
  });
});

describe('an arrangement', () => {
  const saved: Saved = { slug: 'pagi', grid: 4, cameras: ['a', 'b'], turn_s: 10 };
  const read = (query: string, base: Saved | null = saved) => readWall('pagi', new URLSearchParams(query), base);

  test('fills what the address leaves open', () => {
    expect(read('petak=2')).toEqual({ layout: 'pagi', grid: 4, cameras: ['a', 'b'], turn_s: 10, page: 0, alone: 1, bare: false, hand: 'auto' });
    expect(differs(read(''), saved)).toBe(false);
  });
  test('is kept apart from what was changed on it', () => {
    for (const query of ['', 'kisi=16', 'kamera=b,a', 'kamera=semua', 'putar=0', 'kisi=9&kamera=c&putar=30&halaman=2']) {
      expect(writeWall(read(query), saved)).toBe(`/kamera/videowall/pagi${query ? `?${query}` : ''}`);
      expect(differs(read(query), saved), query).toBe(query !== '');
    }
  });
  test('of which the reader may see no camera shows none, not all', () => {
    const wall = read('', { ...saved, cameras: [] });
    expect(shownOn(wall, [{ id: 'cam_1', short: 'x' }])).toEqual([]);
    expect(writeWall(wall, { ...saved, cameras: [] })).toBe('/kamera/videowall/pagi');
  });
  test('that is another does not speak', () => {
    expect(read('', { ...saved, slug: 'sore' })).toMatchObject({ layout: 'pagi', grid: 9, cameras: null });
    expect(readWall('4', new URLSearchParams(), saved)).toMatchObject({ layout: null, cameras: null });
  });
});

test('cameras stand in the order of the wall, and what may not be seen is left out', () => {
  const all = ['a', 'b', 'c'].map((short) => ({ id: `cam_${short}`, short }));
  const shorts = (cameras: string[] | null) => shownOn({ cameras }, all).map((camera) => camera.short).join('');
  expect(shorts(null)).toBe('abc');
  expect(shorts(['c', 'gone', 'cam_a'])).toBe('ca');
});

test('pages turn round and the last one may have gaps', () => {
  const all = [1, 2, 3, 4, 5];
  expect(pages(5, 4)).toBe(2);
  expect(page(all, { grid: 4, page: 1 })).toEqual({ shown: [5], empty: 3 });
  expect(page(all, { grid: 4, page: 2 })).toEqual({ shown: [1, 2, 3, 4], empty: 0 });
  expect(page([], { grid: 4, page: 0 })).toEqual({ shown: [], empty: 4 });
});

test('arrows stay on the wall', () => {
  expect(move(0, 'ArrowLeft', 9, 9)).toBe(0);
  expect(move(0, 'ArrowDown', 9, 9)).toBe(3);
  expect(move(4, 'ArrowUp', 9, 9)).toBe(1);
  expect(move(3, 'ArrowDown', 5, 9)).toBe(3);
});

test('the picture wanders over nine places', () => {
  const places = new Set(Array.from({ length: 9 }, (_, i) => JSON.stringify(drift(i * 60_000))));
  expect(places.size).toBe(9);
});
