// Where the phone stands, by its own receiver: it needs no signal, only the sky.

/** A place as the phone knows it. */
export interface Fix {
  lat_deg: number;
  lon_deg: number;
  /** So far it may be off, in metres. */
  accuracy_m: number;
  /** When, by the phone's clock, in milliseconds. */
  at_ms: number;
}

/** Why there is none. */
export type NoFix = 'denied' | 'unavailable' | 'timeout' | 'unsupported';

/** So long a cheap receiver may look for satellites, in milliseconds. */
const LOOK_MS = 60_000;

/** Asks the receiver once. */
export function locate(): Promise<Fix | { missing: NoFix }> {
  if (!('geolocation' in navigator)) return Promise.resolve({ missing: 'unsupported' });
  return new Promise((done) => {
    navigator.geolocation.getCurrentPosition(
      ({ coords, timestamp }) => done({ lat_deg: coords.latitude, lon_deg: coords.longitude, accuracy_m: coords.accuracy, at_ms: timestamp }),
      ({ code }) => done({ missing: code === 1 ? 'denied' : code === 3 ? 'timeout' : 'unavailable' }),
      { enableHighAccuracy: true, timeout: LOOK_MS, maximumAge: 0 }
    );
  });
}

/** Metres between two places, on a sphere: as far as a person needs it. */
export function metres(a: { lat_deg: number; lon_deg: number }, b: { lat_deg: number; lon_deg: number }): number {
  const rad = (degrees: number) => (degrees * Math.PI) / 180;
  const h = Math.sin(rad(b.lat_deg - a.lat_deg) / 2) ** 2 + Math.cos(rad(a.lat_deg)) * Math.cos(rad(b.lat_deg)) * Math.sin(rad(b.lon_deg - a.lon_deg) / 2) ** 2;
  return 2 * 6_371_000 * Math.asin(Math.sqrt(h));
}
