import jsdoc from 'eslint-plugin-jsdoc'
import neostandard from 'neostandard'

export default [
  ...neostandard({
    ts: true,
    ignores: ['node_modules', 'coverage', '.tap', 'data', 'out', 'console/dist', 'console/src/api']
  }),
  {
    rules: {
      'no-void': 'off'
    }
  },
  {
    files: ['**/*.{ts,tsx}'],
    rules: {
      // A schema and its type share a name.
      '@typescript-eslint/no-redeclare': 'off',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }]
    }
  },
  {
    // Everything that another file can use says what it is.
    files: ['**/*.{ts,tsx}'],
    ignores: ['test/**'],
    plugins: { jsdoc },
    rules: {
      'jsdoc/require-jsdoc': ['error', {
        publicOnly: true,
        checkConstructors: false,
        require: { FunctionDeclaration: true, ClassDeclaration: true, MethodDefinition: true },
        contexts: [
          'ExportNamedDeclaration > TSInterfaceDeclaration',
          'ExportNamedDeclaration > TSTypeAliasDeclaration',
          'ExportNamedDeclaration > VariableDeclaration'
        ]
      }]
    }
  }
]
