// What the card brings to the situation page: what the newest examination said of the running
// list. It is read again seldom: an answer changes with the next examination.
import { api, take } from '$api/client.svelte';
import { register } from '$hall/situation';
import { may } from '$hall/session.svelte';
import { Reader } from '$shell/reader.svelte';
import type { Answer } from './model';
import CardCard from './cards/CardCard.svelte';

/** The page asks again so often. */
const REREAD_MS = 60_000;

// It is a text only where a file was asked for.
export const answer = new Reader<Answer>(async () => (await take(api.GET('/api/v1/card/answer'))) as Answer);

let holders = 0;
let release: (() => void) | null = null;
function hold(): () => void {
  if (holders++ === 0 && may('card.count')) {
    void answer.again();
    const again = setInterval(() => {
      if (document.visibilityState === 'visible') void answer.again();
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
  cards: [{ id: 'card.answer', order: 2.6, wide: true, show: CardCard }],
  hold,
  // Sums over a million rows may take their time, and nothing else of the page waits for them.
  ready: () => true
});
