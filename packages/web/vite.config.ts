import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';

const STYLES = fileURLToPath(new URL('./src/kit/style-sheets.ts', import.meta.url));

/**
 * Ant Design writes its styles as `<style>` elements through one file of `@rc-component/util`. The console's policy lets
 * no such element in, so that file is ours (docs/decisions/0016-console.md).
 */
const stylesWithoutElements: Plugin = {
  name: 'styles-without-elements',
  enforce: 'pre',
  resolveId: source => (/(^|\/)dynamicCSS(\.js)?$/.test(source) ? STYLES : null),
};

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: '/',
  logLevel: 'warn',
  plugins: [stylesWithoutElements],
  build: {
    target: 'es2023',
    modulePreload: { polyfill: false },
    // Nothing in the page may come from a `data:` address.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1_500,
    emptyOutDir: true,
  },
});
