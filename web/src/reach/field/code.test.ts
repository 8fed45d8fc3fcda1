import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { grouped, readCode, readTicket } from './code';

const lines = readFileSync(join(import.meta.dirname, '../../../../assets/field/codes.txt'), 'utf8')
  .split('\n')
  .filter((line) => line && !line.startsWith('#'));

describe('a code', () => {
  test.each(lines.map((line) => line.split('\t') as [string, string]))('%s is %s', (typed, meant) => {
    const read = readCode(typed);
    if ('code' in read) expect(`${read.code.length === 9 ? 'short' : 'long'} ${read.code}`).toBe(meant);
    else if (read.fault === 'mistyped') expect(meant).toBe('mistyped');
    else expect(read.fault === 'character' ? `character ${read.at}` : `length ${read.found}`).toBe(meant);
  });
  test('one wrong character is always found', () => {
    const right = 'B4FXKPABG';
    const letters = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
    for (let at = 0; at < right.length; at += 1) {
      for (const letter of letters) {
        const typed = right.slice(0, at) + letter + right.slice(at + 1);
        expect('code' in readCode(typed)).toBe(typed === right);
      }
    }
  });
  test('is found in what a QR says, and nothing else of it is kept', () => {
    const long = '1BK4JFK2BK6ZGSPKGAVGZ9NTX1';
    expect(readTicket(`https://pusat.example:8443/c#${long}.${'ab'.repeat(32)}`)).toEqual({ code: long });
    expect(readTicket('https://[::1]:8443/c#B4FX-KPAB-G')).toEqual({ code: 'B4FXKPABG' });
    expect(readTicket('B4FX-KPAB-G')).toEqual({ code: 'B4FXKPABG' });
    for (const strange of ['https://example.org/menu', 'WIFI:S:kantor;T:WPA;P:x;;', 'http://pusat.example/c#B4FX-KPAB-G', '']) expect('code' in readTicket(strange)).toBe(false);
  });
  test('is shown as it stands on the paper', () => {
    expect(grouped('B4FXKPABG')).toBe('B4FX-KPAB-G');
    expect(grouped('1BK4JFK2BK6ZGSPKGAVGZ9NTX1')).toBe('1BK4JFK2BK6ZGSPKGAVGZ9NTX1');
  });
});
