// What a map shows is an address: where, how near, which layers, and what is chosen.

/** The layers that a reader can switch, in the order of the switches. */
export const layers = ['kamera', 'desa', 'kabupaten', 'kecamatan'] as const;
export type Layer = (typeof layers)[number];

/** Lists that hold what the map shows. */
export const lists = ['kamera', 'desa'] as const;
export type List = (typeof lists)[number];

/** A place on the map that somebody looks at. */
export interface Sight {
  lat_deg: number;
  lon_deg: number;
  /** Web map zoom: one more is twice as near. */
  zoom: number;
}
/** One thing that is chosen: a camera by short name or id, a village by code. */
export interface Choice {
  kind: List;
  id: string;
}
/** A map as the address tells it. */
export interface View {
  /** Null: the whole province. */
  sight: Sight | null;
  layers: Layer[];
  chosen: Choice | null;
  list: List;
  q: string;
}

/** Nearer than this shows nothing more. */
export const ZOOM_MAX = 18;
/** Farther than this the province is a dot. */
export const ZOOM_MIN = 4;
/** How near a chosen thing is looked at from, unless one is nearer already. */
export const ZOOM_CHOSEN = 12;

function sight(pusat: string | null, zoom: string | null): Sight | null {
  const [lat, lon, more] = (pusat ?? '').split(',').map((text) => (text.trim() === '' ? NaN : Number(text)));
  if (lat === undefined || lon === undefined || more !== undefined) return null;
  if (!(Math.abs(lat) <= 85) || !(Math.abs(lon) <= 180)) return null;
  const near = zoom === null || zoom === '' ? NaN : Number(zoom);
  return { lat_deg: lat, lon_deg: lon, zoom: Number.isFinite(near) ? Math.min(ZOOM_MAX, Math.max(ZOOM_MIN, near)) : ZOOM_CHOSEN };
}

function choice(text: string | null): Choice | null {
  const [kind, id, more] = (text ?? '').split(':');
  if (!id || more !== undefined) return null;
  const known = lists.find((list) => list === kind);
  return known ? { kind: known, id } : null;
}

/** Reads a view; what it cannot read falls back to the whole province with all layers. */
export function readView(query: URLSearchParams): View {
  const asked = query.get('lapis')?.split(',');
  const chosen = choice(query.get('pilih'));
  return {
    sight: sight(query.get('pusat'), query.get('zoom')),
    layers: asked ? layers.filter((layer) => asked.includes(layer)) : [...layers],
    chosen,
    list: lists.find((list) => list === query.get('daftar')) ?? chosen?.kind ?? 'kamera',
    q: query.get('cari') ?? ''
  };
}

/** Writes a view as an address; what is as usual is left out. */
export function writeView(view: View, keep: URLSearchParams = new URLSearchParams()): string {
  const query = new URLSearchParams(keep);
  const put = (name: string, value: string | null) => (value === null ? query.delete(name) : query.set(name, value));
  const { sight, chosen } = view;
  put('pusat', sight && `${sight.lat_deg.toFixed(5)},${sight.lon_deg.toFixed(5)}`);
  put('zoom', sight && sight.zoom.toFixed(2));
  put('lapis', view.layers.length === layers.length ? null : layers.filter((layer) => view.layers.includes(layer)).join(','));
  put('pilih', chosen && `${chosen.kind}:${chosen.id}`);
  put('daftar', view.list === (chosen?.kind ?? 'kamera') ? null : view.list);
  put('cari', view.q || null);
  // Commas and colons stand as they are: escaped they would only be harder to read aloud.
  const text = query.toString().replaceAll('%2C', ',').replaceAll('%3A', ':');
  return `/peta${text ? `?${text}` : ''}`;
}

/** Whether two sights are the same to the digits that an address keeps. */
export function sameSight(a: Sight | null, b: Sight | null): boolean {
  if (a === null || b === null) return a === b;
  return Math.abs(a.lat_deg - b.lat_deg) < 1e-5 && Math.abs(a.lon_deg - b.lon_deg) < 1e-5 && Math.abs(a.zoom - b.zoom) < 0.01;
}
