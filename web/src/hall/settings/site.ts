// What the pages know about sites beyond their words.
import { hear } from '$api/live.svelte';
import type { Point, Site, Sitter } from '$api/model';
import type { Face } from '$watch/camera';

export const kinds = ['kantor_desa', 'lokasi_kamera', 'simpul_kabupaten', 'titik_penyaluran'] as const satisfies Site['kind'][];
export const stages = ['planned', 'claimed', 'pending', 'active', 'suspended', 'revoked'] as const satisfies Site['state'][];

/** The shape of a state. Being let in is not being connected: only measurement shows that. */
export function faceOf(state: Site['state']): Face {
  switch (state) {
    case 'pending':
      return 'warn';
    case 'suspended':
    case 'revoked':
      return 'crit';
    case 'claimed':
      return 'starting';
    case 'active':
      return 'ok';
    default:
      return 'idle';
  }
}

/** Which steps a person may take from a state. */
export function turnsOf(state: Site['state']): ('suspended' | 'resumed' | 'revoked')[] {
  switch (state) {
    case 'active':
      return ['suspended', 'revoked'];
    case 'suspended':
      return ['resumed', 'revoked'];
    case 'claimed':
    case 'pending':
      return ['revoked'];
    default:
      return [];
  }
}

/** A code may be made unless the site is suspended: then somebody has a reason to wait. */
export function takesCode(state: Site['state']): boolean {
  return state !== 'suspended';
}

/** Metres as people say them, before the words of the page. */
export function isFar(sitter: Sitter): boolean {
  return sitter.distance_m !== null && sitter.distance_m > 2000;
}

/** What the house tells when a site changes, its box connects or its line is gone. */
export type Told = Pick<Site, 'id' | 'state' | 'connected' | 'heard_us'>;

/** Hears it until the returned function is called. */
export function onSite(act: (told: Told) => void): () => void {
  return hear('site', (data) => act(data as Told));
}

/** A clock that was off by more than two seconds when its box greeted. */
export function wrongClock(sitter: Sitter): boolean {
  return Math.abs(sitter.clock_off_us ?? 0) > 2_000_000;
}

/** Degrees as a field of a form holds them: as people write them, with all of their digits. */
export function degrees(value: number | null | undefined): string {
  if (value === null || value === undefined) return '';
  const text = String(value);
  return (text.includes('e') ? value.toFixed(12) : text).replace('.', ',');
}

/** The place that two fields say; null: none is said; undefined: it is none. */
export function readPlace(lat: string, lon: string): Point | null | undefined {
  if (!lat.trim() && !lon.trim()) return null;
  const [lat_deg, lon_deg] = [lat, lon].map((text) => (/^[+-]?\d{1,3}(?:[.,]\d+)?$/.test(text.trim()) ? Number(text.trim().replace(',', '.')) : NaN)) as [number, number];
  return Math.abs(lat_deg) <= 90 && Math.abs(lon_deg) <= 180 ? { lat_deg, lon_deg } : undefined;
}

/** Whether a site lies in one village, which has a page. */
export function isVillage(site: Pick<Site, 'area'>): boolean {
  return site.area.code.split('.').length === 4;
}
