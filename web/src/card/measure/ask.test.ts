import { describe, expect, test } from 'vitest';
import { blank, byRest, checked, counted, draftOf, endsOf, isSame, numberIn, outcomeIn, percentIn, placeOn, readOutcomes, readWanted, refusedVisits, ruleLines, scaleOf, sizingOf, split, turnedTo, valuesOf, DEFAULTS } from './ask';
import type { RuleErrors } from './model';

const wanted = (text: string) => readWanted(new URLSearchParams(text));

describe('an address', () => {
  test('names a list, a part, a sample and a village of it', () => {
    expect(wanted('')).toEqual({ list: null, part: 'sasaran', sample: null, village: '' });
    expect(wanted('daftar=3&bagian=sampel')).toEqual({ list: 3, part: 'sampel', sample: null, village: '' });
    expect(wanted('sampel=2&desa=62.02.01.2001')).toEqual({ list: null, part: 'sampel', sample: 2, village: '62.02.01.2001' });
  });
  test('says nothing where it says what cannot be', () => {
    expect(wanted('daftar=0&sampel=-1&bagian=x&desa=62.02.01.2001')).toEqual({ list: null, part: 'sasaran', sample: null, village: '' });
    expect(wanted('sampel=2&desa=62.02').village).toBe('');
  });
});

describe('a line for shares', () => {
  test('ends at the next round mark', () => {
    expect(scaleOf([0.031, 0.118])).toEqual({ most: 0.15000000000000002, ticks: [0, 0.05, 0.1, 0.15] });
    expect(scaleOf([0.1]).ticks).toEqual([0, 0.02, 0.04, 0.06, 0.08, 0.1]);
    expect(scaleOf([]).ticks).toEqual([0, 0.01, 0.02, 0.03, 0.04, 0.05]);
    expect(scaleOf([1]).ticks.at(-1)).toBe(1);
    expect(scaleOf([0.004]).ticks).toEqual([0, 0.01]);
  });
  test('holds what lies on it', () => {
    const scale = scaleOf(valuesOf([{ share: 0.1, low: 0.05, high: 0.2 }, null, 0.15, { low: 0, high: 0.31 }]));
    expect(scale.most).toBeCloseTo(0.4);
    expect(placeOn(scale, 0.1)).toBeCloseTo(25);
    expect(placeOn(scale, 2)).toBe(100);
  });
  test('an interval has both ends or none', () => {
    expect(endsOf({ low: 0.1, high: null })).toBeNull();
    expect(endsOf(null)).toBeNull();
    expect(endsOf({ low: 0, high: 0.2 })).toEqual({ low: 0, high: 0.2 });
  });
});

test('what is something is drawn, and all of it is the whole', () => {
  expect(split(1, 0, 100_000).wrong).toBe(0.75);
  const { wrong, unknown, right } = split(10, 20, 100);
  expect([wrong, unknown, right]).toEqual([10, 20, 70]);
  expect(split(0, 0, 0)).toEqual({ wrong: 0, unknown: 0, right: 0 });
});

test('rules stand beside what they were, failing ones first', () => {
  const errors = (by_rule: RuleErrors['by_rule']) => ({ by_rule }) as RuleErrors;
  const desil = { rule: 'desil', name: 'Desil', truth: 'fails', suppressed: false };
  const unknown = { ...desil, truth: 'unknown' };
  const aid = { ...desil, rule: 'bantuan', name: 'Bantuan' };
  const lines = ruleLines(errors([{ ...desil, subjects: 9 }, { ...aid, subjects: 2 }]), errors([{ ...unknown, subjects: 30 }, { ...desil, subjects: 4 }]));
  expect(lines.map(({ key, before, now }) => [key, before, now])).toEqual([
    ['desil:fails', 9, 4],
    ['bantuan:fails', 2, 0],
    ['desil:unknown', 0, 30]
  ]);
  expect(ruleLines(null, errors([{ ...desil, subjects: 4 }]))[0]!.before).toBeUndefined();
  // Hidden is neither none nor not known.
  const hidden = ruleLines(errors([{ ...aid, subjects: null, suppressed: true }]), errors([{ ...desil, subjects: 40 }, { ...aid, subjects: null, suppressed: true }]));
  expect(hidden.map(({ key, before, now }) => [key, before, now])).toEqual([
    ['desil:fails', 0, 40],
    ['bantuan:fails', null, null]
  ]);
});

describe('a visit as it is typed', () => {
  test('found is one family until somebody says otherwise, and others have none', () => {
    expect(turnedTo(blank, 'found')).toEqual({ outcome: 'found', households: '1', eligible: '' });
    expect(turnedTo({ outcome: 'found', households: '2', eligible: '1' }, 'gone')).toEqual({ outcome: 'gone', households: '', eligible: '' });
    expect(turnedTo({ outcome: 'found', households: '2', eligible: '1' }, 'found').households).toBe('2');
  });
  test('is sent only where it makes sense', () => {
    expect(checked(4, { outcome: 'found', households: '2', eligible: '1' })).toEqual({ item: { visit: 4, outcome: 'found', households: 2, eligible: 1 } });
    expect(checked(4, { outcome: 'gone', households: '', eligible: '' })).toEqual({ item: { visit: 4, outcome: 'gone', households: null, eligible: null } });
    expect(checked(4, blank)).toEqual({ why: 'outcome' });
    expect(checked(4, { outcome: 'found', households: '', eligible: '1' })).toEqual({ why: 'households' });
    expect(checked(4, { outcome: 'found', households: '21', eligible: '1' })).toEqual({ why: 'households' });
    expect(checked(4, { outcome: 'found', households: '1', eligible: '' })).toEqual({ why: 'eligible' });
    expect(checked(4, { outcome: 'found', households: '1', eligible: '2' })).toEqual({ why: 'more' });
    expect(checked(4, { outcome: 'part', households: '', eligible: '1' })).toEqual({ why: 'none' });
  });
  test('is the same as what is kept or not', () => {
    const kept = draftOf({ outcome: 'found', households: 1, eligible: 0 });
    expect(isSame(kept, { outcome: 'found', households: '1 ', eligible: '0' })).toBe(true);
    expect(isSame(kept, { outcome: 'found', households: '1', eligible: '1' })).toBe(false);
    expect(draftOf({ outcome: null, households: null, eligible: null })).toEqual(blank);
  });
});

