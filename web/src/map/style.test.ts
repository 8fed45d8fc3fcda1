import { validateStyleMin } from '@maplibre/maplibre-gl-style-spec';
import { expect, test } from 'vitest';
import { ranks } from '$watch/camera';
import { hidden, iconName, readIcon, style, switched, touchable, type Palette } from './style';
import { layers } from './view';

const colours = ['ground', 'sunk', 'card', 'ink', 'muted', 'edge', 'line', 'land', 'info', 'unknown'] as const;
const palette = {
  tone: 'terang',
  scale: 1,
  ...Object.fromEntries(colours.map((name) => [name, '#123456'])),
  faces: Object.fromEntries(ranks.map((face) => [face, '#654321']))
} as Palette;
const made = style(palette, 'sans-serif', hidden(layers));

test('the style is one that the library reads', () => {
  expect(validateStyleMin(made as Parameters<typeof validateStyleMin>[0])).toEqual([]);
});

test('from afar everything is larger, and still a style that the library reads', () => {
  const wall = style({ ...palette, scale: 2 }, 'sans-serif', hidden(layers));
  expect(validateStyleMin(wall as Parameters<typeof validateStyleMin>[0])).toEqual([]);
  const of = (from: typeof made, id: string) => from.layers.find((layer) => layer.id === id);
  expect(of(made, 'kamera-nama')?.layout).toMatchObject({ 'text-size': 12.5 });
  expect(of(wall, 'kamera-nama')?.layout).toMatchObject({ 'text-size': 25 });
  expect(of(wall, 'kamera')?.layout).toMatchObject({ 'icon-size': 2 });
  expect(of(wall, 'kabupaten-nama')?.layout).toMatchObject({ 'text-size': ['interpolate', ['linear'], ['zoom'], 5, 22, 8, 30] });
  expect(of(wall, 'desa')?.paint).toMatchObject({ 'circle-radius': ['interpolate', ['linear'], ['zoom'], 5, 1.4, 6.5, 2.8, 9, 5.2, 12, 9] });
});

test('nothing in it leads to another server', () => {
  expect(JSON.stringify(made)).not.toMatch(/https?:|"glyphs"|"sprite"|"tiles"|"url"/);
});

test('what is switched, touched and drawn are layers that exist', () => {
  const known = made.layers.map((layer) => layer.id);
  for (const id of [...touchable, ...Object.values(switched).flat()]) expect(known, id).toContain(id);
  for (const layer of made.layers) if ('source' in layer) expect(Object.keys(made.sources), layer.id).toContain(layer.source);
});

test('a switch hides its layers and no others', () => {
  const dark = (on: Parameters<typeof hidden>[0]) => style(palette, 'x', hidden(on)).layers.filter((layer) => layer.layout?.visibility === 'none').map((layer) => layer.id);
  expect(dark(layers)).toEqual([]);
  expect(dark(['kamera', 'kabupaten', 'kecamatan'])).toEqual(['desa', 'desa-nama']);
});

test('the name of an icon says what it is of', () => {
  for (const face of ranks) expect(readIcon(iconName('kumpulan', face, 'gelap'))).toEqual({ kind: 'kumpulan', face });
  expect(readIcon('kamera:biru:gelap')).toBeNull();
  expect(readIcon('')).toBeNull();
});
