// What the watch room brings to the situation page: what its cameras show, nothing more.
import { register, type Need } from '$hall/situation';
import { number, ago } from '$shell/format';
import { now } from '$shell/time.svelte';
import { language, t } from '$shell/words.svelte';
import { count, face, needsAction } from './camera';
import { cameras, hold, readAt, ready, trouble } from './cameras.svelte';
import { reasonWord, stateWord } from './speak';

function needs(): Need[] {
  return cameras()
    .map((seen) => seen.camera)
    .filter((camera) => needsAction(camera.state))
    .map((camera) => ({
      key: camera.id,
      face: face(camera.state),
      what: t('situation.camera', { name: camera.name, state: stateWord(camera.state).toLowerCase() }),
      where: camera.area.name,
      why: reasonWord(camera.state) || t('camera.noreason'),
      since: camera.state.since_us / 1000,
      href: `/kamera/${camera.short}`,
      call: camera.contact
    }));
}

function verdict(): string | null {
  const counts = count(cameras().map((seen) => seen.camera));
  if (counts.total === 0) return t('situation.nocamera');
  const said = { live: number(counts.ok, language()), total: number(counts.total, language()), idle: number(counts.idle, language()) };
  return counts.idle > 0 ? t('situation.live.idle', said) : t('situation.live', said);
}

register({
  room: 'watch',
  order: 1,
  verdict,
  needs,
  basis: () => {
    if (trouble()) return t('situation.basis.old', { age: readAt() === null ? '—' : ago(now() - (readAt() ?? 0), language()) });
    const unknown = count(cameras().map((seen) => seen.camera)).unknown;
    return unknown > 0 ? `${t('situation.basis')} · ${t('situation.unknown', { n: number(unknown, language()) })}` : t('situation.basis');
  },
  cards: [
    { id: 'watch.count', order: 1, show: async () => (await import('./cards/all')).CountCard },
    { id: 'watch.legal', order: 2, show: async () => (await import('./cards/all')).LegalCard },
    { id: 'watch.map', order: 3, wide: true, heavy: () => t('map.card'), show: async () => (await import('./cards/all')).MapCard },
    { id: 'watch.stills', order: 4, wide: true, heavy: () => t('stills.card'), show: async () => (await import('./cards/all')).StillsCard }
  ],
  hold,
  ready: () => ready() || trouble() !== null
});
