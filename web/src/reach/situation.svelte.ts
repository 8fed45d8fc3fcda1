// What the villages bring to the situation page: points that are proven, what was said of
// them, what they cost, and which boxes are silent. Each number has its own reading.
import { api, take } from '$api/client.svelte';
import type { ContactPage, MoneyTotals, PointsProgress, Target } from '$api/model';
import { register, type Need } from '$hall/situation';
import { may } from '$hall/session.svelte';
import { ago, isoDay, number } from '$shell/format';
import { Reader } from '$shell/reader.svelte';
import { exact, now } from '$shell/time.svelte';
import { language, t } from '$shell/words.svelte';
import { monthOf } from './heartbeat';
import { dishWord } from './speak';
import { isRefused } from './village';

/** The page asks again so often. */
const REREAD_MS = 60_000;
/** More silent sites than these are a list. */
const SILENT = 50;

/** Whether cards are shown, which need more than the verdict does. */
let withCards = true;

/** How far the points are now, and how far they were when this month began. */
export const progress = new Reader<{ now: PointsProgress; before: PointsProgress | null }>(async () => {
  if (!withCards) return { now: await take(api.GET('/api/v1/points/progress')), before: null };
  const first = `${monthOf(isoDay(exact()))}-01`;
  const last = isoDay(Date.parse(`${first}T12:00:00Z`) - 86_400_000);
  const [here, before] = await Promise.all([take(api.GET('/api/v1/points/progress')), take(api.GET('/api/v1/points/progress', { params: { query: { then: last } } }))]);
  return { now: here, before };
});
export const targets = new Reader<Target[]>(async () => (await take(api.GET('/api/v1/targets'))).items.filter((target) => target.withdrawn_us === null));
export const money = new Reader<MoneyTotals>(() => take(api.GET('/api/v1/points/money')));
const silent = new Reader<ContactPage>(() => take(api.GET('/api/v1/contact', { params: { query: { contact: 'silent', limit: SILENT } } })));

function readers(): Pick<Reader<unknown>, 'again' | 'problem'>[] {
  return [...(may('village.read') ? [progress, ...(withCards ? [targets] : [])] : []), ...(withCards && may('point.money.read') ? [money] : []), ...(may('site.read') ? [silent] : [])];
}

let holders = 0;
let release: (() => void) | null = null;
function hold(cards: boolean): () => void {
  if (holders++ === 0) {
    withCards = cards;
    for (const reader of readers()) void reader.again();
    const again = setInterval(() => {
      if (document.visibilityState === 'visible') for (const reader of readers()) void reader.again();
    }, REREAD_MS);
    release = () => clearInterval(again);
  }
  return () => {
    if (--holders > 0) return;
    release?.();
    release = null;
  };
}

function verdict(): string | null {
  const total = progress.value?.now.total;
  if (!total || total.points === 0) return null;
  if (total.proven === null) return t('village.verdict.unmeasured', { points: number(total.points, language()) });
  return t('village.verdict', { proven: number(total.proven, language()), points: number(total.points, language()) });
}

function needs(): Need[] {
  return (silent.value?.items ?? []).map((one) => ({
    key: one.site,
    face: 'crit' as const,
    what: t('village.need', { name: one.name }),
    where: [one.village?.name, one.regency?.name].filter(Boolean).join(', ') || t('unknown'),
    why: one.dish && isRefused(one.dish) ? dishWord(one.dish) : one.provider ? t('village.need.provider', { provider: one.provider }) : t('village.need.noprovider'),
    since: (one.heard_us ?? silent.value?.at_us ?? 0) / 1000,
    href: one.village ? `/desa/${one.village.code}` : '/konektivitas?kontak=silent',
    call: one.callee && { ...one.callee, duty: null }
  }));
}

register({
  room: 'reach',
  order: 2,
  verdict,
  needs,
  basis: () => {
    const total = progress.value?.now;
    if (!total) return null;
    const words = t('village.basis');
    // What could not be read again stands as it was, and says since when.
    return readers().some((reader) => reader.problem) ? `${words} (${ago(now() - total.at_us / 1000, language())})` : words;
  },
  cards: [
    { id: 'reach.points', order: 0, wide: true, show: async () => (await import('./cards/all')).PointsCard },
    { id: 'reach.money', order: 2.5, wide: true, show: async () => (await import('./cards/all')).MoneyCard }
  ],
  hold,
  ready: () => !may('village.read') || progress.value !== null || progress.problem !== null
});
