// Lint rules: type-aware strictness, hooks, and imports that point one way (app → features → components → lib).
import js from '@eslint/js'
import hooks from 'eslint-plugin-react-hooks'
import tseslint from 'typescript-eslint'

const forbid = (files, patterns, message) => ({
  files,
  rules: { 'no-restricted-imports': ['error', { patterns: [{ group: patterns, message }] }] },
})

export default tseslint.config(
  { ignores: ['dist', 'node_modules', '.local', 'src/lib/api/schema.ts'] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  { languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } } },
  // Its other rules prepare code for React's compiler, which compiles nothing here, and run it on every file.
  {
    plugins: { 'react-hooks': hooks },
    rules: { 'react-hooks/rules-of-hooks': 'error', 'react-hooks/exhaustive-deps': 'error' },
  },
  {
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
    },
  },
  forbid(['src/lib/**'], ['@/app/*', '@/features/*', '@/components/*'], 'lib knows nothing above it'),
  forbid(['src/components/**'], ['@/app/*', '@/features/*'], 'components know only lib'),
  forbid(['src/features/**'], ['@/app/*'], 'features know nothing of the app that shows them'),
  { files: ['*.config.js'], ...tseslint.configs.disableTypeChecked },
)
