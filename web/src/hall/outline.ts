// From degrees to a drawing: an equirectangular map stretched for its own middle latitude,
// which at the equator differs from the ground by less than the width of a line.
import type { Outline } from '$api/model';

/** One shape of the drawing. */
export interface Shape {
  code: string;
  name: string;
  level: string;
  path: string;
}
/** A drawing and the way onto it. */
export interface Drawing {
  width: number;
  height: number;
  shapes: Shape[];
  /** Where a place on earth lies in the drawing. */
  place: (lat_deg: number, lon_deg: number) => { x: number; y: number };
}

type Ring = number[][];
function rings(geometry: Outline['features'][number]['geometry']): Ring[] {
  return geometry.type === 'Polygon' ? geometry.coordinates : geometry.coordinates.flat();
}

/** Draws an outline as wide as asked; null when it holds no point. */
export function draw(outline: Outline, width: number): Drawing | null {
  let west = Infinity;
  let east = -Infinity;
  let south = Infinity;
  let north = -Infinity;
  for (const feature of outline.features)
    for (const ring of rings(feature.geometry))
      for (const [lon, lat] of ring) {
        if (lon === undefined || lat === undefined) continue;
        west = Math.min(west, lon);
        east = Math.max(east, lon);
        south = Math.min(south, lat);
        north = Math.max(north, lat);
      }
  if (!(east > west) || !(north > south)) return null;
  const squeeze = Math.cos((((south + north) / 2) * Math.PI) / 180);
  const scale = width / ((east - west) * squeeze);
  const place = (lat: number, lon: number) => ({ x: (lon - west) * squeeze * scale, y: (north - lat) * scale });
  const shapes = outline.features.map((feature) => ({
    code: feature.properties.code,
    name: feature.properties.name,
    level: feature.properties.level,
    path: rings(feature.geometry).map((ring) => trace(ring, place)).join('')
  }));
  return { width, height: (north - south) * scale, shapes, place };
}

function trace(ring: Ring, place: Drawing['place']): string {
  let path = '';
  let lastX = NaN;
  let lastY = NaN;
  for (const [lon, lat] of ring) {
    if (lon === undefined || lat === undefined) continue;
    const at = place(lat, lon);
    const x = Math.round(at.x * 2) / 2;
    const y = Math.round(at.y * 2) / 2;
    // Points that fall together on the screen add bytes and no shape.
    if (x === lastX && y === lastY) continue;
    path += `${path ? 'L' : 'M'}${x} ${y}`;
    lastX = x;
    lastY = y;
  }
  return path ? `${path}Z` : '';
}
