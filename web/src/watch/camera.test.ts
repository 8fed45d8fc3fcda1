import { describe, expect, test } from 'vitest';
import type { Camera, CameraState } from '$api/model';
import { behind, byNeed, chosen, count, face, keptLayer, needsAction, newer, pictureAge, readChoice, within, writeChoice } from './camera';

function state(word: CameraState['word'], more: Partial<CameraState> = {}): CameraState {
  return { word, reason: null, since_us: 0, newest_us: 5_000_000, bitrate_bps: null, clock_offset_ms: null, behind_ms: null, dated_behind_ms: null, ...more };
}
function camera(more: Partial<Camera> = {}): Camera {
  return {
    id: 'cam_1',
    short: 'bundaran',
    name: 'Bundaran Besar',
    kind: 'ruang_publik',
    area: { code: '62.71.01', name: 'Pahandut' },
    agency: { id: 'opd_1', name: 'Dinas Perhubungan' },
    point: null,
    heading_deg: null,
    misplaced: false, turns: false,
    always_on: false,
    simulated: true,
    sound: { on: false, purpose: null, basis: null, by: null, changed_us: null, microphone: 'unknown', format: null },
    legal: { complete: true, missing: [], controller: null, purpose: null, basis: null, agreement: null, agreement_until: null, sign_on_site: null, zone: null, retention_days: null },
    contact: null,
    project: null,
    streams: [],
    state: state('live'),
    ...more
  };
}

describe('faces', () => {
  test('each word has its face', () => {
    expect(face(state('live'))).toBe('ok');
    expect(face(state('starting'))).toBe('starting');
    expect(face(state('stale', { reason: 'frozen' }))).toBe('warn');
    expect(face(state('dark', { reason: 'silent' }))).toBe('crit');
  });
  test('at rest and never seen is unknown, not fine', () => {
    expect(face(state('idle'))).toBe('idle');
    expect(face(state('idle', { newest_us: null }))).toBe('unknown');
  });
  test('a camera stopped on purpose asks nothing of anybody', () => {
    expect(needsAction(state('dark', { reason: 'stopped' }))).toBe(false);
    expect(needsAction(state('dark', { reason: 'wrong_password' }))).toBe(true);
  });
});

describe('ages', () => {
  test('a live picture keeps the age it had when it was told', () => {
    expect(pictureAge({ camera: camera(), heard: 5_200 }, 99_000)).toBe(200);
  });
  test('every other picture grows older', () => {
    expect(pictureAge({ camera: camera({ state: state('stale') }), heard: 5_200 }, 99_000)).toBe(94_000);
    expect(pictureAge({ camera: camera({ state: state('dark', { newest_us: null }) }), heard: 1 }, 2)).toBeNull();
  });
});

test('a list of pieces is late, by the least that is known or by a date that is believable', () => {
  const late = (more: Partial<CameraState>) => behind(camera({ state: state('live', more) }), 'main');
  expect(late({})).toBeNull();
  expect(late({ behind_ms: 6_400 })).toBe(6_400);
  expect(late({ behind_ms: 6_400, dated_behind_ms: 9_100 })).toBe(9_100);
  // A publisher's clock that is ahead, and one that is an hour off.
  expect(late({ behind_ms: 6_400, dated_behind_ms: -300 })).toBe(6_400);
  expect(late({ behind_ms: 6_400, dated_behind_ms: 3_600_000 })).toBe(6_400);
  const layers = ['main', 'sub'] as const;
  const streams = layers.map((layer) => ({ layer, codec: null, width: null, height: null, state: state('live', { behind_ms: layer === 'sub' ? 2_000 : null }) }));
  expect(behind(camera({ streams }), 'sub')).toBe(2_000);
  expect(behind(camera({ streams }), 'main')).toBeNull();
});

test('news of a camera changes each quality it tells of and forgets nothing', () => {
  const main = { layer: 'main', codec: 'h264', width: 1920, height: 1080, state: state('idle') } as const;
  const sub = { ...main, layer: 'sub', width: 640, height: 360 } as const;
  const live = state('live', { behind_ms: 6_400 });
  const now = newer(camera({ state: state('idle'), streams: [main, sub] }), { id: 'cam_1', state: live, streams: [{ ...main, codec: null, width: null, height: null, state: live }] });
  expect(now.state).toBe(live);
  expect(now.streams).toEqual([{ ...main, state: live }, sub]);
  expect(behind(now, 'main')).toBe(6_400);
  expect(newer(now, { id: 'cam_1', state: state('dark') }).streams).toEqual(now.streams);
});

test('counting and ordering by need', () => {
  const list = [
    camera(),
    camera({ state: state('dark', { since_us: 9 }) }),
    camera({ state: state('dark', { since_us: 3 }) }),
    camera({ state: state('stale') })
  ];
  expect(count(list)).toMatchObject({ ok: 1, crit: 2, warn: 1, total: 4, unknown: 0 });
  expect([...list].sort(byNeed).map((c) => [c.state.word, c.state.since_us])).toEqual([
    ['dark', 3],
    ['dark', 9],
    ['stale', 0],
    ['live', 0]
  ]);
});

describe('choosing', () => {
  test('the address holds the whole choice', () => {
    const query = new URLSearchParams('cari=pasar&wilayah=62.71&opd=opd_1&jenis=kantor&keadaan=dark&hukum=kurang&bahasa=en');
    const choice = readChoice(query);
    expect(writeChoice(new URLSearchParams('bahasa=en'), choice).toString().split('&').sort()).toEqual(query.toString().split('&').sort());
    expect(writeChoice(query, { q: '', legal: false }).has('cari')).toBe(false);
  });
  test('codes are compared by their parts', () => {
    expect(within('62.71.01', '62.71')).toBe(true);
    expect(within('62.710', '62.71')).toBe(false);
  });
  test('every word must be found, marks and case aside', () => {
    const none = readChoice(new URLSearchParams());
    expect(chosen(camera(), { ...none, q: 'BESAR perhub' })).toBe(true);
    expect(chosen(camera(), { ...none, q: 'besar sampit' })).toBe(false);
    expect(chosen(camera(), { ...none, area: '62.01' })).toBe(false);
    expect(chosen(camera(), { ...none, legal: true })).toBe(false);
  });
});

describe('the layer of which a picture is kept', () => {
  const streams = (main: string | null, sub: string | null) => [{ layer: 'main', codec: main }, { layer: 'sub', codec: sub }] as Camera['streams'];
  test.each([
    ['live', streams('H264', 'H264'), undefined, 'main'],
    ['live', streams('H264', 'H264'), 'sub', 'sub'],
    ['idle', streams(null, null), 'sub', 'sub'],
    ['live', streams('H265', 'H264'), 'main', 'sub'],
    ['live', streams('H265', 'H265'), 'main', null],
    ['dark', streams('H264', 'H264'), 'main', null],
    ['live', [], 'main', null]
  ] as [CameraState['word'], Camera['streams'], 'main' | 'sub' | undefined, string | null][])('%s %j, shown %s: %s', (word, streams, shown, kept) => {
    expect(keptLayer(camera({ state: state(word), streams }), shown)).toBe(kept);
  });
});
