import { describe, expect, test } from 'vitest';
import { agreement, byUrgency, canGo, daysOf, dayStart, fieldOf, heldUntil, hoursOf, isLate, isOverrun, lastRun, momentOf, named, overdue, readLooks, readPart, readRequests, readSubject, repairsOf, spanOf, ticking, wasLate, yearsOf } from './ask';
import type { Breach, Preview, Term } from './model';

const us = (text: string) => Date.parse(text) * 1000;
const query = (text: string) => new URLSearchParams(text);

describe('what the address asks', () => {
  test('a part that there is none of is the first', () => {
    expect(readPart(query('bagian=masa'))).toBe('masa');
    expect(readPart(query('bagian=dapur'))).toBe('permintaan');
    expect(readPart(query(''))).toBe('permintaan');
  });
  test('those that wait are asked for first, all of them by name only', () => {
    expect(readRequests(query(''))).toEqual({ state: 'open', kind: '', mine: false });
    expect(readRequests(query('status=semua&jenis=erasure&petugas=saya'))).toEqual({ state: '', kind: 'erasure', mine: true });
    expect(readRequests(query('status=refused&jenis=wish')).kind).toBe('');
  });
  test('only an id is a subject: a number of somebody is in no address', () => {
    expect(readSubject(' fam_01h2xcejqtf2nbrexx3vqjhp41 ')).toBe('fam_01h2xcejqtf2nbrexx3vqjhp41');
    for (const text of ['6271011203800001', 'prs_01h2xcejqtf2nbrexx3vqjhp41', 'fam_', '', null]) expect(readSubject(text)).toBe('');
  });
  test('looks by person, family, verb and days', () => {
    expect(readLooks(query('orang=prs_01h2xcejqtf2nbrexx3vqjhp41&subjek=rsd_01h2xcejqtf2nbrexx3vqjhp41&tindakan=card_family.opened&dari=2026-11-01&sampai=2026-11-30'))).toEqual({
      person: 'prs_01h2xcejqtf2nbrexx3vqjhp41',
      subject: 'rsd_01h2xcejqtf2nbrexx3vqjhp41',
      verb: 'card_family.opened',
      from: '2026-11-01',
      to: '2026-11-30'
    });
    expect(readLooks(query('orang=Siti&tindakan=buka&dari=2026-02-30&sampai=besok'))).toEqual({ person: '', subject: '', verb: '', from: '', to: '' });
  });
});

describe('days and hours of the house', () => {
  test('a day begins at midnight of the house, and the last one counts whole', () => {
    expect(dayStart('2026-11-01')).toBe(us('2026-10-31T17:00:00Z'));
    expect(dayStart('2026-02-29')).toBeNull();
    expect(spanOf({ from: '2026-11-01', to: '2026-11-01' })).toEqual({ from_us: us('2026-10-31T17:00:00Z'), to_us: us('2026-11-01T17:00:00Z') });
    expect(spanOf({ from: '', to: '' })).toEqual({ from_us: null, to_us: null });
  });
  test('a moment is typed by the clock of the house wherever the browser stands', () => {
    expect(momentOf('2026-11-24T08:30')).toBe(us('2026-11-24T01:30:00Z'));
    expect(momentOf('')).toBeNull();
    expect(fieldOf(Date.parse('2026-11-24T01:30:45Z'))).toBe('2026-11-24T08:30');
  });
});

describe('clocks', () => {
  const open = (number: number, due: number, at = 0) => ({ number, state: 'open', due_us: due, at_us: at });
  test('it is late at the very moment, and only while it is open', () => {
    expect(isLate(open(1, 5_000_000), 4_999)).toBe(false);
    expect(isLate(open(1, 5_000_000), 5_000)).toBe(true);
    expect(isLate({ ...open(1, 5_000_000), state: 'granted' }, 9_000)).toBe(false);
  });
  test('what waits longest comes first, what is answered last and the newest of it first', () => {
    const all = [{ ...open(1, 1, 5), state: 'refused' }, open(2, 30), { ...open(3, 2, 9), state: 'granted' }, open(4, 10)];
    expect(byUrgency(all).map(({ number }) => number)).toEqual([4, 2, 3, 1]);
  });
  test('hours are counted whole', () => {
    expect(hoursOf(3 * 86_400_000)).toEqual({ hours: 72, minutes: 0 });
    expect(hoursOf(59_999)).toEqual({ hours: 0, minutes: 0 });
    expect(hoursOf(-5)).toEqual({ hours: 0, minutes: 0 });
  });
  const breach = (number: number, more: Partial<Breach>): Breach => ({ number, state: 'open', found_us: 0, due_us: 10, told_authority_us: null, told_people_us: null, people: null, data: [], by_name: null, at_us: 0, what: null, handling: null, told_authority_how: null, told_people_how: null, closed_us: null, closed_by_name: null, late: false, reason: null, ...more });
  test('the clock that runs is that of the breach which has to be told first', () => {
    const all = [breach(1, { due_us: 5, told_authority_us: 1, told_people_us: 2 }), breach(2, { due_us: 9 }), breach(3, { due_us: 7, told_authority_us: 4 }), breach(4, { due_us: 1, state: 'closed' })];
    expect(ticking(all)?.number).toBe(3);
    expect(ticking(all.slice(0, 1))).toBeNull();
    expect(isOverrun(all[1]!, 1)).toBe(true);
    expect(isOverrun(all[0]!, 1)).toBe(false);
    expect([wasLate(11, 10), wasLate(10, 10), wasLate(null, 10)]).toEqual([true, false, false]);
  });
});

