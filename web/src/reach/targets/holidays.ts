// Holidays of a year as a person writes them: one a line, a day and what it is. Pure.
import { isDay } from '../typed';

export interface Holiday {
  day: string;
  name: string;
}
/** What is wrong with a line, the first that is. */
export interface Fault {
  line: number;
  word: 'bad' | 'twice';
}

/** Reads what was written; empty lines do not count. */
export function readHolidays(text: string, year: number): { days: Holiday[]; fault: Fault | null } {
  const days: Holiday[] = [];
  for (const [i, line] of text.split('\n').entries()) {
    if (!line.trim()) continue;
    const [day = '', ...rest] = line.split(';');
    const one = { day: day.trim(), name: rest.join(';').trim() };
    if (!isDay(one.day) || !one.name || Number(one.day.slice(0, 4)) !== year) return { days, fault: { line: i + 1, word: 'bad' } };
    if (days.some((other) => other.day === one.day)) return { days, fault: { line: i + 1, word: 'twice' } };
    days.push(one);
  }
  return { days, fault: null };
}

/** The same the other way round. */
export function writeHolidays(days: readonly Holiday[]): string {
  return days.map(({ day, name }) => `${day};${name}`).join('\n');
}
