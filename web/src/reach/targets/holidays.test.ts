import { expect, test } from 'vitest';
import { readHolidays, writeHolidays } from './holidays';

test('holidays are one a line, and are written as they are read', () => {
  const text = '2026-01-01;Tahun Baru\n\n 2026-03-20 ; Nyepi; cuti bersama \n';
  const { days, fault } = readHolidays(text, 2026);
  expect(fault).toBeNull();
  expect(days).toEqual([
    { day: '2026-01-01', name: 'Tahun Baru' },
    { day: '2026-03-20', name: 'Nyepi; cuti bersama' }
  ]);
  expect(readHolidays(writeHolidays(days), 2026).days).toEqual(days);
});

test('the first line that cannot stand is named', () => {
  const at = (text: string) => readHolidays(text, 2026).fault;
  expect(at('2026-01-01;A\n2027-01-01;B')).toEqual({ line: 2, word: 'bad' });
  expect(at('\n2026-02-30;A')).toEqual({ line: 2, word: 'bad' });
  expect(at('2026-01-01')).toEqual({ line: 1, word: 'bad' });
  expect(at('2026-01-01;A\n2026-01-02;B\n2026-01-01;C')).toEqual({ line: 3, word: 'twice' });
  expect(at('')).toBeNull();
});
