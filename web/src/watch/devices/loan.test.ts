import { expect, test } from 'vitest';
import type { Given } from '$api/model';
import { address } from './loan';

const given = (host: string | null) => ({ loan: { username: 'b0abcdef' }, secret: 'rahasia', at: { host, port: 8554, tls: false } }) as unknown as Given;

test('an address names the house as the page does, or as it is told to', () => {
  expect(address(given(null), 'loket', 'main', 'pusat.example')).toBe('rtsp://b0abcdef:rahasia@pusat.example:8554/loket');
  expect(address(given('video.example'), 'loket', 'sub', 'pusat.example')).toBe('rtsp://b0abcdef:rahasia@video.example:8554/loket/sub');
  expect(address(given(null), 'loket', 'main', '[::1]')).toBe('rtsp://b0abcdef:rahasia@[::1]:8554/loket');
  expect(address(given('2001:db8::1'), 'loket', 'main', 'x')).toBe('rtsp://b0abcdef:rahasia@[2001:db8::1]:8554/loket');
});
