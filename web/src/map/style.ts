// How the map looks. Pure: colours and words come in, a style goes out. There is no server
// of tiles or letters behind it: shapes come from the house, letters are drawn here.
import type { ExpressionSpecification, FilterSpecification, LayerSpecification, StyleSpecification } from 'maplibre-gl';
import { ranks, type Face } from '$watch/camera';
import type { Layer } from './view';

/** The colours of the page at the moment. */
export interface Palette {
  /** Whether the page is dark; part of the names of its icons. */
  tone: 'terang' | 'gelap';
  /** How much larger than on a desk everything is drawn: a television is read from afar. */
  scale: number;
  ground: string;
  sunk: string;
  card: string;
  ink: string;
  muted: string;
  edge: string;
  line: string;
  land: string;
  info: string;
  unknown: string;
  faces: Record<Face, string>;
}

/** Points nearer than this, in pixels, become one. */
export const CLUSTER_PX = 42;
/** From here on cameras are never one. */
export const CLUSTER_ZOOM_MAX = 13;

/** Layers of points that a reader can click, what lies on top first. */
export const touchable = ['terpilih-kamera', 'kamera-kumpulan', 'kamera', 'desa'] as const;

/** The layers of the style that one switch turns. */
export const switched: Record<Layer, readonly string[]> = {
  kamera: ['kamera-arah', 'kamera-kumpulan', 'kamera', 'kamera-nama'],
  desa: ['desa', 'desa-nama'],
  kabupaten: ['kabupaten-garis', 'kabupaten-nama'],
  kecamatan: ['kecamatan-garis', 'kecamatan-nama']
};

/** How many of each face lie in a cluster, so that it can wear the worst. */
export const clusterProperties = Object.fromEntries(ranks.map((face) => [face, ['+', ['case', ['==', ['get', 'face'], face], 1, 0]]])) as unknown as Record<Face, ExpressionSpecification>;

/** The name of an icon, drawn when it is first needed. */
export function iconName(kind: 'kamera' | 'kumpulan' | 'arah', face: Face, tone: Palette['tone']): string {
  return `${kind}:${face}:${tone}`;
}
/** What an icon's name says; null for a name that is none. */
export function readIcon(name: string): { kind: string; face: Face } | null {
  const [kind, asked] = name.split(':');
  const face = ranks.find((face) => face === asked);
  return kind && face ? { kind, face } : null;
}

const worst: ExpressionSpecification = ['case', ...ranks.flatMap((face) => [['>', ['get', face], 0], face]), 'unknown'] as unknown as ExpressionSpecification;

const empty = { type: 'FeatureCollection' as const, features: [] };
const points = { type: 'geojson' as const, data: empty };

