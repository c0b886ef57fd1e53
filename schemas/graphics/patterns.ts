// The regular expressions of the graphics wire schemas. Their text is part of the wire format: error answers quote it, so it must not be tidied.
// Validation does not run them as they are: lib/graphics/validator.ts gives each one a matcher of linear time.

/** A version 4 UUID (RFC 9562) in hexadecimal of either case. */
export const UUID_PATTERN = '^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-4[0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}$'

/** A reverse domain name: a top-level domain of 2 to 6 letters, then one label or more; a label neither begins nor ends with a hyphen. */
export const REVERSE_DOMAIN_PATTERN = '^[A-Za-z]{2,6}(\\.((?!-)[A-Za-z0-9-]+(?<!-)))+$'

/** An http or https address whose host or path holds a dot followed by at least two lower-case letters, and no white space anywhere. */
export const WEB_ADDRESS_PATTERN = '^https?://(www\\.)?[-a-zA-Z0-9@:%._\\+~#=]{2,}\\.[a-z]{2,}\\b(\\S*)$'

/** A base64 data URL (RFC 2397) of any image type, without parameters and without line breaks. */
export const IMAGE_DATA_URL_PATTERN = '^data:image/[^;]+;base64,[a-zA-Z0-9+/=]+$'

/** A base64 data URL (RFC 2397) of any audio type, without parameters and without line breaks. */
export const AUDIO_DATA_URL_PATTERN = '^data:audio/[^;]+;base64,[a-zA-Z0-9+/=]+$'

/** An SVG data URL, in base64 or percent-encoded. The alternation is not grouped, so the language is wider than meant; that is the published pattern. */
export const SVG_DATA_URL_PATTERN = '^data:image/svg\\+xml(;base64)?,([^ :/?#[\\]@!$&\'()*+,;=]+)|([a-zA-Z0-9+/=]+)$'
