// Headers that keep browsers from making anything of an answer that it is not meant for.

/**
 * The headers, names in lower case. No Strict-Transport-Security: whether there is TLS, the proxy in front knows alone. No
 * Cross-Origin-Resource-Policy: clients are browser extensions, on pages of any origin.
 */
export const securityHeaders = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'content-security-policy': "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
} as const
