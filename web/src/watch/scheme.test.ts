import { expect, test } from 'vitest';
import { schemeOf } from './scheme';

/** What a recorder says whose channels have these paths, main and sub. */
function said(paths: (string | null)[][], port = ':554') {
  const profiles = paths.flatMap((layers, i) => layers.map((path, layer) => ({ token: `${i}-${layer}`, name: `Saluran ${i + 1}`, source: `vs${i}`, turns: false, still: null, stream: path === null ? null : `rtsp://10.0.0.9${port}${path}` })));
  return { profiles };
}
const many = (count: number, ...of: ((n: number) => string)[]) => Array.from({ length: count }, (_, i) => of.map((each) => each(i + 1)));

test('what makers say is found again, also beyond nine and ninety-nine channels', () => {
  for (const [main, sub, path, words] of [
    [(n: number) => `/Streaming/Channels/${n}01`, (n: number) => `/Streaming/Channels/${n}02`, '/Streaming/Channels/{channel}0{layer}', ['1', '2']],
    [(n: number) => `/cam/realmonitor?channel=${n}&subtype=0`, (n: number) => `/cam/realmonitor?channel=${n}&subtype=1`, '/cam/realmonitor?channel={channel}&subtype={layer}', ['0', '1']],
    [(n: number) => `/unicast/c${n}/s0/live`, (n: number) => `/unicast/c${n}/s1/live`, '/unicast/c{channel}/s{layer}/live', ['0', '1']],
    [(n: number) => `/live/${n}/main`, (n: number) => `/live/${n}/sub`, '/live/{channel}/{layer}', ['main', 'sub']],
    [(n: number) => `/ch${n}`, (n: number) => `/ch${n}-kecil`, null, []],
    [(n: number) => `/v1/ch${n}/stream${n}_1`, (n: number) => `/v1/ch${n}/stream${n}_2`, '/v1/ch{channel}/stream{channel}_{layer}', ['1', '2']]
  ] as const)
    for (const count of [2, 16, 120]) {
      const scheme = schemeOf(said(many(count, main, sub)));
      if (typeof scheme === 'string') throw new Error(scheme);
      if (path !== null) expect([scheme.path, scheme.main, scheme.sub]).toEqual([path, ...words]);
      expect(scheme.names).toHaveLength(count);
      // Whatever it is: it gives what was said.
      for (const [i, layers] of many(count, main, sub).entries())
        for (const [at, word] of [scheme.main, scheme.sub].entries()) if (scheme.sub || at === 0) expect(scheme.path.replaceAll('{channel}', String(i + 1)).replaceAll('{layer}', word)).toBe(layers[at]);
    }
});

test('a box without small pictures, or with some only, has one layer', () => {
  const main = (n: number) => `/live?ch=${n}`;
  expect(schemeOf(said(many(4, main), ''))).toEqual({ path: '/live?ch={channel}', main: '', sub: '', port: 554, names: ['Saluran 1', 'Saluran 2', 'Saluran 3', 'Saluran 4'] });
  expect(schemeOf(said([['/live?ch=1', '/sub?ch=1'], ['/live?ch=2']]))).toMatchObject({ path: '/live?ch={channel}', sub: '' });
});

test('what cannot be said in our words is not guessed at', () => {
  expect(schemeOf({ profiles: [] })).toBe('none');
  expect(schemeOf(said([['/a/1', '/b/1']]))).toBe('one');
  expect(schemeOf(said([['/ch0'], ['/ch1']]))).toBe('odd');
  expect(schemeOf(said([['/abc'], ['/def']]))).toBe('odd');
  expect(schemeOf({ profiles: [...said([['/c1']], ':554').profiles, ...said([['/x'], ['/c2']], ':555').profiles.slice(1)] })).toBe('odd');
});
