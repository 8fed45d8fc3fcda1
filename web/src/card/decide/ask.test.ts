import { describe, expect, test } from 'vitest';
import { byChange, canSign, counted, isAnnex, isOverdue, isStale, moved, moveOf, oneLine, partsOf, readArea, readWanted, receives, signers, sumOf, verdictsOf, waits, within } from './ask';
import type { CoverPart, Group, PartOf, Tally } from './model';

describe('the address', () => {
  const read = (query: string, state = 'adopted') => readWanted(new URLSearchParams(query), state);
  test('says which part of a list, and of whom', () => {
    expect(read('bagian=daftar&putusan=unknown&gerak=leaves&kelompok=desil:fails&wilayah=62.02.01')).toEqual({ part: 'daftar', verdict: 'unknown', change: 'leaves', group: 'desil:fails', area: '62.02.01' });
  });
  test('is not believed where it says something else', () => {
    expect(read('bagian=rahasia&putusan=all&gerak=x&kelompok=desil&wilayah=62')).toEqual({ part: 'ringkasan', verdict: '', change: '', group: '', area: '' });
    expect(readArea('62.02.01.2001')).toBe('62.02.01.2001');
    expect([readArea(null), readArea('62.2'), readArea('62.02.01.20')]).toEqual(['', '', '']);
  });
  test('a draft has neither an annex nor a list of differences', () => {
    expect(partsOf('draft')).toEqual(['ringkasan', 'daftar']);
    expect(read('bagian=lampiran', 'draft').part).toBe('ringkasan');
    expect(read('bagian=lampiran').part).toBe('lampiran');
  });
  test('nobody waits on a list that was adopted', () => {
    expect([read('putusan=undecided').verdict, read('putusan=undecided', 'draft').verdict]).toEqual(['', 'undecided']);
    expect(verdictsOf('adopted')).not.toContain('undecided');
  });
});

describe('moves', () => {
  test('are told by what they mean, in their order, and those of nobody not at all', () => {
    expect(
      moved([
        { before: 'unknown', now: 'included', subjects: 1, rupiah: 10 },
        { before: 'excluded', now: 'included', subjects: 2, rupiah: 20 },
        { before: 'included', now: 'included', subjects: 7, rupiah: 70 },
        { before: 'included', now: 'excluded', subjects: 3, rupiah: null },
        { before: 'included', now: 'unknown', subjects: 4, rupiah: 40 },
        { before: 'excluded', now: 'unknown', subjects: 5, rupiah: 50 },
        { before: 'excluded', now: 'excluded', subjects: 99, rupiah: 990 },
        { before: 'included', now: 'held', subjects: 0, rupiah: 0 }
      ])
    ).toEqual([
      ['stays', { subjects: 7, rupiah: 70 }],
      ['enters', { subjects: 3, rupiah: 30 }],
      ['leaves', { subjects: 3, rupiah: null }],
      ['doubts', { subjects: 4, rupiah: 40 }],
      ['unclear', { subjects: 5, rupiah: 50 }]
    ]);
  });
  test('money that is not known of some is not known of all', () => {
    expect(
      moved([
        { before: 'excluded', now: 'included', subjects: 1, rupiah: null },
        { before: 'unknown', now: 'included', subjects: 1, rupiah: 10 }
      ])
    ).toEqual([['enters', { subjects: 2, rupiah: null }]]);
  });
  test('who is held on the list is told apart, wherever they were', () => {
    expect([moveOf('included', 'held'), moveOf('excluded', 'held'), moveOf('included', 'undecided'), moveOf('unknown', 'excluded')]).toEqual(['held', 'held', 'waits', null]);
  });
});

test('areas come with most change first, and what lies nowhere last', () => {
  const tally: Tally = { included: 0, excluded: 0, unknown: 0, held: 0, undecided: 0, rupiah: null };
  const part = (code: string | null, enters: number, leaves: number): PartOf => ({ code, name: code, before: tally, now: tally, enters, leaves });
  expect(byChange([part('62.01', 1, 0), part(null, 9, 9), part('62.03', 2, 2), part('62.02', 0, 1)]).map(({ code }) => code)).toEqual(['62.03', '62.01', '62.02', null]);
});

test('a group waits until somebody has ruled on it, or on each of it', () => {
  const group = { ruling: null, open: 3 } as Group;
  expect(waits(group)).toBe(true);
  expect(waits({ ...group, open: 0 })).toBe(false);
  expect(waits({ ...group, ruling: { answer: 'hold', reason: 'x', by_name: null, at_us: 0 } })).toBe(false);
});

test('a number of people is read as it is written, and nothing is guessed', () => {
  expect([counted('1.234'), counted(' 1234 '), counted('0')]).toEqual([1234, 1234, 0]);
  expect([counted(''), counted('1,5'), counted('12.34'), counted('seribu')]).toEqual([null, null, null, null]);
});

test('a list is signed by one to six, each with name and office', () => {
  const empty = { name: ' ', office: '' };
  const one = { name: ' Siti ', office: 'Kepala Dinas ' };
  expect(signers([one, empty])).toEqual([{ name: 'Siti', office: 'Kepala Dinas' }]);
  expect([canSign([one, empty]), canSign([empty]), canSign([one, { name: 'Budi', office: '' }]), canSign(Array(6).fill(one)), canSign(Array(7).fill(one))]).toEqual([true, false, false, true, false]);
});

describe('a cover', () => {
  const part = (code: string | null, subjects: number, rupiah: number | null): CoverPart => ({ code, name: code, subjects, rupiah, sha256: '' });
  const all = [part('62.02.01.2001', 2, 20), part('62.02.010.2001', 1, 10), part('62.03.01.2001', 4, null), part(null, 1, 10)];
  test('is narrowed to an area, and to nothing beside it', () => {
    expect(within(all, '62.02.01').map(({ subjects }) => subjects)).toEqual([2]);
    expect(within(all, '62.02.01.2001')).toHaveLength(1);
    expect(within(all, '')).toHaveLength(4);
  });
  test('has no sum of money where that of one village is not known', () => {
    expect(sumOf(all)).toEqual({ subjects: 8, rupiah: null });
    expect(sumOf(within(all, '62.02'))).toEqual({ subjects: 3, rupiah: 30 });
  });
  test('names are taken of a village alone', () => {
    expect(['', '62.02', '62.02.01', '62.02.01.2001'].map(isAnnex)).toEqual([false, false, false, true]);
  });
});

test('only what is still open is overdue', () => {
  expect([isOverdue({ state: 'open', due_us: 1000_000 }, 1000), isOverdue({ state: 'open', due_us: 1000_000 }, 999), isOverdue({ state: 'rejected', due_us: 1000_000 }, 2000)]).toEqual([true, false, false]);
});

test('a draft is stale by newer rules or newer lists', () => {
  const it = { version: 2, newest_version: 2, hints: [{ kind: 'no_moves', value: null }] };
  expect([isStale(it), isStale({ ...it, newest_version: 3 }), isStale({ ...it, hints: [{ kind: 'lists_newer', value: null }] })]).toEqual([false, true, true]);
});

test('who is held receives, who waits does not yet', () => {
  expect(['included', 'held', 'undecided', 'excluded', 'unknown'].map(receives)).toEqual([true, true, false, false, false]);
});

test('a reason is one line, however it was typed', () => {
  expect(oneLine('  rumah roboh\n\n  bulan Juli ')).toBe('rumah roboh bulan Juli');
});
