import { expect, test } from 'vitest';
import type { Area, Camera } from '$api/model';
import { bounds, cameraDots, chosenDots, foundVillages, nameDots, parted, villageDots } from './features';

const point = (lat_deg: number, lon_deg: number) => ({ lat_deg, lon_deg });
function camera(short: string, word: Camera['state']['word'], change: Partial<Camera> = {}): Camera {
  return {
    ...{ id: `cam_${short}`, short, name: short, kind: 'kantor', area: { code: '62.71.01', name: 'Pahandut' }, agency: null, point: point(-2, 113), heading_deg: null, misplaced: false, turns: false },
    ...{ always_on: false, simulated: false, contact: null, project: null, streams: [] },
    sound: { on: false, purpose: null, basis: null, by: null, changed_us: null, microphone: 'unknown', format: null },
    legal: { complete: false, missing: [], controller: null, purpose: null, basis: null, agreement: null, agreement_until: null, sign_on_site: null, zone: null, retention_days: null },
    state: { word, reason: null, since_us: 0, newest_us: 1, bitrate_bps: null, clock_offset_ms: null, behind_ms: null, dated_behind_ms: null },
    ...change
  };
}
function area(code: string, name: string, level: Area['level'], at: Area['point'] = null): Area {
  return {
    ...{ code, name, level, parent: code.slice(0, code.lastIndexOf('.')), point: at, point_quality: 'indicative', elevation_m: null, postal_code: null },
    ...{ decree: 'x', valid_from_us: null, valid_to_us: null, successors: [] }
  };
}
const villages = [area('62.01.01.1001', 'Kumai Hulu', 'village', point(-2, 111)), area('62.01.01.2002', 'Bumi Harjo', 'village', point(-3, 113)), area('62.01.02.2001', 'Tanpa Titik', 'village')];

test('a camera without a point is not drawn, and the worst lies on top', () => {
  const dots = cameraDots([camera('gelap', 'dark', { heading_deg: 90 }), camera('langsung', 'live'), camera('entah', 'live', { point: null })]);
  expect(dots.features.map((each) => [each.properties.short, each.properties.face, each.properties.heading])).toEqual([
    ['langsung', 'ok', undefined],
    ['gelap', 'crit', 90]
  ]);
  expect(dots.features[0]?.geometry.coordinates).toEqual([113, -2]);
});

test('villages are drawn where their point is, longitude first', () => {
  expect(villageDots(villages).features.map((each) => [each.properties.code, ...each.geometry.coordinates])).toEqual([
    ['62.01.01.1001', 111, -2],
    ['62.01.01.2002', 113, -3]
  ]);
});

test('what is chosen is a layer of its own', () => {
  expect(chosenDots(undefined).features).toEqual([]);
  expect(chosenDots(villages[0]).features.map((each) => each.properties)).toEqual([{ code: '62.01.01.1001', name: 'Kumai Hulu' }]);
  expect(chosenDots(villages[2]).features).toEqual([]);
  expect(chosenDots(camera('gelap', 'dark')).features[0]?.properties).toMatchObject({ short: 'gelap', face: 'crit' });
});

test('outlines of two hands are not laid over one another', () => {
  const shape = (code: string, level: 'province' | 'regency', source: string) => ({ type: 'Feature' as const, id: code, properties: { code, name: code, level, source }, geometry: { type: 'Polygon' as const, coordinates: [] } });
  const drawn = (...features: ReturnType<typeof shape>[]) => {
    const { land, rim, regencies } = parted({ type: 'FeatureCollection', features });
    return [land, rim, regencies].map((each) => each.features.map((feature) => feature.id).join());
  };
  expect(drawn(shape('62', 'province', 'a'))).toEqual(['62', '62', '']);
  expect(drawn(shape('62', 'province', 'a'), shape('62.01', 'regency', 'b'), shape('62.02', 'regency', 'b'))).toEqual(['62.01,62.02', '', '62.01,62.02']);
  expect(drawn(shape('62', 'province', 'b'), shape('62.01', 'regency', 'b'))).toEqual(['62', '62', '62.01']);
});

test('names stand in the middle of the points below them, and nowhere without any', () => {
  const names = nameDots([area('62.01', 'Kabupaten Kotawaringin Barat', 'regency'), area('62.01.01', 'Kumai', 'district'), area('62.01.02', 'Arut', 'district'), area('62.71', 'Kota Palangka Raya', 'regency')], villages);
  expect(names.features.map((each) => [each.properties.name, each.properties.level, ...each.geometry.coordinates])).toEqual([
    ['Kotawaringin Barat', 'regency', 112, -2.5],
    ['Kumai', 'district', 112, -2.5]
  ]);
});

test('bounds hold every ring', () => {
  const properties = { code: '62', name: 'x', level: 'province', source: 'x' } as const;
  const ring = (west: number, south: number) => [[west, south], [west + 1, south], [west + 1, south + 2], [west, south]];
  expect(
    bounds({
      type: 'FeatureCollection',
      features: [
        { type: 'Feature', id: '62', properties, geometry: { type: 'Polygon', coordinates: [ring(111, -3)] } },
        { type: 'Feature', id: '62', properties, geometry: { type: 'MultiPolygon', coordinates: [[ring(113, -2)], [ring(110, -1)]] } }
      ]
    })
  ).toEqual([110, -3, 114, 1]);
  expect(bounds({ type: 'FeatureCollection', features: [] })).toBeNull();
});

test('a village is found by its name, its code and the areas around it', () => {
  const names = new Map([['62.01', 'Kabupaten Kotawaringin Barat'], ['62.01.01', 'Kumai']]);
  const found = (q: string) => foundVillages(villages, names, q).map((village) => village.code);
  expect(found('')).toHaveLength(3);
  expect(found('hulu')).toEqual(['62.01.01.1001']);
  expect(found('BUMI kumai')).toEqual(['62.01.01.2002']);
  expect(found('62.01.02')).toEqual(['62.01.02.2001']);
  expect(found('waringin titik')).toEqual(['62.01.02.2001']);
  expect(found('sampit')).toEqual([]);
});
