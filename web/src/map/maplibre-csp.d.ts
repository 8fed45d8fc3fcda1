// The library's build for a strict policy has the types of its usual build.
declare module 'maplibre-gl/dist/maplibre-gl-csp' {
  import maplibre from 'maplibre-gl';
  export default maplibre;
}
