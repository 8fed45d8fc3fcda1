// What a television keeps in its browser, so that a power cut loses neither the code that
// somebody is about to type nor what it is.

/** A code on its way to be typed, with the key that only this browser has. */
export interface Waiting {
  code: string;
  key: string;
  expires_us: number;
  qr_svg: string | null;
}

/** The key of a browser that is a screen. The frame of all pages looks here for its door. */
const SCREEN = 'betang.layar';
/** The code that it shows until then. */
const WAITING = 'betang.layar.kode';

function text(name: string): string | null {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}
function put(name: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(name);
    else localStorage.setItem(name, value);
  } catch {
    // A browser that keeps nothing is paired anew after each start.
  }
}

/** The key by which this browser became a screen; null if it is none. */
export function ownKey(): string | null {
  return text(SCREEN);
}
/** Keeps the key of a screen; null once it is none any more. */
export function keepOwn(key: string | null): void {
  put(SCREEN, key);
}

/** Whether what was kept is a code: another version may have written something else. */
export function readWaiting(kept: string | null): Waiting | null {
  try {
    const found = JSON.parse(kept ?? 'null') as Partial<Waiting> | null;
    if (typeof found?.code !== 'string' || typeof found.key !== 'string' || typeof found.expires_us !== 'number') return null;
    return { code: found.code, key: found.key, expires_us: found.expires_us, qr_svg: typeof found.qr_svg === 'string' ? found.qr_svg : null };
  } catch {
    return null;
  }
}
/** The code that was on its way when this browser was ended. */
export function waiting(): Waiting | null {
  return readWaiting(text(WAITING));
}
/** Keeps a code until it was typed; null once it is over. */
export function keepWaiting(next: Waiting | null): void {
  put(WAITING, next && JSON.stringify(next));
}

/** The address of a page as a screen opens it: without bars. */
export function bare(shows: string): string {
  return `${shows}${shows.includes('?') ? '&' : '?'}kios=1`;
}
