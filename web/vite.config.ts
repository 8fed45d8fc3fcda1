import { sveltekit } from '@sveltejs/kit/vite';
import tailwindcss from '@tailwindcss/vite';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

const server = process.env.BETANG_SERVER ?? 'http://127.0.0.1:8080';

/**
 * Writes down which files the phone's page needs (src/service-worker.ts): those that its
 * route loads, in both languages, and none of another room.
 */
function fieldFiles(): Plugin {
  const own = /src\/(routes\/(\+layout|\+error|lapangan\/)|shell\/words\/en\.ts|reach\/field\/words\/)/;
  return {
    name: 'betang-field-files',
    apply: 'build',
    generateBundle(_, bundle) {
      if (this.environment.name !== 'client') return;
      const chunks = new Map(Object.values(bundle).flatMap((file) => (file.type === 'chunk' ? [[file.fileName, file] as const] : [])));
      const wanted = new Set<string>();
      const want = (name: string) => {
        const chunk = chunks.get(name);
        if (!chunk || wanted.has(name)) return;
        wanted.add(name);
        for (const css of chunk.viteMetadata?.importedCss ?? []) wanted.add(css);
        chunk.imports.forEach(want);
      };
      for (const chunk of chunks.values()) {
        const facade = chunk.facadeModuleId ? this.getModuleInfo(chunk.facadeModuleId) : null;
        const node = facade?.importedIds.some((id) => own.test(id)) ?? false;
        const entry = chunk.isEntry && !/nodes\//.test(chunk.name);
        if (entry || node || chunk.moduleIds.some((id) => /words\/(id|en)\.ts$/.test(id) && own.test(id))) want(chunk.fileName);
      }
      const paths = [...wanted].map((name) => `/${name}`).concat('/betang.svg', '/lapangan.webmanifest');
      this.emitFile({ type: 'asset', fileName: 'lapangan.json', source: JSON.stringify(paths.sort()) });
    }
  };
}

export default defineConfig({
  plugins: [tailwindcss(), sveltekit(), fieldFiles()],
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
        codeSplitting: { groups: [{ name: 'shell', test: /node_modules\/(svelte(?!\/src\/(reactivity|motion|transition|easing|animate|store|attachments))|@sveltejs|openapi-fetch|esm-env|clsx)|src\/(shell|api)\/(?!words\/en|Tabs|Choices|KeySheet)/ }] }
      }
    }
  },
  server: { proxy: { '/api': server, '/whep': server } },
  test: { include: ['src/**/*.test.ts'], environment: 'node' }
});
