import { expect, test } from 'vitest';
import { Problem } from '$api/problem';
import { asksCodes, blank, cardOf, daysOf, kindOf, obstacle, unsaid, worded, writes, type Found, type ListImport } from './lists';

const found = (changes: Partial<Found> = {}): Found => ({ rows: 5, refused: 0, skipped: 0, codes_are_foreign: false, columns: [], fields: [], missing: [], points: [], layout: {} as Found['layout'], ...changes });
const read = (changes: Partial<Found> = {}, codes: ListImport['codes'] = null): ListImport => ({ state: 'read', found: found(changes), codes }) as ListImport;

test('nothing is written while something stands in the way, and it says what', () => {
  expect(obstacle(read(), false)).toBe(null);
  expect(obstacle({ ...read(), state: 'reading' }, true)).toBe('unread');
  expect(obstacle({ ...read(), found: null }, true)).toBe('unread');
  expect(obstacle(read({ refused: 5 }), true)).toBe('rows');
  expect(obstacle(read({ refused: 2 }), false)).toBe('refused');
  expect(obstacle(read({ refused: 2 }), true)).toBe(null);
  expect(obstacle(read({ codes_are_foreign: true }), true)).toBe('codes');
  expect(obstacle(read({ codes_are_foreign: true }, 'kemendagri'), true)).toBe(null);
  expect(writes(found({ rows: 7, refused: 3 }))).toBe(4);
});

test('an answer about codes can be changed after the question is settled', () => {
  expect(asksCodes(read(), found())).toBe(false);
  expect(asksCodes(read({}, 'other'), found())).toBe(true);
});

test('what nobody has typed is unknown, and never zero', () => {
  const typed = blank('daftar kpm.CSV');
  expect(typed.title).toBe('daftar kpm');
  expect(cardOf(typed)).toEqual({ title: 'daftar kpm', owner: null, controller: null, legal_basis: null, agreement: null, agreement_until: null, purposes: [], as_of: null, definition: null, retention_days: null });
  expect(cardOf({ ...typed, purposes: ' satu \n\n dua', retention_days: '0', owner: ' Dinsos ' })).toMatchObject({ purposes: ['satu', 'dua'], retention_days: 0, owner: 'Dinsos' });
  expect(unsaid({ ...typed, owner: 'Dinsos', as_of: '2026-01-31' })).toEqual(['legal_basis', 'purposes']);
});

test('days are whole, and at most thirty years', () => {
  expect(['', ' 0 ', '365', '1.095', '10950', '10951', '-1', '1,5', 'setahun'].map(daysOf)).toEqual([null, 0, 365, 1095, 10950, undefined, undefined, undefined, undefined]);
});

test('a kind that is not known is not made into one', () => {
  expect(kindOf('kpm')).toBe('kpm');
  expect(kindOf('lain')).toBe(null);
});

test('a refusal is worded where there are words for it', () => {
  const words = (key: string) => ({ 'cardin.fail.file-kind': 'Bukan tabel' })[key];
  const refused = new Problem(422, 'file-kind', 'judul', 'This is a PDF.', [{ name: 'file', why: 'x' }], 'abc');
  expect(worded(refused, words)).toMatchObject({ title: 'Bukan tabel', detail: 'This is a PDF.', request: 'abc', fields: refused.fields });
  const other = new Problem(409, 'lain', 'judul', 'teks');
  expect(worded(other, words)).toBe(other);
});
