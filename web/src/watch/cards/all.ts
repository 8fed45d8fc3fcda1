// All cards of the room in one file: each file more is a question more over a satellite.
export { default as CountCard } from './CountCard.svelte';
export { default as LegalCard } from './LegalCard.svelte';
export { default as MapCard } from './MapCard.svelte';
export { default as StillsCard } from './StillsCard.svelte';
