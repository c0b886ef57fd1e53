// Roles among the claims of a token.

/** The list at a place in the claims, such as `rolesAt(claims, 'resource_access', audience, 'roles')`; empty where there is none. */
export function rolesAt (claims: unknown, ...path: string[]): unknown[] {
  const place = path.reduce(member, claims)
  return Array.isArray(place) ? place : []
}

function member (value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined
}
