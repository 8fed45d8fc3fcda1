// From what the house knows to what a map library draws. Pure; degrees, WGS 84.
import type { Area, Camera, Outline } from '$api/model';
import { face, ranks, type Face } from '$watch/camera';

/** A point of a layer. */
export interface Dot<P> {
  type: 'Feature';
  geometry: { type: 'Point'; coordinates: [number, number] };
  properties: P;
}
/** A layer of points. */
export interface Dots<P> {
  type: 'FeatureCollection';
  features: Dot<P>[];
}
/** What a camera's point carries. */
export interface CameraDot {
  id: string;
  short: string;
  name: string;
  face: Face;
  /** Degrees clockwise from north; left out where nobody has said it. */
  heading?: number;
}
/** What a village's point carries. */
export interface VillageDot {
  code: string;
  name: string;
}
/** What a name that stands on the map carries. */
export interface NameDot {
  name: string;
  level: 'regency' | 'district';
}

function dot<P>(lat: number, lon: number, properties: P): Dot<P> {
  return { type: 'Feature', geometry: { type: 'Point', coordinates: [lon, lat] }, properties };
}

function cameraDot({ id, short, name, point, heading_deg, state }: Camera): Dot<CameraDot>[] {
  return point ? [dot(point.lat_deg, point.lon_deg, { id, short, name, face: face(state), ...(heading_deg === null ? {} : { heading: heading_deg }) })] : [];
}

/** Cameras that have a point; the worst come last and so lie on top. */
export function cameraDots(cameras: readonly Camera[]): Dots<CameraDot> {
  const placed = cameras.flatMap(cameraDot);
  placed.sort((a, b) => ranks.indexOf(b.properties.face) - ranks.indexOf(a.properties.face));
  return { type: 'FeatureCollection', features: placed };
}

function villageDot({ code, name, point }: Area): Dot<VillageDot>[] {
  return point ? [dot(point.lat_deg, point.lon_deg, { code, name })] : [];
}

/** Villages that have a point. */
export function villageDots(villages: readonly Area[]): Dots<VillageDot> {
  return { type: 'FeatureCollection', features: villages.flatMap(villageDot) };
}

/** The chosen thing as a layer of its own, so that no cluster swallows it. */
export function chosenDots(chosen: Camera | Area | undefined): Dots<CameraDot | VillageDot> {
  return { type: 'FeatureCollection', features: chosen === undefined ? [] : 'short' in chosen ? cameraDot(chosen) : villageDot(chosen) };
}

/** What is drawn of the outlines that the house has. */
export interface Drawn {
  /** The land. */
  land: Outline;
  /** The line around it. */
  rim: Outline;
  regencies: Outline;
}

/**
 * Parts the outlines into what is drawn. Regencies of one hand and a province of another
 * never meet: the land is then that of the regencies, and the other line is left out.
 */
export function parted(outline: Outline): Drawn {
  const of = (level: string): Outline => ({ type: 'FeatureCollection', features: outline.features.filter((feature) => feature.properties.level === level) });
  const [province, regencies] = [of('province'), of('regency')];
  const first = regencies.features[0];
  const agree = first === undefined || province.features.some((feature) => feature.properties.source === first.properties.source);
  return agree ? { land: province, rim: province, regencies } : { land: regencies, rim: { type: 'FeatureCollection', features: [] }, regencies };
}

/**
 * Where the names of regencies and districts stand: in the middle of the points of their
 * villages. That is a place for letters and says nothing about the area itself.
 */
export function nameDots(areas: readonly Area[], villages: readonly Area[]): Dots<NameDot> {
  const sums = new Map<string, { lat: number; lon: number; n: number }>();
  for (const { code, point } of villages) {
    if (!point) continue;
    for (const within of [code.slice(0, 5), code.slice(0, 8)]) {
      const sum = sums.get(within) ?? { lat: 0, lon: 0, n: 0 };
      sums.set(within, { lat: sum.lat + point.lat_deg, lon: sum.lon + point.lon_deg, n: sum.n + 1 });
    }
  }
  return {
    type: 'FeatureCollection',
    features: areas.flatMap(({ code, name, level }) => {
      const sum = sums.get(code);
      if (!sum || (level !== 'regency' && level !== 'district')) return [];
      return [dot(sum.lat / sum.n, sum.lon / sum.n, { name: level === 'regency' ? shortName(name) : name, level })];
    })
  };
}

/** A regency's name as maps write it: the kind of area is left out, that of a city stays. */
export function shortName(name: string): string {
  return name.replace(/^Kabupaten /, '');
}

/** West, south, east and north of outlines; null when they hold no point. */
export function bounds(outline: Outline): [number, number, number, number] | null {
  let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const { geometry } of outline.features)
    for (const ring of geometry.type === 'Polygon' ? geometry.coordinates : geometry.coordinates.flat())
      for (const [lon, lat] of ring) {
        if (lon === undefined || lat === undefined) continue;
        west = Math.min(west, lon);
        east = Math.max(east, lon);
        south = Math.min(south, lat);
        north = Math.max(north, lat);
      }
  return east > west && north > south ? [west, south, east, north] : null;
}

/** The codes around a village: regency, then district. */
export function around(code: string): { regency: string; district: string } {
  return { regency: code.slice(0, 5), district: code.slice(0, 8) };
}

function plain(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
}

/** Villages whose name, code, district or regency holds every word of a search. */
export function foundVillages(villages: readonly Area[], names: ReadonlyMap<string, string>, q: string): Area[] {
  const words = plain(q).split(/\s+/).filter(Boolean);
  if (words.length === 0) return [...villages];
  return villages.filter(({ code, name }) => {
    const { regency, district } = around(code);
    const hay = plain([name, code, names.get(district) ?? '', names.get(regency) ?? ''].join(' '));
    return words.every((word) => hay.includes(word));
  });
}
