import { defineConfig, type ViteUserConfig } from 'vitest/config';

const config: ViteUserConfig = defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/bundle.ts',
    allowOnly: false,
    // A process is started for almost every command-line test, on machines that may be busy.
    testTimeout: 60_000,
  },
});

export default config;
