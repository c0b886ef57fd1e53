// How variables that are sizes are written, and how large they may be.

/** Sizes are written as the reference writes MAX_BODY: a number of bytes, or a number with a unit of 1024 (`10mb`). */
export const size = '^[0-9]+(\\.[0-9]+)? ?([kKmMgG]?[bB])?$'

/** Largest MAX_BODY and MAX_REPLY, in bytes: what is larger cannot be parsed within the memory of a worker thread. */
export const largestSize = 128 * 1024 * 1024

/** What `size` means, up to `largestSize`. */
export const sizeAllowed = 'a number of bytes, or a number with b, kb, mb or gb (powers of 1024) such as 10mb, from 1 byte to 128 MB'

/** Largest MAX_INFLIGHT, in bytes. */
export const largestInflight = 64 * 1024 ** 3

/** What `size` means, up to `largestInflight`. */
export const inflightAllowed = 'a number of bytes, or a number with b, kb, mb or gb (powers of 1024) such as 512mb, from 1 byte to 64 GB'
