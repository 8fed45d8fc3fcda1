// Small readings for the camera form.
import type { Point } from '$api/model';

/** A short name made from a long one: lower case, digits and dashes, at most 40 signs. */
export function shortName(name: string): string {
  return name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 40)
    .replace(/-+$/, '');
}

/**
 * A point as people paste it from a phone: "-2.2088, 113.9165", or with decimal commas
 * "-2,2088; 113,9165". Null when it is not one.
 */
export function readPoint(text: string): Point | null {
  const clean = text.trim();
  const parts = /[;\s]/.test(clean.replace(/,\s+/g, ';')) ? clean.replace(/,\s+/g, ';').split(/[;\s]+/) : clean.split(',');
  const numbers = parts.map((part) => (/^[+-]?\d{1,3}(?:[.,]\d+)?$/.test(part) ? Number(part.replace(',', '.')) : NaN));
  const [lat, lon] = numbers;
  if (numbers.length !== 2 || lat === undefined || lon === undefined || !Number.isFinite(lat) || !Number.isFinite(lon)) return null;
  if (Math.abs(lat) > 90 || Math.abs(lon) > 180) return null;
  return { lat_deg: lat, lon_deg: lon };
}
