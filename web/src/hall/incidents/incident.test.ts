import { describe, expect, test } from 'vitest';
import type { Incident, IncidentShown } from '$api/model';
import { actsOf, dueOf, dueText, faceOf, needsWords, pagesOf, statesOf, urgentFirst } from './incident';

const one = (more: Partial<Incident>) => ({ severity: 'warning', state: 'open', level: 0, due_us: 10, number: 1, owner: null, room: null, subjects: [], ...more }) as unknown as IncidentShown;

describe('incidents', () => {
  test('the worst and the most overdue comes first, and what is over last', () => {
    const list = [one({ number: 1, severity: 'notice' }), one({ number: 2, state: 'closed', severity: 'critical' }), one({ number: 3, severity: 'critical' }), one({ number: 4, severity: 'critical', level: 2 }), one({ number: 5, state: 'cleared' }), one({ number: 6, severity: 'critical', due_us: 5 })];
    expect(urgentFirst(list).map((it) => it.number)).toEqual([4, 6, 3, 1, 5, 2]);
  });
  test('what is over does not look like an alarm', () => {
    expect(['open', 'handled', 'cleared', 'closed'].map((state) => faceOf(one({ severity: 'critical', state: state as Incident['state'] })))).toEqual(['crit', 'crit', 'ok', 'ok']);
  });
  test.each([
    [{ state: 'open' }, ['take', 'acknowledge', 'watch', 'note', 'clear', 'close']],
    [{ state: 'open', room: 'link' }, ['take', 'acknowledge', 'watch', 'note', 'clear']],
    [{ state: 'open', owner: { id: 'me', name: '' } }, ['take', 'acknowledge', 'release', 'watch', 'note', 'clear', 'close']],
    [{ state: 'handled', owner: { id: 'me', name: '' }, room: 'link' }, ['release', 'watch', 'note', 'clear']],
    [{ state: 'handled', owner: { id: 'other', name: '' } }, ['watch', 'note', 'clear', 'close']],
    [{ state: 'cleared', room: 'link' }, ['take', 'watch', 'note', 'close', 'reopen']],
    [{ state: 'closed' }, ['watch', 'note', 'reopen']]
  ] as [Partial<Incident>, string[]][])('of %j one may %j', (is, acts) => {
    expect(actsOf(one(is), 'me')).toEqual(acts);
  });
  test('who knows better than a room says why', () => {
    expect(needsWords('clear', { room: null })).toBe(false);
    expect(needsWords('clear', { room: 'link' })).toBe(true);
    expect(needsWords('close', { room: null })).toBe(true);
  });
  test('the address has words of its own', () => {
    expect(statesOf('terbuka')).toBe('open,handled,cleared');
    expect(statesOf('semua')).toBeUndefined();
    expect(statesOf('closed')).toBe('closed');
  });
  test('a due time is written and read in the zone of the house', () => {
    const us = Date.UTC(2026, 10, 27, 17, 5) * 1000;
    expect(dueText(us)).toBe('2026-11-28T00:05');
    expect(dueOf('2026-11-28T00:05')).toBe(us);
  });
  const all = () => true;
  const area = (code: string) => ({ code, name: '' });
  test.each([
    ['area', '62.11.01.2001', area('62.11.01.2001'), all, '/desa/62.11.01.2001', null],
    ['area', '62.11', area('62.11'), all, '/desa?wilayah=62.11', null],
    ['area', '62', area('62'), all, '/desa', null],
    ['site', 'sit_1', area('62.11.01.2001'), all, '/desa/62.11.01.2001', '/pengaturan?bagian=lokasi&lokasi=sit_1'],
    ['site', 'sit_1', area('62.11'), (what: string) => what === 'site.read', '/pengaturan?bagian=lokasi&lokasi=sit_1', null],
    ['camera', 'cam_1', area('62.71'), all, '/kamera/cam_1', null],
    ['point', 'pnt_1', area('62.11.01.2001'), all, '/desa/62.11.01.2001', null],
    ['area', '62.11', area('62.11'), () => false, null, null],
    ['house', '', null, all, null, null]
  ] as const)('of %s %s', (kind, id, where, may, first, box) => {
    expect(pagesOf({ kind, id, area: where }, may)).toEqual({ first, box });
  });
});
