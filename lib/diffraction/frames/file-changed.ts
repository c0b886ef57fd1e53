// A file that changes while it is looked at.

/** The file is not what it was when it was found: look again. */
export class FileChanged extends Error {
  override name = 'FileChanged'
}