describe('what is destroyed', () => {
  const term = (what: string, more: Partial<Term>): Term => ({ what, days: 365, days_min: 30, basis: '', does: '', due: 0, held: 0, held_until_us: null, next_us: 0, last: null, ...more });
  test('the last run is the newest of all terms, with what all of it destroyed', () => {
    expect(lastRun([term('a', {})])).toBeNull();
    expect(lastRun([])).toBeNull();
    const [now, before] = [us('2026-11-28T01:00:05Z'), us('2026-11-27T01:00:00Z')];
    expect(lastRun([term('a', { last: { at_us: now - 4_000_000, destroyed: 3 } }), term('b', { last: { at_us: before, destroyed: 7 } }), term('c', { last: { at_us: now, destroyed: 2 } })])).toEqual({ at_us: now, destroyed: 5 });
  });
  test('what is held is not due', () => {
    expect(overdue([term('a', { due: 5, held: 2 }), term('b', { due: 1, held: 1 })])).toBe(3);
    expect(overdue([])).toBe(0);
  });
  const preview = (more: Partial<Preview>): Preview => ({ subject: 'fam_1', rows: 2, moved: 0, lists: [], holds: [], stays: [], raw_copies: 0, photos: 0, ...more });
  test('one hold is enough, and the last of them tells until when', () => {
    expect(canGo(preview({}))).toBe(true);
    expect(canGo(preview({ rows: 0 }))).toBe(false);
    const holds = [{ why: 'decision', number: 3, until_us: 8 }, { why: 'payment', number: null, until_us: 12 }];
    expect(canGo(preview({ holds }))).toBe(false);
    expect(heldUntil(holds)).toBe(12);
    expect(heldUntil([...holds, { why: 'objection', number: 1, until_us: null }])).toBeNull();
  });
  test('days are whole and more than none; years are told where they are whole', () => {
    expect([daysOf('365'), daysOf(' 3.650 '), daysOf('0'), daysOf('1,5'), daysOf('-3'), daysOf(''), daysOf('99999')]).toEqual([365, 3650, null, null, null, null, null]);
    expect([yearsOf(365), yearsOf(3650), yearsOf(3653), yearsOf(90), yearsOf(400)]).toEqual([1, 10, 10, null, null]);
  });
});

test('an agreement has ended the day after its last', () => {
  const of = (agreement_until: string | null, name: string | null = 'PKS 1') => agreement({ agreement: name, agreement_until }, '2026-11-28');
  expect([of('2026-11-27'), of('2026-11-28'), of('2027-02-26'), of('2027-02-27'), of(null), of(null, null)]).toEqual(['ended', 'soon', 'soon', 'runs', 'endless', 'none']);
});

test('each is named once, and by an id where there is no name', () => {
  expect(named([['prs_1', 'Siti']], [['prs_1', 'Orang lain'], [null, 'Tanpa'], ['prs_2', null]])).toEqual([{ id: 'prs_1', name: 'Siti' }, { id: 'prs_2', name: 'prs_2' }]);
});

test('a repair says which row of which list, or is none', () => {
  const one = { at: ' 2 / 17 ', field: 'birth', should_be: ' 1980-01-02 ', evidence: 'akta' };
  expect(repairsOf([one])).toEqual([{ list: 2, row: 17, field: 'birth', should_be: '1980-01-02', evidence: 'akta' }]);
  expect(repairsOf([])).toEqual([]);
  for (const at of ['', '2', '2/', 'a/1']) expect(repairsOf([one, { ...one, at }])).toBeNull();
});
