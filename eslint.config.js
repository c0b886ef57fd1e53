import neostandard from 'neostandard'

export default [
  ...neostandard({
    ts: true,
    ignores: ['node_modules', 'coverage', '.tap', 'data', 'out']
  }),
  {
    rules: {
      'no-void': 'off'
    }
  },
  {
    files: ['**/*.ts'],
    rules: {
      // A schema and its type share a name.
      '@typescript-eslint/no-redeclare': 'off',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }]
    }
  }
]
