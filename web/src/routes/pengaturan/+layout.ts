import { learn } from '$shell/words.svelte';

export const load = () => learn('hall', 'door');
