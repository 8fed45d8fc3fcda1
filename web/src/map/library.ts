// The map library, fetched by those who look at a map. Its worker is a file of this
// house, so that the policy needs no scripts from blobs.
import maplibre from 'maplibre-gl/dist/maplibre-gl-csp';
import 'maplibre-gl/dist/maplibre-gl.css';
import worker from 'maplibre-gl/dist/maplibre-gl-csp-worker.js?url';

maplibre.setWorkerUrl(worker);

export default maplibre;
