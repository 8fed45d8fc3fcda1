import { sveltekit } from '@sveltejs/kit/vite';
import tailwindcss from '@tailwindcss/vite';
import { defineConfig } from 'vitest/config';

const server = process.env.BETANG_SERVER ?? 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [tailwindcss(), sveltekit()],
  build: {
    // Data addresses would need a wider policy for fonts and scripts, so every asset stays a file.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1200,
    rolldownOptions: {
      // How long a plugin took is nothing for whoever starts a house.
      checks: { bundlerTimings: false },
      output: {
        // What every page has comes in one file: many small ones pack badly, and each
        // is a question more over a satellite.
        codeSplitting: { groups: [{ name: 'shell', test: /node_modules\/(svelte|@sveltejs|openapi-fetch|esm-env|clsx)|src\/(shell|api)\/(?!words\/en)/ }] }
      }
    }
  },
  server: { proxy: { '/api': server, '/whep': server } },
  test: { include: ['src/**/*.test.ts'], environment: 'node' }
});
