// The files that a session may see: folders as a list, and a path for whoever knows it.
import { useEffect, useRef, useState } from 'preact/hooks'
import { Field } from '../../components/field.tsx'
import { Waiting } from '../../components/loaded.tsx'
import { announce } from '../../lib/announce.ts'
import { useResource } from '../../lib/resource.ts'
import { formatBytes } from '../../lib/texts.ts'
import { DiffractionFailed } from './failed.tsx'
import type { Server } from './server.ts'
import { texts } from './texts.ts'

/** The files. @param onOpen - opens one by its path */
export function Files ({ server, file, onOpen }: { server: Server, file: string, onOpen: (file: string) => void }) {
  const [folder, setFolder] = useState('')
  const [typed, setTyped] = useState(file)
  const heading = useRef<HTMLHeadingElement>(null)
  const hasMoved = useRef(false)
  const listing = useResource(signal => server.files(folder, signal), [server, folder])
  useEffect(() => setTyped(file), [file])
  const { data, failure, reload } = listing
  useEffect(() => {
    if (data !== undefined && hasMoved.current) announce(texts.entries(data.entries.length, folder, data.more))
  }, [data])
  const go = (path: string) => {
    // The button that was pressed goes away with its folder.
    hasMoved.current = true
    heading.current?.focus()
    setFolder(path)
  }
  const retry = () => {
    heading.current?.focus()
    reload()
  }
  const submit = (event: Event) => {
    event.preventDefault()
    if (typed.trim() === '') announce(texts.pathMissing, { urgent: true })
    else onOpen(typed.trim())
  }
  return (
    <section aria-labelledby='files-title'>
      <h2 id='files-title' tabIndex={-1} ref={heading}>{texts.files}</h2>
      {data === undefined
        ? failure === undefined ? <Waiting /> : <DiffractionFailed failure={failure} onRetry={retry} />
        : (
          <>
            <p>{texts.entries(data.entries.length, folder, data.more)}</p>
            <div class='files' role='region' aria-label={texts.fileList} tabIndex={0}>
              <ul>
                {folder === '' ? null : <li><button type='button' onClick={() => go(folder.split('/').slice(0, -1).join('/'))}>{texts.folderAbove}</button></li>}
                {data.entries.map(({ name, kind, size }) => {
                  const path = folder === '' ? name : `${folder}/${name}`
                  return (
                    <li key={name}>
                      {kind === 'folder'
                        ? <button type='button' onClick={() => go(path)}>{texts.folder(name)}</button>
                        : <><button type='button' aria-current={path === file ? 'true' : undefined} onClick={() => onOpen(path)}>{name}</button> <span class='hint'>{formatBytes(size)}</span></>}
                    </li>
                  )
                })}
              </ul>
            </div>
          </>
          )}
      <form onSubmit={submit} noValidate>
        <Field label={texts.path} hint={texts.pathHint}>
          {control => <input {...control} class='path' maxLength={4096} autoComplete='off' value={typed} onInput={event => setTyped(event.currentTarget.value)} />}
        </Field>
        <div class='actions'><button type='submit'>{texts.open}</button></div>
      </form>
    </section>
  )
}
