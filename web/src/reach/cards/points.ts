// Which points a number of the situation page counts, and in which order they are read.
import type { Stage, VillagePoint } from '$api/model';

/** Lists of points by the words of the address: how far they have come, and what they cost. */
export const stageLists = ['semua', 'disurvei', 'diserahkan', 'terpasang', 'aktif'] as const;
export const moneyLists = ['lewat', 'rencana', 'rencana-belum', 'kontrak', 'kontrak-belum', 'dibayar', 'dibayar-belum', 'iuran', 'iuran-belum'] as const;
export type StageList = (typeof stageLists)[number];
export type MoneyList = (typeof moneyLists)[number];
export type Which = StageList | MoneyList;

/** The list of that word, if there is one. */
export function whichOf(word: string | null): Which | null {
  return [...stageLists, ...moneyLists].find((one) => one === word) ?? null;
}
export function isMoney(which: Which): which is MoneyList {
  return (moneyLists as readonly string[]).includes(which);
}

/** What a target counts as done, as the list that shows it. */
export function listOf(reached: string): StageList {
  return ({ surveyed: 'disurvei', delivered: 'diserahkan', installed: 'terpasang' } as Record<string, StageList>)[reached] ?? 'aktif';
}

const equipped: readonly Stage[] = ['installed', 'active', 'inactive', 'suspended'];
const unbegun: readonly Stage[] = ['listed', 'relocated', 'returned'];

type Counted = Pick<VillagePoint, 'state' | 'name' | 'village'> & { money: Partial<NonNullable<VillagePoint['money']>> | null };

/** Whether a point is paid until a day that has passed. */
export function isLate(point: Pick<Counted, 'money'>, today: string): boolean {
  const until = point.money?.paid_until ?? null;
  return until !== null && until < today;
}

/** The amount that a list is about; null where nobody has said it. */
export function amountOf(point: Pick<Counted, 'money'>, which: Which): number | null {
  const money = point.money;
  switch (which.replace('-belum', '')) {
    case 'rencana':
      return money?.planned_rupiah ?? null;
    case 'kontrak':
      return money?.committed_rupiah ?? null;
    case 'dibayar':
      return money?.paid_rupiah ?? null;
    default:
      return money?.monthly_rupiah ?? null;
  }
}

function counts(point: Counted, which: Which, today: string): boolean {
  switch (which) {
    case 'semua':
      return true;
    case 'disurvei':
      return !unbegun.includes(point.state);
    case 'diserahkan':
      return point.state === 'delivered' || equipped.includes(point.state);
    case 'terpasang':
      return equipped.includes(point.state);
    case 'aktif':
      return point.state === 'active';
    case 'lewat':
      return isLate(point, today);
    default:
      // A fee is counted of points that have something to pay for.
      return (which.endsWith('-belum') === (amountOf(point, which) === null)) && (!which.startsWith('iuran') || equipped.includes(point.state));
  }
}

/** The points of a list. Of what they cost the overdue come first, the longest overdue before others, then the dearest. */
export function chosen<P extends Counted>(points: readonly P[], which: Which, today: string): P[] {
  const byPlace = (a: P, b: P) => a.village.code.localeCompare(b.village.code) || a.name.localeCompare(b.name, 'id');
  const late = (one: P) => (isLate(one, today) ? one.money!.paid_until! : '9999-12-31');
  const byMoney = (a: P, b: P) => late(a).localeCompare(late(b)) || (amountOf(b, which) ?? -1) - (amountOf(a, which) ?? -1) || byPlace(a, b);
  return points.filter((one) => counts(one, which, today)).sort(isMoney(which) ? byMoney : byPlace);
}
