import { describe, expect, test } from 'vitest';
import type { Incident, IncidentShown, Staff } from '$api/model';
import { mayOwn, namedIn } from './people';

type Grant = Staff['grants'][number];
const grant = (role: string, area: string | null, from_us = 0, to_us: number | null = null) => ({ id: '', role, area, agency: null, from_us, to_us }) as Grant;
const about = (...codes: (string | null)[]) => ({ subjects: codes.map((code, i) => ({ nth: i + 1, area: code === null ? null : { code, name: '' } })) }) as unknown as Incident;

describe('who may look after it', () => {
  test.each([
    ['a role over all', [grant('operator', null)], about('62.11.01.2001', null), true],
    ['a role over its area', [grant('operator', '62.11')], about('62.11.01.2001'), true],
    ['a code that only begins the same', [grant('operator', '62.1')], about('62.11.01.2001'), false],
    ['one place of two', [grant('operator', '62.11')], about('62.11.01.2001', '62.12'), false],
    ['two roles for two places', [grant('operator', '62.11'), grant('konektivitas', '62.12')], about('62.11.01.2001', '62.12'), true],
    ['the house itself needs all', [grant('operator', '62')], about(null), false],
    ['a role that only looks', [grant('pimpinan', null)], about('62.11'), false],
    ['a role that is over', [grant('operator', null, 0, 50)], about('62.11'), false],
    ['a role to come', [grant('operator', null, 200)], about('62.11'), false]
  ] as const)('%s', (_, grants, incident, right) => {
    expect(mayOwn({ active: true, grants: [...grants] }, incident, 100)).toBe(right);
    expect(mayOwn({ active: false, grants: [...grants] }, incident, 100)).toBe(false);
  });
  test('everybody whom it names, each once', () => {
    const [ani, budi, citra] = ['ani', 'budi', 'citra'].map((name) => ({ id: name, name }));
    const it = { owner: ani, opened_by: null, watchers: [budi], steps: [{ by: ani, owner: null }, { by: null, owner: budi }] } as unknown as IncidentShown;
    expect(namedIn(it, [citra!, ani!]).map((one) => one.id).sort()).toEqual(['ani', 'budi', 'citra']);
  });
});