/** The style of the whole map; its sources are filled later. */
export function style(palette: Palette, face: string, off: ReadonlySet<string>): StyleSpecification {
  const single: FilterSpecification = ['!', ['has', 'point_count']];
  const text = (size: number | ExpressionSpecification, letters: string[] = [face]) => ({ 'text-font': letters, 'text-size': size, 'text-field': ['get', 'name'] as ExpressionSpecification });
  const written = (colour: string) => ({ 'text-color': colour, 'text-halo-color': palette.land, 'text-halo-width': 1.4 });
  const italic = [`Public Sans Italic,${face}`];
  const strong = [`Public Sans Semibold,${face}`];
  const below = { 'text-anchor': 'top' as const, 'text-offset': [0, 1.1] as [number, number], 'text-max-width': 9, 'text-optional': true };
  const all: LayerSpecification[] = [
    { id: 'luar', type: 'background', paint: { 'background-color': palette.sunk } },
    { id: 'provinsi', type: 'fill', source: 'provinsi', paint: { 'fill-color': palette.land } },
    {
      ...{ id: 'kecamatan-garis', type: 'line', source: 'kecamatan', minzoom: 7 },
      paint: { 'line-color': palette.edge, 'line-width': ['interpolate', ['linear'], ['zoom'], 7, 0.4, 11, 1], 'line-opacity': 0.7, 'line-dasharray': [3, 2] }
    },
    { id: 'kabupaten-garis', type: 'line', source: 'kabupaten', paint: { 'line-color': palette.edge, 'line-width': ['interpolate', ['linear'], ['zoom'], 5, 0.8, 11, 1.8] } },
    { id: 'provinsi-garis', type: 'line', source: 'tepi', layout: { 'line-join': 'round' }, paint: { 'line-color': palette.edge, 'line-width': 1.6 } },
    {
      ...{ id: 'desa', type: 'circle', source: 'desa' },
      paint: {
        'circle-color': palette.card,
        'circle-radius': ['interpolate', ['linear'], ['zoom'], 5, 0.7, 6.5, 1.4, 9, 2.6, 12, 4.5],
        'circle-stroke-color': palette.unknown,
        'circle-stroke-width': ['interpolate', ['linear'], ['zoom'], 5, 0.35, 6.5, 0.8, 9, 1.2, 12, 1.8]
      }
    },
    { id: 'desa-nama', type: 'symbol', source: 'desa', minzoom: 9.5, layout: { ...text(11.5), ...below, 'text-offset': [0, 0.6] }, paint: written(palette.muted) },
    {
      ...{ id: 'kecamatan-nama', type: 'symbol', source: 'nama', minzoom: 8, maxzoom: 12, filter: ['==', ['get', 'level'], 'district'] },
      layout: { ...text(13, italic), 'text-max-width': 8 },
      paint: written(palette.muted)
    },
    {
      ...{ id: 'kabupaten-nama', type: 'symbol', source: 'nama', maxzoom: 11, filter: ['==', ['get', 'level'], 'regency'] },
      layout: { ...text(['interpolate', ['linear'], ['zoom'], 5, 11, 8, 15], strong), 'text-max-width': 7, 'text-letter-spacing': 0.02 },
      paint: written(palette.ink)
    },
    {
      ...{ id: 'kamera-arah', type: 'symbol', source: 'kamera', minzoom: 10, filter: ['all', single, ['has', 'heading']] },
      layout: { 'icon-image': icon('arah', ['get', 'face'], palette), 'icon-rotate': ['get', 'heading'], 'icon-rotation-alignment': 'map', 'icon-anchor': 'bottom', 'icon-allow-overlap': true, 'icon-ignore-placement': true }
    },
    {
      ...{ id: 'kamera-kumpulan', type: 'symbol', source: 'kamera', filter: ['has', 'point_count'] },
      layout: { 'icon-image': icon('kumpulan', worst, palette), 'icon-allow-overlap': true, 'text-field': ['get', 'point_count_abbreviated'], 'text-font': [face], 'text-size': 14, 'text-allow-overlap': true },
      paint: { 'text-color': palette.ink }
    },
    { id: 'kamera', type: 'symbol', source: 'kamera', filter: single, layout: { 'icon-image': icon('kamera', ['get', 'face'], palette), 'icon-allow-overlap': true } },
    { id: 'kamera-nama', type: 'symbol', source: 'kamera', minzoom: 9.5, filter: single, layout: { ...text(12.5), ...below }, paint: written(palette.ink) },
    { id: 'terpilih', type: 'circle', source: 'terpilih', paint: { 'circle-radius': 16, 'circle-color': palette.land, 'circle-opacity': 0.7, 'circle-stroke-color': palette.info, 'circle-stroke-width': 3 } },
    { id: 'terpilih-desa', type: 'circle', source: 'terpilih', filter: ['!', ['has', 'face']], paint: { 'circle-radius': 4.5, 'circle-color': palette.card, 'circle-stroke-color': palette.unknown, 'circle-stroke-width': 1.8 } },
    {
      ...{ id: 'terpilih-arah', type: 'symbol', source: 'terpilih', filter: ['has', 'heading'] },
      layout: { 'icon-image': icon('arah', ['get', 'face'], palette), 'icon-rotate': ['get', 'heading'], 'icon-rotation-alignment': 'map', 'icon-anchor': 'bottom', 'icon-allow-overlap': true, 'icon-ignore-placement': true }
    },
    { id: 'terpilih-kamera', type: 'symbol', source: 'terpilih', filter: ['has', 'face'], layout: { 'icon-image': icon('kamera', ['get', 'face'], palette), 'icon-allow-overlap': true } },
    { id: 'terpilih-nama', type: 'symbol', source: 'terpilih', layout: { ...text(13.5, strong), ...below, 'text-offset': [0, 1.6], 'text-allow-overlap': true }, paint: written(palette.ink) }
  ];
  return {
    version: 8,
    sources: {
      provinsi: points,
      tepi: points,
      kabupaten: points,
      kecamatan: points,
      nama: points,
      desa: points,
      kamera: { ...points, cluster: true, clusterRadius: CLUSTER_PX, clusterMaxZoom: CLUSTER_ZOOM_MAX, clusterProperties },
      terpilih: points
    },
    layers: all.map((layer) => larger(layer, palette.scale)).map((layer) => (off.has(layer.id) ? ({ ...layer, layout: { ...layer.layout, visibility: 'none' } } as LayerSpecification) : layer))
  };
}

/** Sizes that grow with the letters of the page. */
const sizes = ['text-size', 'text-halo-width', 'circle-radius', 'circle-stroke-width', 'line-width'];

function grown(value: unknown, by: number): unknown {
  if (typeof value === 'number') return value * by;
  // ['interpolate', how, input, stop, size, stop, size, …]
  return Array.isArray(value) ? value.map((part: unknown, i) => (i >= 4 && i % 2 === 0 ? grown(part, by) : part)) : value;
}

function larger(layer: LayerSpecification, by: number): LayerSpecification {
  if (by === 1) return layer;
  const of = (set: object | undefined) => Object.fromEntries(Object.entries(set ?? {}).map(([name, value]) => [name, sizes.includes(name) ? grown(value, by) : value]));
  const icons = layer.layout && 'icon-image' in layer.layout ? { 'icon-size': by } : {};
  return { ...layer, paint: of(layer.paint), layout: { ...of(layer.layout), ...icons } } as LayerSpecification;
}

function icon(kind: 'kamera' | 'kumpulan' | 'arah', face: ExpressionSpecification, palette: Palette): ExpressionSpecification {
  return ['concat', `${kind}:`, face, `:${palette.tone}`];
}

/** The layers of the style that the switches leave dark. */
export function hidden(on: readonly Layer[]): Set<string> {
  return new Set((Object.keys(switched) as Layer[]).filter((layer) => !on.includes(layer)).flatMap((layer) => switched[layer]));
}
