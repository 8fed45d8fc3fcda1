// A photograph made small enough for a line that is thin, on the phone, before it is kept.

/** Octets of a photograph that is kept, at most. */
export const PHOTO_MAX = 300_000;
/** The longer side of the first try, in pixels: a number on a case can still be read. */
const SIDE_MAX = 1600;
/** Below this a photograph shows nothing any more. */
const SIDE_MIN = 320;
/** Qualities of JPEG that are tried at each size. */
const QUALITIES = [0.82, 0.7, 0.58, 0.46];
/** Each next size. */
const SMALLER = 0.75;

/** One way to write a picture. */
export interface Try {
  width: number;
  height: number;
  quality: number;
}

/** Ways to write a picture, the best first. */
export function* tries(width: number, height: number): Generator<Try> {
  const most = Math.max(width, height);
  for (let side = Math.min(SIDE_MAX, most); ; side *= SMALLER) {
    const scale = side / most;
    const size = { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
    for (const quality of QUALITIES) yield { ...size, quality };
    if (side <= SIDE_MIN) return;
  }
}

/** The first way whose octets are few enough; null if none is. */
export async function smallest<T extends { size: number }>(width: number, height: number, write: (way: Try) => Promise<T>): Promise<T | null> {
  for (const way of tries(width, height)) {
    const written = await write(way);
    if (written.size <= PHOTO_MAX) return written;
  }
  return null;
}

/** A photograph as the phone keeps it. */
export interface Shot {
  octets: ArrayBuffer;
  /** SHA-256 in hexadecimal, by which the house calls it. */
  sha256: string;
}

/** Why a file did not become a photograph. */
export class NoPicture extends Error {
  constructor(readonly why: 'unreadable' | 'large') {
    super(why);
  }
}

/** SHA-256 in hexadecimal. */
export async function sha256(octets: ArrayBuffer): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', octets));
  return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * Reads a file of the camera upright, writes it anew as JPEG and leaves behind what the
 * camera had noted in it: where it was taken is asked for on its own.
 */
export async function shoot(file: Blob): Promise<Shot> {
  const picture = await createImageBitmap(file, { imageOrientation: 'from-image' }).catch(() => null);
  if (!picture) throw new NoPicture('unreadable');
  const canvas = document.createElement('canvas');
  try {
    const written = await smallest(picture.width, picture.height, async ({ width, height, quality }) => {
      if (canvas.width !== width || canvas.height !== height) {
        [canvas.width, canvas.height] = [width, height];
        canvas.getContext('2d')?.drawImage(picture, 0, 0, width, height);
      }
      const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/jpeg', quality));
      if (!blob) throw new NoPicture('unreadable');
      return blob;
    });
    if (!written) throw new NoPicture('large');
    const octets = await written.arrayBuffer();
    return { octets, sha256: await sha256(octets) };
  } finally {
    picture.close();
    // A phone with little memory gets it back at once.
    canvas.width = canvas.height = 0;
  }
}
