import { describe, expect, test } from 'vitest';
import { drift, move, page, pages, readWall, writeWall } from './wall';

describe('a wall is an address', () => {
  test('there and back', () => {
    const text = '/kamera/videowall/4?kamera=a,b,c&putar=30&halaman=2&petak=3&kios=1';
    const [path, query] = text.split('?');
    expect(writeWall(readWall(path?.split('/').pop() ?? '', new URLSearchParams(query)))).toBe(text);
  });
  test('nonsense falls back to something shown', () => {
    const wall = readWall('7', new URLSearchParams('putar=-3&halaman=x&petak=0&kamera=,,'));
    expect(wall).toEqual({ grid: 9, cameras: [], turn_s: 0, page: 0, alone: null, bare: false });
    expect(readWall('16', new URLSearchParams('putar=1')).turn_s).toBe(5);
  });
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
