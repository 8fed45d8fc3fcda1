// What is read of a recorder's channels. Pure.
import type { ChannelFound, FoundStream } from '$api/model';
import { maybe, t } from '$shell/words.svelte';
import { shortName } from './form';

/** A row of the list in which channels are chosen. */
export interface Row {
  channel: number;
  chosen: boolean;
  name: string;
  short: string;
  point: string;
  touched: boolean;
}

/** The make, as people call it. */
export function makeWord(slug: string): string {
  return maybe(`recorder.make.${slug}`) ?? slug;
}

/**
 * The row of a channel: chosen at first where there is a picture and no camera yet, named
 * as it calls itself, or by the recorder and its number.
 */
export function rowOf(found: ChannelFound, recorder: string): Row {
  const name = found.name ?? `${recorder} ${String(found.channel).padStart(2, '0')}`;
  const short = `${shortName(recorder).slice(0, 33).replace(/-+$/, '')}-${found.channel}`;
  return { channel: found.channel, chosen: found.verdict === 'picture' && found.camera === null, name, short, point: '', touched: false };
}

/** A stream in one line: codec, size, pictures a second, pictures between key frames. */
export function streamWord(stream: FoundStream): string {
  const parts = [stream.codec === 'h264' ? 'H.264' : stream.codec === 'h265' ? 'H.265' : stream.codec.toUpperCase()];
  if (stream.width !== null && stream.height !== null) parts.push(`${stream.width} × ${stream.height}`);
  if (stream.fps_milli !== null) parts.push(t('recorder.fps', { n: Math.round(stream.fps_milli / 1000) }));
  parts.push(stream.gop === null ? t('recorder.gop.long') : t('recorder.gop', { n: stream.gop }));
  return parts.join(' · ');
}

/** Why there is no picture, or what is odd about the one there is. */
export function verdictWord(found: ChannelFound): string {
  if (found.verdict === 'picture') return t('recorder.picture');
  if (found.verdict === 'blank') return t('recorder.blank');
  return (found.reason && (maybe(`recorder.reason.${found.reason}`) ?? maybe(`camera.reason.${found.reason}`))) ?? t('recorder.nopicture');
}
