// The marks of the house as pictures for the map: the same shapes as beside their words.
import type { Face } from '$watch/camera';
import type { Palette } from './style';

/** A picture and how many of its pixels are one of the page. */
export interface Icon {
  picture: ImageData;
  pixelRatio: number;
}

/** Pixels of a picture for one of the page: sharp on any screen of today. */
const RATIO = 3;
/** The marks are drawn in a square of this side. */
const SIDE = 14;
/** The root size of letters on a desk; a television has larger ones. */
const DESK_PX = 16;
const octagon = 'M4.2 .5h5.6l3.7 3.7v5.6l-3.7 3.7H4.2L.5 9.8V4.2z';
const triangle = 'M7 .8 13.6 13H.4z';

function canvas(width: number, height: number): CanvasRenderingContext2D {
  const made = document.createElement('canvas');
  made.width = width * RATIO;
  made.height = height * RATIO;
  const brush = made.getContext('2d');
  if (!brush) throw new Error('no 2d context');
  brush.scale(RATIO, RATIO);
  return brush;
}
function taken(brush: CanvasRenderingContext2D): Icon {
  return { picture: brush.getImageData(0, 0, brush.canvas.width, brush.canvas.height), pixelRatio: RATIO };
}

/** Draws a mark of 14 by 14 where the brush stands, with a rim that parts it from what is below. */
function mark(brush: CanvasRenderingContext2D, face: Face, palette: Palette): void {
  const colour = palette.faces[face];
  const rim = (path: Path2D) => {
    brush.lineJoin = 'round';
    brush.lineWidth = 3;
    brush.strokeStyle = palette.card;
    brush.stroke(path);
    brush.fillStyle = palette.card;
    brush.fill(path);
  };
  const filled = (path: Path2D) => {
    rim(path);
    brush.fillStyle = colour;
    brush.fill(path);
  };
  const square = new Path2D();
  square.rect(1.5, 1.5, 11, 11);
  if (face === 'crit') return filled(new Path2D(octagon));
  if (face === 'warn') return filled(new Path2D(triangle));
  if (face === 'ok') {
    const disc = new Path2D();
    disc.arc(7, 7, 6, 0, 2 * Math.PI);
    return filled(disc);
  }
  rim(square);
  brush.strokeStyle = colour;
  brush.lineWidth = 2;
  brush.lineJoin = 'miter';
  brush.stroke(square);
  brush.fillStyle = colour;
  if (face === 'starting') brush.fillRect(5, 5, 4, 4);
  if (face === 'unknown') {
    brush.save();
    brush.clip(square);
    brush.lineWidth = 1.3;
    for (let at = -SIDE; at <= SIDE; at += 4.2) {
      brush.beginPath();
      brush.moveTo(at, SIDE);
      brush.lineTo(at + SIDE, 0);
      brush.stroke();
    }
    brush.restore();
  }
}

/** A camera alone. */
function camera(face: Face, palette: Palette): Icon {
  const brush = canvas(24, 24);
  brush.translate(3, 3);
  brush.scale(18 / SIDE, 18 / SIDE);
  mark(brush, face, palette);
  return taken(brush);
}

/** Several cameras: a disc for their number, wearing the mark of the worst. */
function cluster(face: Face, palette: Palette): Icon {
  const brush = canvas(46, 46);
  brush.beginPath();
  brush.arc(23, 23, 17, 0, 2 * Math.PI);
  brush.fillStyle = palette.card;
  brush.fill();
  brush.lineWidth = 2.5;
  brush.strokeStyle = palette.faces[face];
  brush.stroke();
  brush.translate(28, 3);
  mark(brush, face, palette);
  return taken(brush);
}

/** Where a camera looks: a cone that stands on the camera and points up. */
function cone(face: Face, palette: Palette): Icon {
  const brush = canvas(48, 34);
  brush.beginPath();
  brush.moveTo(24, 34);
  brush.lineTo(7, 6);
  brush.quadraticCurveTo(24, -4, 41, 6);
  brush.closePath();
  brush.globalAlpha = 0.32;
  brush.fillStyle = palette.faces[face];
  brush.fill();
  return taken(brush);
}

/** Draws one icon. */
export function draw(kind: string, face: Face, palette: Palette): Icon {
  if (kind === 'kumpulan') return cluster(face, palette);
  if (kind === 'arah') return cone(face, palette);
  return camera(face, palette);
}

/** The colours that the page has now. */
export function paletteOf(root: HTMLElement): Palette {
  const all = getComputedStyle(root);
  const of = (name: string) => all.getPropertyValue(`--${name}`).trim();
  return {
    tone: all.colorScheme === 'dark' ? 'gelap' : 'terang',
    scale: parseFloat(all.fontSize) / DESK_PX,
    ground: of('ground'),
    sunk: of('sunk'),
    card: of('card'),
    ink: of('ink'),
    muted: of('muted'),
    edge: of('edge'),
    line: of('line'),
    land: of('ramp-0'),
    info: of('info'),
    unknown: of('unknown'),
    faces: { ok: of('ok'), idle: of('info'), starting: of('info'), warn: of('warn'), crit: of('crit'), unknown: of('unknown') }
  };
}
