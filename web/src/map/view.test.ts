import { expect, test } from 'vitest';
import { layers, readView, sameSight, writeView, ZOOM_CHOSEN, ZOOM_MAX } from './view';

const read = (text: string) => readView(new URLSearchParams(text));

test('an address without anything is the whole province with all layers', () => {
  expect(read('')).toEqual({ sight: null, layers: [...layers], chosen: null, list: 'kamera', q: '' });
});

test('an address holds the whole view and comes back as it was', () => {
  for (const text of [
    '/peta',
    '/peta?pusat=-2.20830,113.92130&zoom=12.50&lapis=kamera,kabupaten&pilih=kamera:pasar-besar&daftar=desa&cari=pasar',
    '/peta?pilih=desa:62.71.01.1001',
    '/peta?lapis='
  ])
    expect(writeView(read(text.split('?')[1] ?? ''))).toBe(text);
});

test('what else the address holds stays', () => {
  expect(writeView(read('bahasa=en'), new URLSearchParams('bahasa=en'))).toBe('/peta?bahasa=en');
});

test('nonsense falls back to something shown', () => {
  for (const text of ['pusat=x', 'pusat=1', 'pusat=1,2,3', 'pusat=,', 'pusat=91,113', 'pusat=1,181', 'pilih=kamera', 'pilih=pohon:1', 'pilih=desa:1:2', 'daftar=pohon', 'zoom=3'])
    expect(read(text), text).toEqual(read(''));
  expect(read('lapis=pohon').layers).toEqual([]);
  expect(read('pusat=-2,113&zoom=x').sight?.zoom).toBe(ZOOM_CHOSEN);
  expect(read('pusat=-2,113&zoom=99').sight?.zoom).toBe(ZOOM_MAX);
});

test('the list is that of the chosen thing unless another was asked for', () => {
  expect(read('pilih=desa:62.71.01.1001').list).toBe('desa');
  expect(read('pilih=desa:62.71.01.1001&daftar=kamera').list).toBe('kamera');
});

test('sights are the same to the digits of an address', () => {
  const here = { lat_deg: -2.2083, lon_deg: 113.9213, zoom: 12 };
  expect(sameSight(here, { ...here, lat_deg: -2.208304 })).toBe(true);
  expect(sameSight(here, { ...here, zoom: 12.02 })).toBe(false);
  expect(sameSight(here, null)).toBe(false);
  expect(sameSight(null, null)).toBe(true);
});
