import { expect, test } from 'vitest';
import type { ChannelFound } from '$api/model';
import { rowOf } from './recorder';

const found = (change: Partial<ChannelFound>): ChannelFound => ({ channel: 3, verdict: 'picture', reason: null, name: null, main: null, sub: null, still_jpeg_base64: null, camera: null, ...change });

test('a channel is named as it calls itself, or by its recorder and number', () => {
  expect(rowOf(found({ name: 'Gerbang timur' }), 'NVR Pasar Besar')).toMatchObject({ name: 'Gerbang timur', short: 'nvr-pasar-besar-3', chosen: true });
  expect(rowOf(found({}), 'NVR Pasar Besar')).toMatchObject({ name: 'NVR Pasar Besar 03' });
  const long = rowOf(found({ channel: 256 }), 'Perekam pusat pelayanan terpadu Kabupaten Kotawaringin Timur');
  expect(long.short.length).toBeLessThanOrEqual(40);
  expect(long.short).toMatch(/^[a-z0-9-]+-256$/);
});

test('only a picture that is no camera yet is chosen by itself', () => {
  expect(rowOf(found({ verdict: 'blank' }), 'NVR').chosen).toBe(false);
  expect(rowOf(found({ verdict: 'none', reason: 'no_such_path' }), 'NVR').chosen).toBe(false);
  expect(rowOf(found({ camera: 'cam_1' }), 'NVR').chosen).toBe(false);
});
