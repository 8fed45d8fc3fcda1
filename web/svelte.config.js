import { readFileSync } from 'node:fs';
import adapter from '@sveltejs/adapter-static';

const { version } = JSON.parse(readFileSync(new URL('./package.json', import.meta.url), 'utf8'));

/** @type {import('@sveltejs/kit').Config} */
export default {
  compilerOptions: { runes: true },
  kit: {
    // The server answers every unknown page address with index.html and sends the
    // content security policy as a header: it hashes the inline scripts of that one file.
    adapter: adapter({ pages: 'build', assets: 'build', fallback: 'index.html', precompress: true, strict: true }),
    paths: { relative: false },
    // A fixed name keeps two builds of the same source equal byte for byte.
    version: { name: version },
    // The phone's page asks for its worker itself: no other room has one.
    serviceWorker: { register: false },
    files: { appTemplate: 'src/app.html', lib: 'src' },
    alias: {
      $shell: 'src/shell',
      $api: 'src/api',
      $hall: 'src/hall',
      $watch: 'src/watch',
      $map: 'src/map',
      $reach: 'src/reach',
      $card: 'src/card'
    }
  }
};
