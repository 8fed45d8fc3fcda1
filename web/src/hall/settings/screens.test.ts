import { describe, expect, test } from 'vitest';
import { readShown, standing, writeShown } from './screens';

describe('what a screen shows', () => {
  test.each([
    ['/situasi', 'situasi'],
    ['/peta', 'peta'],
    ['/kamera/videowall/16', 'semua'],
    ['/kamera/videowall/piket-malam', 'tata'],
    ['/peta?pusat=-2.2,113.9&zoom=11', 'lain'],
    ['/kamera/videowall/4?kamera=a,b', 'lain']
  ])('%s is taken apart and put together', (address, kind) => {
    const shown = readShown(address);
    expect(shown.kind).toBe(kind);
    expect(writeShown(shown)).toBe(address);
  });
  test.each([
    [' https://pusat.example:8443/peta?kios=1&pusat=-2.2,113.9&bahasa=en ', '/peta?pusat=-2.2,113.9'],
    ['http://10.0.0.1/situasi?kios=1', '/situasi'],
    ['/kamera/videowall/4?halaman=2', '/kamera/videowall/4?halaman=2'],
    ['', '']
  ])('%s as it was copied', (address, written) => expect(writeShown({ ...readShown(''), address })).toBe(written));
});

test('a screen that was not heard shows nothing for sure', () => {
  const now_ms = 10_000_000;
  const seen = (ago_s: number) => (now_ms - ago_s * 1000) * 1000;
  expect(standing({ seen_us: null, signed_in: false }, now_ms)).toBe('never');
  expect(standing({ seen_us: seen(100), signed_in: true }, now_ms)).toBe('shows');
  expect(standing({ seen_us: seen(181), signed_in: true }, now_ms)).toBe('silent');
  expect(standing({ seen_us: seen(1), signed_in: false }, now_ms)).toBe('out');
});
