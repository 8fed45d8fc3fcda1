// The ways in beside a name and a password, brought when an address or the house asks for one.
export { default as Back } from './Back.svelte';
export { default as Provider } from './Provider.svelte';
export { default as Sealed } from './Sealed.svelte';
