// All cards of the room in one file: each file more is a question more over a satellite.
export { default as PointsCard } from './PointsCard.svelte';
export { default as MoneyCard } from './MoneyCard.svelte';
