// What a file says of a frame and of how it was taken, under the names that DECTRIS and the LS-CAT image server use.

/** One item. Whether a number is a count or a measured value is kept, because the LS-CAT image server writes `1` for the one and `1.0` for the other. */
export interface MetadataItem {
  readonly kind: 'integer' | 'real' | 'string'
  readonly value: MetadataValue
  /** Unit as in UCUM: `m`, `s`, `eV`, `Ao` (ångström), `deg`, `px`; undefined for what has none. */
  readonly unit?: string
}

/** A scalar, or a list of them, nested as deep as the array of the file has dimensions. */
export type MetadataValue = number | string | readonly MetadataValue[]

/** Items by name. The prototype is null. */
export type Metadata = Readonly<Record<string, MetadataItem>>
