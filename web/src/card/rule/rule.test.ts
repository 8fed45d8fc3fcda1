import { expect, test } from 'vitest';
import type { Move, Verdict } from './model';
import { bars, besideOf, csvOf, difference, flows, nameIn, readTried, skeleton, spotOf, subjectIn, summed, told, width, wordOf } from './rule';

const tried = (query: string) => readTried(new URLSearchParams(query));
const move = (before: Verdict, now: Verdict, subjects: number): Move => ({ before, now, subjects, rupiah: null });

test('an address says beside whom, where, when and which version; what is none of it is left out', () => {
  expect(tried('lawan=daftar-12&wilayah=62.02&hari=2026-05-01&versi=3')).toEqual({ beside: { kind: 'list', number: 12 }, area: '62.02', day: '2026-05-01', version: 3 });
  expect(tried('')).toEqual({ beside: null, area: '', day: '', version: null });
  expect(tried('lawan=x&wilayah=62&hari=2026-02-30&versi=0')).toEqual({ beside: null, area: '', day: '', version: null });
  expect(['daftar', 'daftar-', 'daftar-0', 'daftar-1-2', 'versi-x', 'lain-1'].map(besideOf)).toEqual([null, null, null, null, null, null]);
});

test('each comparison has one word in the address', () => {
  for (const word of ['berjalan', 'tanpa', 'daftar-7', 'versi-2']) {
    const beside = besideOf(word);
    expect(beside && wordOf(beside)).toBe(word);
  }
});

test('who enters, who leaves, and of whom it would no longer be known', () => {
  const moves = [move('included', 'included', 90), move('excluded', 'included', 5), move('unknown', 'included', 2), move('included', 'excluded', 4), move('unknown', 'excluded', 8), move('included', 'unknown', 3), move('excluded', 'unknown', 100)];
  expect(flows(moves)).toEqual({ enters: 7, leaves: 4, doubted: 3 });
  expect(flows([])).toEqual({ enters: 0, leaves: 0, doubted: 0 });
});

test('those who move are told first, and nobody is not told', () => {
  const moves = [move('included', 'included', 9), move('excluded', 'excluded', 1), move('included', 'excluded', 2), move('excluded', 'included', 3), move('unknown', 'unknown', 0)];
  expect(told(moves).map(({ before, now }) => `${before}>${now}`)).toEqual(['excluded>included', 'included>excluded', 'included>included', 'excluded>excluded']);
});

test('a difference to what is not known is not known', () => {
  expect([difference(3, 5), difference(5, 3), difference(null, 5), difference(5, null), difference(undefined, 1)]).toEqual([2, -2, null, null, null]);
});

test('areas add up, and money of which a part is not known has no sum', () => {
  const tally = (included: number, rupiah: number | null) => ({ included, excluded: 1, unknown: 2, held: 0, undecided: 0, rupiah });
  const part = (enters: number, before: number | null, now: number | null) => ({ code: null, name: null, enters, leaves: 1, before: tally(5, before), now: tally(6, now) });
  expect(summed([part(2, 50, 60), part(3, 50, null)])).toEqual({ enters: 5, leaves: 2, before: { ...tally(10, 100), excluded: 2, unknown: 4 }, now: { ...tally(12, null), excluded: 2, unknown: 4 } });
});

test('distances beyond the last bar are added up in it', () => {
  const margins = [5, 1, 3, 2, 4].map((distance) => ({ distance, subjects: distance * 10 }));
  expect(bars(margins, 5)).toHaveLength(5);
  expect(bars(margins, 3)).toEqual([
    { distance: 1, subjects: 10, beyond: false },
    { distance: 2, subjects: 20, beyond: false },
    { distance: 3, subjects: 120, beyond: true }
  ]);
  expect(bars([{ distance: 1, subjects: 0 }], 3)).toEqual([]);
});

test('a bar of something is never nothing', () => {
  expect([width(0, 10), width(1, 1000), width(10, 10), width(3, 0)]).toEqual([0, 1, 100, 0]);
});

test('a spreadsheet reads numbers as numbers, unknown as nothing, and runs no text', () => {
  expect(csvOf([['a', 'b, "c"'], [-5, null], ['=1+1', 'x\ny']])).toBe('\ufeffa,"b, ""c"""\r\n-5,\r\n\'=1+1,"x\ny"\r\n');
});

const text = `program = "pangan"
nama = "Paket \\"A\\""
jumlah = 0

[[aturan]]
nama = "Desil"
id = "desil"
jika = { kolom = "desil", op = "<<", nilai = 2 }

[[aturan]]
id = "wilayah"
jenis = "syarat"

[aturan.jika]
semua = [{ kolom = "wilayah", op = "di", nilai = ["62.02"] }]
`;
test('an error leads to its line', () => {
  const lines = text.split('\n');
  const at = (why: string) => {
    const spot = spotOf(text, why);
    return spot && [spot.line, text.slice(spot.from, spot.to) === lines[spot.line - 1]];
  };
  expect(at('aturan desil, jika.op: pakai <=')).toEqual([8, true]);
  expect(at('aturan desil: jenis harus ada')).toEqual([7, true]);
  // The key of another rule is not that of this one.
  expect(at('aturan wilayah, nama: harus ada')).toEqual([11, true]);
  // A term may be a table of its own, and a rule without an id is named by its place.
  expect(at('aturan wilayah, jika.semua[1].nilai: x')).toEqual([14, true]);
  expect(at('aturan #2, id: harus ada')).toEqual([11, true]);
  expect(at('aturan #1: harus ada')).toEqual([5, true]);
  expect(at('aturan #3: harus ada')).toBe(null);
  expect(at('baris 8: bukan TOML yang benar: x')).toEqual([8, true]);
  expect(at('jumlah: paling sedikit 1')).toEqual([3, true]);
  expect(at('TOML parse error at line 5, column 2')).toEqual([5, true]);
  expect(at('line 900')).toBe(null);
  expect(at('aturan lain, jika: x')).toBe(null);
  expect(at('tidak terbaca')).toBe(null);
});

test('a text says what it is called and whom it is for', () => {
  expect([subjectIn(text), subjectIn('subjek = "orang"'), subjectIn("subjek = 'usaha'"), subjectIn('# subjek = "orang"')]).toEqual(['keluarga', 'orang', 'usaha', 'keluarga']);
  expect(nameIn(text)).toBe('Paket \\"A\\"');
  expect(nameIn(skeleton('2026-01-01'))).toBe('');
  expect(nameIn('x = 1')).toBe(null);
});
