import { describe, expect, test } from 'vitest';
import { readPoint, shortName } from './form';

test('short names are plain', () => {
  expect(shortName('Bundaran Besar · Palangka Raya')).toBe('bundaran-besar-palangka-raya');
  expect(shortName('  Pasar Kahayan (Pintu 2) ')).toBe('pasar-kahayan-pintu-2');
  expect(shortName('é'.repeat(60))).toHaveLength(40);
});

describe('points as people paste them', () => {
  test.each([
    ['-2.2088, 113.9165', -2.2088, 113.9165],
    ['-2.2088,113.9165', -2.2088, 113.9165],
    ['-2,2088; 113,9165', -2.2088, 113.9165],
    ['-2.2088 113.9165', -2.2088, 113.9165]
  ])('%s', (text, lat, lon) => expect(readPoint(text)).toEqual({ lat_deg: lat, lon_deg: lon }));
  test.each(['', 'x', '-2.2', '91, 10', '1, 2, 3', '1,5,2'])('not a point: %s', (text) => expect(readPoint(text)).toBeNull());
});
