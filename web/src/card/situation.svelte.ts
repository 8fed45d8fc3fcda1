// What the card brings to the situation page: what the newest examination said of the running
// list, and how well the newest adopted one hits. Both are read again seldom: they change with
// the next examination, and with the next adopted list or sample.
import { api, take } from '$api/client.svelte';
import { register } from '$hall/situation';
import { may } from '$hall/session.svelte';
import { Reader } from '$shell/reader.svelte';
import type { Answer } from './model';
import { indicators } from './measure/doors';
import type { Indicators } from './measure/model';

/** The page asks again so often. */
const REREAD_MS = 60_000;
/** Of so many times once how well a list hits. */
const SELDOM = 10;

// It is a text only where a file was asked for.
export const answer = new Reader<Answer>(async () => (await take(api.GET('/api/v1/card/answer'))) as Answer);

export const aim = new Reader<Indicators>(() => indicators(null));

let holders = 0;
let release: (() => void) | null = null;
function hold(cards: boolean): () => void {
  if (holders++ === 0 && cards && may('card.count')) {
    void answer.again();
    void aim.again();
    let turn = 0;
    const again = setInterval(() => {
      if (document.visibilityState !== 'visible') return;
      void answer.again();
      if (++turn % SELDOM === 0) void aim.again();
    }, REREAD_MS);
    release = () => clearInterval(again);
  }
  return () => {
    if (--holders > 0) return;
    release?.();
    release = null;
  };
}

register({
  room: 'card',
  order: 3,
  verdict: () => null,
  needs: () => [],
  basis: () => null,
  cards: [{ id: 'card.answer', order: 2.6, wide: true, show: async () => (await import('./cards/all')).CardCard }],
  hold,
  // Sums over a million rows may take their time, and nothing else of the page waits for them.
  ready: () => true
});
