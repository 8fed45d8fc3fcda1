// What a row says of a person, field by field, as far as its list tells of it.
import type { Key } from '$shell/words.svelte';
import type { Says } from './model';
import { dayOf, n, rupiah } from './speak';

type Told = [name: Extract<Key, `family.says.${string}`>, value: string | null];
const some = (text: string): string | null => text || null;

/** The fields of a row with their values, null where the list leaves one empty. Who somebody is stays hidden while it is masked. */
export function told(kind: string, says: Says, masked: boolean): Told[] {
  const all: Told[] = [
    ['family.says.name', some(says.name)],
    ['family.says.nik', some(says.nik)],
    ['family.says.kk', some(says.kk)],
    ['family.says.birth', some(says.birth)],
    ['family.says.sex', some(says.sex)]
  ];
  if (kind !== 'usaha') all.push(['family.says.relation', some(says.relation)]);
  if (!masked) {
    all.push(['family.says.birthplace', some(says.birthplace)], ['family.says.mother', some(says.mother)], ['family.says.address', some(says.address)]);
  }
  all.push(['family.says.village', some(says.village)]);
  const day: Told = ['family.says.day', says.day === null ? null : dayOf(says.day)];
  const money: Told[] = [
    ['family.says.card', some(says.card)],
    ['family.says.rupiah', says.rupiah === null ? null : rupiah(says.rupiah)]
  ];
  switch (kind) {
    case 'dtsen':
      all.push(['family.says.decile', says.decile === null ? null : String(says.decile)]);
      break;
    case 'bansos':
      all.push(['family.says.programme', some(says.programme)]);
      break;
    case 'kematian':
      all.push(day);
      break;
    case 'pindah':
      all.push(day, ['family.says.destination', some(says.destination)]);
      break;
    case 'kpm':
      all.push(...money);
      break;
    case 'gagal':
      all.push(...money, day, ['family.says.reason', some(says.reason)]);
      break;
    case 'usaha':
      all.push(
        ['family.says.trade', some(says.trade)],
        ['family.says.kbli', some(says.kbli)],
        ['family.says.nib', some(says.nib)],
        ['family.says.turnover', says.turnover === null ? null : rupiah(says.turnover)],
        ['family.says.years', says.years === null ? null : n(says.years)],
        ['family.says.grants', some(says.grants)]
      );
      break;
  }
  return all;
}
