// The words of a camera's state, from the catalogue.
import type { Camera, CameraState } from '$api/model';
import { maybe, t } from '$shell/words.svelte';
import { face, type Face } from './camera';
import type { Place } from './ladder';

/** The word beside the shape. */
export function faceWord(f: Face): string {
  return t(`camera.face.${f}`);
}
/** The word of a state. */
export function stateWord(state: CameraState): string {
  return faceWord(face(state));
}
/** Why it is so; empty when there is nothing to explain. */
export function reasonWord(state: CameraState): string {
  if (state.reason === null) return '';
  return maybe(`camera.reason.${state.reason}`) ?? state.reason;
}
/** What can be done about it; empty when nothing helps but waiting. */
export function adviceWord(state: CameraState): string {
  return state.reason === null ? '' : (maybe(`camera.advice.${state.reason}`) ?? '');
}
/** The loud words of a tile without a live picture. */
export function tileWord(state: CameraState): string {
  if (state.word === 'stale') return t('tile.frozen');
  if (state.reason === 'wrong_password') return t('tile.password');
  if (state.reason === 'stopped') return t('tile.stopped');
  return state.word === 'dark' ? t('tile.dark') : '';
}
/** The kind of place a camera looks at. */
export function kindWord(kind: Camera['kind']): string {
  return maybe(`camera.kind.${kind}`) ?? kind;
}
/** One gap of a legal card. */
export function legalWord(missing: string): string {
  return maybe(`legal.${missing}`) ?? missing;
}
/** The rung of a tile and why, in short; empty when it is what was wished. */
export function placeWord(place: Place, every_s: number): string {
  if (place.why === null) return '';
  return `${t(`rung.${place.rung}`, { s: every_s })}: ${t(`rung.why.${place.why}`)}`;
}
