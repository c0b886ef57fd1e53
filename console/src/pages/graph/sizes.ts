// How large the nodes of the drawing are. Apart from the layout, so that the page does not load what only the worker needs.

/** Widths and heights of nodes. */
export const sizes = { service: { width: 180, height: 48 }, request: { width: 90, height: 48 }, meeting: { width: 14, height: 14 } } as const
