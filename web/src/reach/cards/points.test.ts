import { describe, expect, test } from 'vitest';
import type { Stage, VillagePoint } from '$api/model';
import { amountOf, chosen, listOf, stageLists, whichOf, type Which } from './points';

const TODAY = '2026-11-27';
const point = (name: string, state: Stage, money: Record<string, unknown> | null = null) => ({ name, state, village: { code: '62.01.01.2001', name: '' }, money }) as unknown as VillagePoint;
const names = (points: VillagePoint[], which: Which) => chosen(points, which, TODAY).map((one) => one.name);

describe('lists of points', () => {
  const every: Stage[] = ['listed', 'surveyed', 'refused', 'absent', 'granted', 'in_distribution', 'delivered', 'installed', 'active', 'inactive', 'suspended', 'relocated', 'returned'];
  test.each([
    ['semua', every],
    ['disurvei', ['surveyed', 'refused', 'absent', 'granted', 'in_distribution', 'delivered', 'installed', 'active', 'inactive', 'suspended']],
    ['diserahkan', ['delivered', 'installed', 'active', 'inactive', 'suspended']],
    ['terpasang', ['installed', 'active', 'inactive', 'suspended']],
    ['aktif', ['active']]
  ] as [Which, Stage[]][])('%s', (which, right) => {
    expect(names(every.map((state) => point(state, state)), which).sort()).toEqual([...right].sort());
  });
  const points = [
    point('dear', 'active', { planned_rupiah: 900, monthly_rupiah: 3, paid_until: null }),
    point('late', 'active', { planned_rupiah: 5, paid_until: '2026-11-26' }),
    point('later', 'listed', { planned_rupiah: 1, monthly_rupiah: 0, paid_until: '2026-01-01' }),
    point('today', 'installed', { planned_rupiah: 0, monthly_rupiah: 7, paid_until: TODAY }),
    point('silent', 'suspended')
  ];
  test('the longest overdue first, then the dearest; the day itself is not over', () => {
    expect(names(points, 'lewat')).toEqual(['later', 'late']);
    expect(names(points, 'rencana')).toEqual(['later', 'late', 'dear', 'today']);
  });
  test('nothing is not unknown, and of what nobody has said anything everything is', () => {
    expect(names(points, 'rencana-belum')).toEqual(['silent']);
    expect(names(points, 'dibayar')).toEqual([]);
    expect(names(points, 'dibayar-belum')).toHaveLength(points.length);
    expect(amountOf(points[3]!, 'rencana')).toBe(0);
    expect(amountOf(points[4]!, 'rencana')).toBeNull();
  });
  test('a fee is asked of what has been installed', () => {
    expect(names(points, 'iuran')).toEqual(['today', 'dear']);
    expect(names(points, 'iuran-belum')).toEqual(['late', 'silent']);
  });
  test('words of an address that are none open nothing', () => {
    expect([whichOf(null), whichOf('x'), whichOf('lewat')]).toEqual([null, null, 'lewat']);
    expect(['surveyed', 'delivered', 'installed', 'active'].map(listOf)).toEqual(stageLists.slice(1));
  });
});
