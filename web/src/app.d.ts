// The CSP build carries no types of its own; it has the same door as the main one.
declare module 'maplibre-gl/dist/maplibre-gl-csp.js' {
  export * from 'maplibre-gl';
  const maplibre: typeof import('maplibre-gl');
  export default maplibre;
}