describe('outcomes from a file', () => {
  test('are read in either language, parted by what the file parts by', () => {
    const read = readOutcomes('\ufeffkunjungan;hasil;keluarga;berhak\r\n12;ditemui;1;0\r\n13;Tidak bertemu;;\r\n14;found;2;1\r\n', 2);
    expect(read.map(({ item }) => item)).toEqual([
      { visit: 12, outcome: 'found', households: 1, eligible: 0 },
      { visit: 13, outcome: 'unreached', households: null, eligible: null },
      { visit: 14, outcome: 'found', households: 2, eligible: 1 }
    ]);
    expect(readOutcomes('12,found,1,0', 2)[0]!.item?.visit).toBe(12);
    expect(readOutcomes('12\tgone\t\t', 2)[0]!.item?.outcome).toBe('gone');
  });
  test('a sheet is read as it was filled in, and what is not filled in is no mistake', () => {
    const read = readOutcomes('sampel,kunjungan,nama,alamat,"hasil (tidak bertemu, tidak ada lagi, bagian keluarga lain, ditemukan)",rumah tangga yang ditemukan,yang layak menurut acuan\n2,1,"Siti, Ibu","Jl. A, RT 2",ditemukan,1,1\n2,2,Budi,Jl. B,,,\n2,3,Ani,Jl. C,tidak ada lagi di sini,,\n3,4,Udin,Jl. D,ditemukan,1,0\n', 2);
    expect(read.map(({ at, item }) => [at, item?.visit, item?.outcome])).toEqual([
      [2, 1, 'found'],
      [4, 3, 'gone'],
      [5, undefined, undefined]
    ]);
    expect(read.at(-1)!.why).toBe('sample');
    expect(read.every(({ text }) => !text.includes('Siti'))).toBe(true);
  });
  test('say what is wrong, line by line', () => {
    const read = readOutcomes('x;found;1;0\n12;found;1;2\n12;gone;;\n13;hilang;;\n14;found;;1\n12;unreached;;', 2);
    expect(read.map(({ at, why }) => [at, why])).toEqual([
      [1, 'visit'],
      [2, 'more'],
      [3, 'twice'],
      [4, 'outcome'],
      [5, 'households'],
      [6, 'twice']
    ]);
  });
  test('are counted', () => {
    const items = readOutcomes('1;found;1;0\n2;gone;;\n3;found;1;1', 2).flatMap(({ item }) => item ?? []);
    expect(counted(items)).toEqual({ found: 2, part: 0, gone: 1, unreached: 0 });
    expect(outcomeIn('Bagian keluarga lain')).toBe('part');
  });
});

test('a refusal is told beside the row that it speaks of', () => {
  const sent = [1, 5, 9].map((visit) => ({ visit, outcome: 'gone', households: null, eligible: null }));
  const refusal = (fields: { name: string; why: string }[], detail = '') => refusedVisits({ fields, title: 'refused', detail }, sent);
  expect(refusal([{ name: 'visit', why: '5' }], 'There is no such visit.')).toEqual([{ visit: 5, why: 'There is no such visit.' }]);
  expect(refusal([{ name: 'items', why: 'holds one visit twice' }, { name: 'visit', why: '9' }])).toEqual([{ visit: 9, why: 'holds one visit twice' }]);
  expect(refusal([{ name: 'items.1.eligible', why: 'is too large' }])).toEqual([{ visit: 5, why: 'is too large' }]);
  expect(refusal([{ name: 'visit', why: '77' }])).toEqual([]);
});

describe('what a sample is sized by', () => {
  test('is read with a comma or a point', () => {
    expect(percentIn('2,5')).toBe(0.025);
    expect(percentIn('10 %')).toBe(0.1);
    expect(percentIn('7')).toBe(0.07);
    expect(numberIn('0.05')).toBe(0.05);
    expect(numberIn('banyak')).toBeUndefined();
  });
  test('is sent whole or not at all', () => {
    expect(sizingOf(3, DEFAULTS)).toEqual({ form: { decision: 3, inclusion: 0.1, exclusion: 0.1, half_width: 0.03, rho: 0.05, take: 5, response: 0.9 }, wrong: [] });
    expect(sizingOf(3, { ...DEFAULTS, inclusion: '0', take: '2,5' })).toEqual({ form: null, wrong: ['inclusion', 'take'] });
  });
});

test('villages stand by what is left to do', () => {
  const village = (area: string, visits: number, answered: number) => ({ area, visits, answered, name: null, regency: '62.02', chance: 1, certain: true, receiving_frame: 40, others_frame: 60, suppressed: false });
  expect(byRest([village('a', 4, 4), village('b', 4, 0), village('c', 4, 1)]).map(({ area }) => area)).toEqual(['c', 'b', 'a']);
});
