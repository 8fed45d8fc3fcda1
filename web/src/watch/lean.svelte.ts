// Whether a page is to be light: somebody asked for it, or the network does.
import { saver, setSaver } from '$shell/prefs.svelte';
import { poorNow } from './hint';

/** Somebody who has switched saving off means it, whatever the network says. */
function refused(): boolean {
  try {
    return localStorage.getItem('betang.saver') === 'off';
  } catch {
    return false;
  }
}
// Read once: a page that changes its shape with every gust of the network cannot be read.
const poor = $state({ on: poorNow() && !refused() });

/** Why pages are light now; null when they are not. */
export function lean(): 'saver' | 'poor' | null {
  return saver() ? 'saver' : poor.on ? 'poor' : null;
}
/** Shows everything from now on, by hand. */
export function full(): void {
  poor.on = false;
  setSaver(false);
}
