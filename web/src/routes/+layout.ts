import { readAddress } from '$shell/prefs.svelte';
import { speak } from '$shell/words.svelte';

export const ssr = false;
export const prerender = false;
export const trailingSlash = 'never';

/** The language of the reader, before anything is shown. */
export const load = () => speak(readAddress(new URLSearchParams(location.search)));
